"""The bound of a sample: exact, against sums of fractions, against values that are known."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import bounds
from parity.decoding import chances


def so_few(diverged, compared, share):
    """The chance of at most so many, by fractions: nothing is rounded."""
    yes = Fraction(share)
    return sum(
        math.comb(compared, count) * yes**count * (1 - yes) ** (compared - count)
        for count in range(diverged + 1)
    )


SMALL = [(diverged, compared) for compared in range(1, 13) for diverged in range(compared)]


@pytest.mark.parametrize(("diverged", "compared"), SMALL)
def test_at_the_bound_so_few_come_out_once_in_twenty_times(diverged, compared):
    """A little below it oftener, a little above it more seldom."""
    bound = Fraction(bounds.below(diverged, compared))
    near = Fraction(1, 10**12)

    assert so_few(diverged, compared, bound - near) > Fraction(1, 20)
    assert so_few(diverged, compared, bound + near) < Fraction(1, 20)


KNOWN = [
    (0, 1, 0.95),
    (0, 10, 0.25886555),
    (1, 10, 0.39416330),
    (5, 10, 0.77755891),
    (9, 10, 0.99488380),
    (0, 100, 0.02951305),
    (1, 100, 0.04655981),
    (10, 100, 0.16371762),
]
"""One-sided Clopper-Pearson limits at 95 %, as tables have them."""


@pytest.mark.parametrize(("diverged", "compared", "bound"), KNOWN)
def test_known_bounds_come_out(diverged, compared, bound):
    """To the digits that they are known to."""
    assert bounds.below(diverged, compared) == pytest.approx(bound, rel=1e-6)


@given(compared=st.integers(1, 10**12))
def test_of_none_the_bound_is_the_closed_form_and_below_the_rule_of_three(compared):
    """1 - 0.05^(1/n), which is less than 3/n, and never 0."""
    found = bounds.below(0, compared)

    assert 0 < found < 3 / compared
    assert compared * math.log1p(-found) == pytest.approx(math.log(0.05), rel=1e-9)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_both_ways_to_sum_the_tail_agree(counts):
    """One sums every term, the other those that weigh something."""
    assert bounds.below(*counts) == pytest.approx(chances.at_most(*counts), rel=1e-9)


@given(st.integers(1, 10**5).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_bound_is_above_what_was_seen(counts):
    """And it falls with more that agree."""
    diverged, compared = counts

    assert diverged / compared <= bounds.below(diverged, compared) <= 1
    assert bounds.below(diverged, compared + 1) <= bounds.below(diverged, compared)


@given(st.floats(1e-15, 1, exclude_max=True))
def test_a_bound_is_rounded_up_and_never_to_one(share):
    """What is told is true of what was counted."""
    assert Decimal(share) <= Decimal(bounds.up(share)) < 1


@given(st.integers(0, 10**5).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_words_have_both_counts_and_no_share_of_them(counts):
    """Nothing is rounded to 100 %, or to 0."""
    diverged, compared = counts
    words = bounds.told(diverged, compared)

    assert not compared or words.startswith(f"{diverged:,} of {compared:,} differ")
    assert "100 %" not in words
    assert "below 0 " not in words


def test_words_of_a_million_that_agree():
    """The sentence that a report is read for."""
    assert bounds.told(0, 120_000) == "0 of 120,000 differ; below 2.5e-5 with 95 %"
    assert bounds.told(0, 1_000_000, 0.999) == "0 of 1,000,000 differ; below 7e-6 with 99.9 %"
    assert bounds.told(0, 0) == "nothing was compared"
    assert bounds.told(4, 4) == "4 of 4 differ"
