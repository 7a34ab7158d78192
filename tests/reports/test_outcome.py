"""What a run came to: believed where it is whole and its counts bear it out."""

import pytest
from planted_runs import KINDS, row

from parity.reports.outcome import below, outcome, sentence


@pytest.mark.parametrize("name", KINDS)
def test_what_is_green_is_whole_and_has_nothing_wrong(kinds, name):
    """And has compared something."""
    found = outcome(kinds(name))

    assert found.green is (KINDS[name] == 0)
    assert not found.green or (found.compared and not found.differ and not found.problems)


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("refused", "refused", "lib takes no a.json"),
        ("survived", "canary", "the canary 'x' survived"),
        ("stopped", "not whole", "the run is not whole: interrupted"),
        ("cut", "not whole", "it has no footer: it was cut off"),
        ("nothing", "contradiction", "says 'exact', and its own counts do not bear it out"),
        ("says more than it counts", "contradiction", "do not bear it out"),
        ("stale", "stale entry", "entry 2 selects no case any more"),
        ("stale", "expired entry", "entry 3 expired on 2020-01-01"),
        ("no case", "nothing selected", "nothing changed since `main`"),
        ("locked", "golden or lock problem", "the lock names another"),
    ],
)
def test_a_problem_has_a_kind_and_words(kinds, name, kind, says):
    """Each in every report."""
    assert any(one.kind == kind and says in one.text for one in outcome(kinds(name)).problems)


@pytest.mark.parametrize("code", [70, 2, -1, 130])
def test_an_exit_code_that_no_report_has_is_inconclusive(planted, code):
    """Whatever the verdict says."""
    found = outcome(planted([row("ids")], exit=code))

    assert (found.verdict, found.exit) == ("inconclusive", 3)


def test_a_verdict_that_nobody_knows_is_not_believed(planted):
    """Not even with the exit code 0."""
    assert outcome(planted([row("ids")], verdict="splendid")).exit == 3


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("exact", "0 of 44,112 comparisons differ, canaries 3/3 caught; below 6.8e-5 with 95 %"),
        ("as expected", "0 of 9 comparisons differ beyond the ledger, 3 expected, canaries 3/3"),
        ("unexpected", "0 of 7 comparisons differ, 1 unexpected, canaries 3/3 caught; below 0.53"),
        ("nothing", "0 of 0 comparisons differ, canaries 3/3 caught"),
        ("cut", "the run is not whole: it has no footer: it was cut off"),
    ],
)
def test_a_run_in_a_sentence_has_every_count_and_the_bound(kinds, name, says):
    """Nothing is rounded but the bound, and that is rounded up."""
    found = sentence(kinds(name))

    assert found.startswith(says)
    assert ("with 95 %" in found) is (name not in ("nothing", "cut"))


@pytest.mark.parametrize("counts", [(0, 0), (3, 3), (-1, 5), (7, 5)])
def test_what_bounds_nothing_has_no_bound(counts):
    """Nothing compared, everything differs, or numbers that are none."""
    assert below(*counts) == ""


@pytest.mark.parametrize("counts", [(999_999, 1_000_000), (1, 2), (0, 1), (10**9 - 1, 10**9)])
def test_no_bound_is_rounded_to_one(counts):
    """Not everything differs, so nothing says so."""
    assert 0 < float(below(*counts)) < 1
