"""The footer of a run: what it says must follow from what was counted."""

from collections import Counter

import pytest

from parity import evidence
from parity.canary import Canaries
from parity.compare import Verdict
from parity.run import Tally
from parity.session import PairResult

GOOD = Canaries(3, ())


def result(code=0, **counts):
    """A pair's result with one row."""
    row = Tally(Counter({Verdict(name): count for name, count in counts.items()}))
    return PairResult("toy", {("ids", "both"): row}, code=code)


@pytest.mark.parametrize(
    ("results", "canaries", "stopped", "code", "verdict"),
    [
        ([result()], GOOD, "", 0, "exact"),
        ([result(expected=1)], GOOD, "", 0, "as expected"),
        ([result(1), result(4)], GOOD, "", 1, "diverged"),
        ([result(4), result()], GOOD, "", 4, "golden or lock problem"),
        ([result(1), result(3)], GOOD, "", 3, "inconclusive"),
        ([result(1)], Canaries(3, ("a",)), "", 3, "inconclusive"),
        ([result(1)], GOOD, "interrupted", 3, "inconclusive"),
    ],
)
def test_pairs_canaries_and_the_end_make_the_verdict_of_a_run(
    results, canaries, stopped, code, verdict
):
    """The footer holds the verdict and the exit code."""
    found = evidence.footer(results, canaries, stopped)

    assert (found["exit"], found["verdict"], found["whole"]) == (code, verdict, not stopped)


def test_a_stale_entry_of_the_ledger_fails_the_run():
    """What the ledger excuses has to be there to be excused."""
    found = evidence.footer([result(same=1)], GOOD, stale=["expected.toml: entry 1"])

    assert (found["exit"], found["verdict"]) == (1, "diverged")


LEDGER = """
[[expected]]
pair = "toy"
check = "ids"
select = "id:{}"
reason = "a test"
"""


@pytest.mark.parametrize(("flags", "code"), [([], 1), (["--checks", "ids"], 0)])
def test_an_entry_that_selects_no_case_fails_a_whole_run_and_no_partial_one(
    project, tokparity, flags, code
):
    """A ledger may not keep what nothing needs; part of a plan cannot tell."""
    project.plan()
    project.file("golden/expected.toml", LEDGER.format("t/gone-*"))

    assert tokparity("run", *flags).code == code


def test_a_corpus_that_changes_while_it_is_compared_proves_nothing(project, tokparity):
    """The header's digest has to be that of what was compared."""
    project.plan({"candidate": "py:mine:ChangesTheCorpus"})
    ran = tokparity("run")

    assert (ran.code, "a corpus changed while it was compared" in ran.out) == (3, True)


@pytest.mark.parametrize("name", ["HasNoIdentity", "CannotClose"])
def test_a_side_that_fails_to_say_what_it_is_or_to_end_is_its_pairs_problem(
    project, tokparity, name
):
    """Nobody sees a traceback for a backend's fault, and the other pairs go on."""
    project.plan({"candidate": f"py:mine:{name}"}, {"name": "other"})
    ran = tokparity("run")

    assert (ran.code, ran.err, "inconclusive" in ran.out) == (3, "", True)
    assert [pair["exit"] for pair in project.run_file()[-1]["pairs"]] == [3, 0]


def test_a_selection_that_fits_one_pair_only_is_no_problem_of_the_other(project, tokparity):
    """Selecting is a choice; only where nothing at all is selected there is nothing to say."""
    project.corpus("more.jsonl", "zzz")
    project.plan({}, {"name": "other", "corpora": ["more.jsonl"]})

    assert tokparity("run", "--select", "text:zzz").code == 0
