"""Levels: where two generations part, and that nothing is cut off to make them agree."""

import pytest
from sides import changed, failed, outcome, shifted, with_step

from parity.decoding.findings import LEVELS
from parity.decoding.levels import compare, set_signature, signature
from parity.decoding.records import Step
from parity.errors import Inconclusive
from parity.types import Failure

CRASHED = Failure("Crashed", "killed by signal 9")
ROWS = tuple(Step(((1, -0.5), (2, -1.5)), letter * 64) for letter in "abcd")


def outcomes(reference, candidate, budget=0.1):
    """What each level says."""
    return {name: level.outcome for name, level in compare(reference, candidate, budget).items()}


def test_two_that_agree_are_the_same_at_each_level():
    """Chunks and logits too, where both sides have them."""
    one = outcome(chunks=("a", "b"), steps=ROWS)

    assert outcomes(one, one) == {
        "prompt_ids": "same", "ids": "same", "text": "same", "chunks": "same",
        "shifts": "within", "rows": "same",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("level", "said", "place"),
    [
        ("ids", {"ids": (10, 20, 30), "steps": None}, 3),
        ("ids", {"ids": (10, 20, 30, 40, 50), "steps": None}, 4),
        ("ids", {"ids": (), "steps": None}, 0),
        ("ids", {"ids": (10, 21, 30, 40), "steps": None}, 1),
        ("text", {"text": "(10, 20, 30, 40"}, 15),
        ("text", {"text": ""}, 0),
        ("chunks", {"chunks": ("a",)}, 1),
        ("chunks", {"chunks": ("ab", "")}, 0),
        ("chunks", {"finish": "eos"}, None),
        ("chunks", {"counts": {"completion": 5}}, None),
        ("rows", {"steps": (*ROWS[:3], ROWS[0])}, 3),
        ("shifts", {"steps": (*ROWS[:2], Step(((1, -0.5), (2, -1.0))), ROWS[3])}, 2),
    ],
)
def test_a_level_says_where_they_part(level, said, place):
    """A list that is a part of the other is another list."""
    one = outcome(chunks=("a", "b"), steps=ROWS, counts={"completion": 4})
    found = compare(one, changed(one, **said), 0.1)[level]

    assert found.outcome == ("beyond" if level == "shifts" else "differs")
    assert found.place == place


def test_other_prompt_ids_are_seen_whatever_came_out():
    """The same completion of another prompt proves nothing."""
    found = compare(outcome(), outcome(prompt_ids=(1, 2)))

    assert found["prompt_ids"].outcome == "differs"
    assert found["prompt_ids"].note == "lengths 3 and 2"
    assert found["ids"].outcome == "same"


@pytest.mark.parametrize(
    "sides",
    [(outcome(), failed(CRASHED)), (failed(CRASHED), outcome()), (failed(CRASHED),) * 2],
)
def test_a_failure_is_never_the_same(sides):
    """Not of one side, and not of both alike."""
    found = compare(*sides)

    assert {found[name].outcome for name in LEVELS[1:]} == {"absent"}
    assert "Crashed: killed by signal 9" in found["ids"].note


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("ids", {"ids": None}),
        ("text", {"text": None}),
        ("chunks", {"chunks": None}),
        ("shifts", {"steps": None}),
        ("shifts", {"ids": None}),
        ("rows", {"steps": tuple(step._replace(row="") for step in ROWS)}),
    ],
)
def test_a_side_that_has_no_such_thing_makes_a_level_absent(level, said):
    """Nothing and nothing are not the same; the reason is said."""
    one = outcome(chunks=("a", "b"), steps=ROWS)
    none = changed(one, **said)

    for sides in ((one, none), (none, one), (none, none)):
        found = compare(*sides, 0.1)[level]
        assert found.outcome == "absent"
        assert found.note


def test_an_ending_alone_does_not_make_chunks_the_same():
    """No chunks were compared; what was is said."""
    found = compare(outcome(), outcome())["chunks"]

    assert found.outcome == "absent"
    assert found.note == "both sides have no chunks; finish: length on both sides"


def test_a_side_that_does_not_say_why_it_ended_is_not_compared_there():
    """Only what both say can differ."""
    one = outcome(chunks=("a",))

    assert outcomes(one, changed(one, finish="", counts={"prompt": 7}))["chunks"] == "same"


def test_rows_are_compared_while_ids_are_the_same():
    """Behind the step at which they part, logits are of other texts."""
    one = outcome(steps=ROWS)
    other = changed(one, ids=(10, 21, 30, 40), steps=(ROWS[0], ROWS[1], ROWS[0], ROWS[0]))

    assert compare(one, other)["rows"].note == "2 of 2 rows are equal bit for bit"


def test_damaged_log_probabilities_make_no_level_of_shifts():
    """A NaN is below any budget, were it compared."""
    broken = with_step(outcome(), 1, Step(((20, -0.5), (21, float("nan")))))

    assert "not finite" in compare(outcome(), broken, 0.1)["shifts"].note


def test_shifts_without_a_budget_are_absent():
    """A budget is measured, not guessed; what was seen is said."""
    found = compare(outcome(), shifted(outcome(), 0.5))["shifts"]

    assert found.outcome == "absent"
    assert "0.5 nats" in found.note


def test_signatures_tell_ids_apart():
    """By prompt; a failure has one of its own."""
    different = [
        outcome(ids=()), outcome(), outcome(ids=(10,)), failed(CRASHED), failed(Failure("Other")),
    ]  # fmt: skip

    assert len(set(map(signature, different))) == len(different)
    assert signature(changed(outcome(), ids=None, steps=None)) == ""


@pytest.mark.parametrize(
    ("lists", "wanted"),
    [
        ([], "e3b0c442"),
        ([()], "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119"),
        ([(1, 2), (3,)], "da72f95aa502d5fd17aaa9ed8898384c02a1ceabe69fdc069832b625bf7e26bc"),
        ([(1,), (2, 3)], "9380b9ae0461a93930dbe4482f6d13cffeb60569c290dc77274ea0c2326e85ac"),
        ([(-1,)], "b15348c8f462384c01e83b6d499c6faf3f96808f5aa07c6bab4b65b36b4445d4"),
    ],
)
def test_the_signature_of_a_set_is_that_of_other_parity_tools(lists, wanted):
    """Length as u32, ids as i32, little-endian; nothing between lists."""
    found = set_signature([outcome(ids=ids, steps=None) for ids in lists])

    assert found.startswith(wanted)


def test_a_set_with_a_hole_has_no_signature():
    """Leaving the hole out would make it that of another set."""
    with pytest.raises(Inconclusive, match="toy/one"):
        set_signature([outcome(), failed(CRASHED)])
