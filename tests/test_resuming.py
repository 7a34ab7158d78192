"""A search that goes on: a state that is damaged, or another search's, is told before it starts."""

import json
from pathlib import Path

import pytest

STATE = Path(".parity/fuzz/toy-0.json")
LOWER = {"candidate": "mock:reads_lower_case"}
ARGS = ("--strategy", "digits", "--max-examples", "8")
DAMAGED = {
    "a whole kind is another": lambda state: state.update(found=[1, 2]),
    "cases without end": lambda state: state.update(cases=float("inf")),
    "a number of cases that is none": lambda state: state.update(cases=1.5),
    "fewer cases than none": lambda state: state.update(cases=-1),
    "fewer that differ than none": lambda state: state.update(differing=-1),
    "batches in words": lambda state: state.update(batches={"digits": "x"}),
    "fewer batches than none": lambda state: state.update(batches={"digits": -1}),
    "batches of another strategy": lambda state: state.update(batches={"borders": 1}),
    "more of a batch than is in it": lambda state: state.update(within={"digits": 1 << 20}),
    "causes in words": lambda state: state.update(causes=[["text", "case", "many"]]),
    "a cause that nobody knows": lambda state: state.update(causes=[["text", "\ud800", 1]]),
    "a check that nobody knows": lambda state: state.update(causes=[["texts", "case", 1]]),
    "ids that are none": lambda state: state["coverage"].update(ids=["x", None]),
    "characters that are none": lambda state: state["coverage"].update(characters=[2**40]),
    "sorts that are none": lambda state: state["coverage"].update(sorts=[1, "x"]),
    "sorts of other pieces": lambda state: state["coverage"].update(sorts=["x"]),
    "nothing covered": lambda state: state.pop("coverage"),
}


@pytest.fixture
def searched(project, tokparity):
    """A search of a few cases, and its state."""
    project.plan({})
    tokparity("fuzz", *ARGS)
    return project.folder / STATE


def refused(ran):
    """Whether a state was refused before anything was searched."""
    assert ran.code == 2, ran.err
    assert f"{STATE}: no search can be read there" in ran.err
    assert "without --resume" in ran.err
    assert "strategies" not in ran.out


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_state_is_exit_code_2_before_anything_is_searched(searched, tokparity, damage):
    """With its path; and it stays as it is."""
    state = json.loads(searched.read_bytes())
    damage(state)
    searched.write_text(json.dumps(state))
    before = searched.read_bytes()

    refused(tokparity("fuzz", *ARGS, "--resume"))
    assert searched.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000, b"\xff", b'{"cases": NaN}', b"", b"{", b"[]", b"{}", b'{"of": 1}',
        b'{"of": {"schema": 1}}',
    ],
)  # fmt: skip
def test_what_is_no_state_is_exit_code_2(searched, tokparity, content):
    """Nested too deeply for any reader, too."""
    searched.write_bytes(content)
    ran = tokparity("fuzz", *ARGS, "--resume")

    assert ran.code == 2
    assert searched.read_bytes() == content
    refused(ran)


def test_there_must_be_a_search_to_go_on_with(project, tokparity):
    """And what was to be a run leaves no run file."""
    project.plan({})
    ran = tokparity("fuzz", *ARGS, "--resume")

    assert ran.code == 2
    assert f"{STATE}: there is no search to go on with" in ran.err
    assert list((project.folder / ".parity" / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("pair", "args", "said"),
    [
        ({"candidate": "mock:reads_capitals"}, ARGS, "other sides"),
        (LOWER, ("--strategy", "borders"), "other strategies"),
        (LOWER, (*ARGS, "--checks", "ids"), "other checks"),
        (LOWER, (*ARGS, "--specials", "plain"), "other specials"),
    ],
)
def test_the_state_of_another_search_is_refused(project, tokparity, pair, args, said):
    """What it has seen is of other answers, or other inputs; and it stays as it is."""
    project.plan(LOWER)
    tokparity("fuzz", *ARGS)
    before = (project.folder / STATE).read_bytes()
    project.plan(pair)
    ran = tokparity("fuzz", *args, "--resume")

    assert ran.code == 2
    assert said in ran.err
    assert (project.folder / STATE).read_bytes() == before
