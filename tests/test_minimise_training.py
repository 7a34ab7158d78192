"""The smallest training case: fewer tokens, fewer and shorter texts, of the same cause."""

import pytest

from parity import causes
from parity.asking import Asked
from parity.backends import load
from parity.causes import ABOUT, classify
from parity.compare import Verdict
from parity.examine import Examiner
from parity.jobs import jobs_for
from parity.run import live, run
from parity.types import Case

LARGE = Case(
    "t/x-00000000",
    "train",
    {
        "texts": ["some words of a text", "1234567 aaa, aaa", ""],
        "size": 600,
        "held_out": ["a word"],
    },
)
SMALLEST = {
    ("trainer:gpt4,engine=oniguruma", "hf_trainer:gpt4", "merges"): (
        "tie-order", {"texts": [" aa"], "size": 257},
    ),
    ("trainer:gpt4", "hf_trainer:gpt4,min_frequency=2", "merges"): (
        "stops-early", {"texts": ["aa"], "size": 257},
    ),
    ("trainer:cl100k,ties=alphabet", "hf_trainer:cl100k", "merges"): (
        "pieces", {"texts": ["0000"], "size": 258},
    ),
    ("trainer:gpt4,ties=first", "tiktoken_trainer:gpt4", "merges"): (
        "nothing-left", {"texts": [], "size": 257},
    ),
    ("hf_trainer:gpt4", "hf_trainer:gpt4,numbers=own", "trained_ids"): (
        "other-numbers", {"texts": [], "size": 256, "held_out": ["a"]},
    ),
    ("trainer:gpt4", "mock:counts_no_overlaps,of=trainer:gpt4", "merges"): (
        "pair-count", {"texts": [" aaa"], "size": 257},
    ),
}  # fmt: skip


def found_by(reference, candidate, check, case=LARGE):
    """The divergence of a check, and who examines it."""
    sides = load(reference), load(candidate)
    todo = jobs_for([check])
    observers = {"reference": live(sides[0]), "candidate": live(sides[1])}
    (one,) = [one for *_, rows in run([case], todo, observers) for one in rows]

    assert one.verdict is Verdict.DIVERGED
    return one, Examiner(*sides, todo), Asked(*sides)


@pytest.mark.parametrize(("sides", "wanted"), SMALLEST.items(), ids=lambda one: str(one[0]))
def test_a_training_case_is_made_as_small_as_it_gets(sides, wanted):
    """With its cause; that is the proof that nothing can be left out."""
    one, examiner, _ = found_by(*sides)
    examined = examiner.examine(one)

    assert (examined.cause, examined.minimal.found.case.payload) == wanted
    assert examined.minimal.proven


def test_a_case_without_room_for_the_bytes_is_made_small_too():
    """No size is smaller than nothing."""
    case = LARGE._replace(payload={"texts": ["ab"], "size": 200})
    one, examiner, _ = found_by("trainer:gpt4", "hf_trainer:gpt4", "merges", case)

    assert examiner.examine(one).minimal.found.case.payload == {"texts": [], "size": 0}


def test_a_tie_that_is_one_only_by_counting_runs_twice_is_no_tie():
    """Where a side counts them once, its count is what differs."""
    case = LARGE._replace(payload={"texts": ["aaa", "bc", "bc"], "size": 257})
    sides = "trainer:gpt4", "mock:counts_no_overlaps,of=trainer:gpt4", "merges"
    one, _, asked = found_by(*sides, case)

    assert classify(one, asked) == "pair-count"


def test_causes_of_trainers_are_asked_of_their_checks_alone():
    """They take a case that has texts and a size."""
    own = {cause.name for cause in (*causes.EXHAUSTED, *causes.MERGES, *causes.LEARNT)}
    asked = {
        check for check, rows in causes.BY_CHECK.items() if own & {cause.name for cause in rows}
    }

    assert asked == {"merges", "trained_ids"}
    assert own <= ABOUT.keys()
