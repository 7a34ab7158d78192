"""Replay: what one side scores on the other's ids confirms a class or refutes it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sides import BUDGET, PROMPT, outcome, shifted, step, with_step

from parity.decoding.judging import NOISE, judge
from parity.decoding.records import Step
from parity.decoding.replay import Replay, confirm, divergence, pooled, replay, wanted

IDS = tuple(range(10, 110, 10))
AT = 4


def sides(stakes=(0.03, 0.04), ambient=0.0):
    """Two sides of ten ids that part at step 4."""
    one = with_step(outcome(IDS), AT, step(50, stakes[0], 51))
    other = outcome((*IDS[:AT], 51, 1, 2, 3, 4, 5))
    return one, with_step(shifted(other, ambient, range(AT)), AT, step(51, stakes[1], 50))


def scores(side, by, places):
    """What another engine scores on a side's ids: the same, shifted at some places."""
    return shifted(side, by, places).generation.steps


def replayed(stakes=(0.03, 0.04), ambient=0.0, forward=(), back=(), by=0.5):
    """A finding, confirmed by scores that are shifted at places of both directions."""
    one, other = sides(stakes, ambient)
    found = judge(PROMPT, one, other, BUDGET)
    scored = scores(other, by, forward), scores(one, by, back)
    return confirm(found, one, other, scored, BUDGET)


@pytest.mark.parametrize(
    ("before", "said", "after", "confirmed"),
    [
        ("NEAR_TIE", {}, "NEAR_TIE", True),
        ("NEAR_TIE", {"forward": range(10), "by": 0.09}, "NEAR_TIE", True),
        ("NEAR_TIE", {"forward": [7]}, "LOCAL", True),
        ("NEAR_TIE", {"back": [7, 8, 9]}, "LOCAL", True),
        ("NEAR_TIE", {"back": [6, 7, 8, 9]}, "SYSTEMIC", True),
        ("NEAR_TIE", {"forward": range(10)}, "SYSTEMIC", True),
        ("TIE", {"stakes": (0.0, 0.04)}, "TIE", True),
        ("TIE", {"stakes": (0.0, 0.04), "forward": range(10)}, "SYSTEMIC", True),
        ("LOCAL", {"stakes": (0.3, 0.4), "forward": [AT], "back": [AT]}, "LOCAL", True),
        ("LOCAL", {"stakes": (0.3, 0.4)}, "LOCAL", False),
        ("LOCAL", {"stakes": (0.3, 0.4), "forward": range(4, 10)}, "SYSTEMIC", True),
        ("SYSTEMIC", {"ambient": 0.2, "forward": range(10)}, "SYSTEMIC", True),
        ("SYSTEMIC", {"ambient": 0.2}, "SYSTEMIC", False),
        ("SYSTEMIC", {"ambient": 0.2, "back": [1]}, "SYSTEMIC", False),
    ],
)
def test_each_row_of_the_table_has_its_class(before, said, after, confirmed):
    """As the module says."""
    one, other = sides(said.get("stakes", (0.03, 0.04)), said.get("ambient", 0.0))
    found = replayed(**said)

    assert judge(PROMPT, one, other, BUDGET).kind == before
    assert found.kind == after
    assert found.confirmed.startswith("confirmed: " if confirmed else "not confirmed: ")


def test_a_class_that_was_refuted_is_still_told():
    """Who reads it sees what the step alone looked like."""
    found = replayed(forward=range(10))

    assert found.note.startswith("NEAR_TIE at its step (")
    assert "10 of 10 steps beyond" in found.confirmed


def test_scores_that_agree_say_that_the_fault_is_in_decoding():
    """A stale cache is not in the weights: the candidate's own prefill is right."""
    assert "its fault is in decoding" in replayed((0.3, 0.4), forward=range(4, 10)).confirmed
    assert "decoding" not in replayed((0.3, 0.4), forward=range(4, 10), back=range(10)).confirmed


def test_what_was_not_replayed_says_why():
    """No scores, other numbers of them, no budget, damage: nothing is confirmed by silence."""
    one, other = sides()
    found = judge(PROMPT, one, other, BUDGET)
    broken = (*other.generation.steps[:-1], Step(((1, math.nan),)))

    for scored, words in (
        ((None, None), "a side gives no log-probabilities of them"),
        ((other.generation.steps[:-1], None), "9 steps against 10"),
        ((broken, None), "not finite"),
    ):
        said = confirm(found, one, other, scored, BUDGET)
        assert said.kind == "NEAR_TIE"
        assert said.confirmed.startswith("not replayed: ")
        assert words in said.confirmed
    assert "budget" in confirm(found, one, other, (None, None), None).confirmed


def test_one_direction_is_enough_where_a_side_cannot_score():
    """Which one it was is said, and what the other lacks."""
    one, other = sides()
    found = judge(PROMPT, one, other, BUDGET)
    said = confirm(found, one, other, (other.generation.steps, None), BUDGET)

    assert said.confirmed.startswith("confirmed: the reference on the candidate's ids: 0 of 10")
    assert "the candidate on the reference's ids: a side gives no log-prob" in said.confirmed


def test_scores_of_which_too_few_are_seen_confirm_nothing():
    """A replay of nothing agrees with everything."""
    one, other = sides()
    found = judge(PROMPT, one, other, BUDGET)
    few = (*other.generation.steps[:4], *[Step()] * 6)

    assert confirm(found, one, other, (few, None), BUDGET).confirmed.startswith("not confirmed: ")


@pytest.mark.parametrize("kind", ["SAME", "INPUT", "STOP", "DETOK", "FAILED", "ABSENT"])
def test_only_ids_that_part_are_replayed(kind):
    """A stop rule or a detokenizer is no matter of logits."""
    one, other = sides()
    found = judge(PROMPT, one, other, BUDGET)._replace(kind=kind)

    assert not wanted(found)
    assert confirm(found, one, other, (None, None), BUDGET) == found


PLACES = st.lists(st.integers(0, 9), unique=True)


@given(
    st.sampled_from([(0.03, 0.04), (0.0, 0.04), (0.3, 0.4)]), st.sampled_from([0.0, 0.2]),
    PLACES, PLACES,
)  # fmt: skip
def test_a_replay_makes_no_pass_of_what_was_none(stakes, ambient, forward, back):
    """It takes passes away."""
    one, other = sides(stakes, ambient)
    before = judge(PROMPT, one, other, BUDGET).kind
    after = replayed(stakes, ambient, forward, back).kind

    assert after not in NOISE or before == after
    assert not (forward or back) or after not in NOISE


LOGITS = st.lists(st.floats(-8, 8), min_size=6, max_size=6)


def logs(logits):
    """Log-probabilities of logits, by id."""
    whole = math.log(math.fsum(map(math.exp, logits)))
    return [one - whole for one in logits]


def top(values, count):
    """The best of them."""
    ordered = sorted(enumerate(values), key=lambda pair: -pair[1])
    return Step(tuple(ordered[:count]))


@given(LOGITS, LOGITS, st.integers(1, 6), st.integers(1, 6))
def test_the_divergence_of_tops_is_never_above_that_of_all_ids(one, other, first, second):
    """So it can be said without the rest of the vocabulary."""
    reference, candidate = logs(one), logs(other)
    whole = math.fsum(math.exp(p) * (p - q) for p, q in zip(reference, candidate, strict=True))
    found = divergence(top(reference, first), top(candidate, second))

    assert 0 <= found <= whole + 1e-5


def test_tops_that_share_no_id_are_far_apart():
    """Not zero, which an empty sum would be."""
    assert divergence(Step(((1, -0.01), (2, -5.0))), Step(((8, -0.01), (9, -7.0)))) > 6


def test_a_replay_counts_what_it_saw():
    """KL with its error, agreement of the best, and the greatest shift."""
    one = outcome((1, 2, 3))
    other = with_step(shifted(one, 0.5, [1]), 2, Step(((9, -0.1), (3, -2.5))))
    found = replay(one.generation.steps, other.generation.steps, 0.1)

    assert (found.steps, found.seen, found.beyond) == (3, 3, 2)
    assert found.agreement == pytest.approx(2 / 3)
    assert found.kl > found.se > 0
    assert str(found).startswith("2 of 3 steps beyond, KL ")


def test_a_pooled_divergence_is_clustered_by_prompt():
    """Steps of one prompt are not independent."""
    made = [Replay(9, 9, 0, 0.0, kl, 0.0, 1.0) for kl in (0.1, 0.3, None)]

    assert pooled(made) == pytest.approx((0.2, 0.1))
    assert pooled(made[:1]) == (0.1, None)
    assert pooled(made[2:]) is None
