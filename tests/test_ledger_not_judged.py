"""What no run judges holds nothing: an entry needs a case that is compared and that decides."""

import sys

import pytest

ENTRY = '[[expected]]\npair = "toy"\ncheck = "{check}"\nselect = "id:*"\nreason = "known"\n'
LACKS = {"candidate": "py:mine:LacksOffsets"}


def test_an_entry_whose_cases_are_not_compared_any_more_fails(project, tokparity):
    """The candidate has no offsets: that they differ is not known, and not excused."""
    project.plan(LACKS)
    project.file("golden/expected.toml", ENTRY.format(check="offsets"))
    ran = tokparity("run")

    assert ran.code == 1
    assert "entry 1 selects no case any more that is compared" in ran.out


def test_an_entry_about_what_only_informs_fails(project, tokparity):
    """No run fails for it, so nothing is to be excused."""
    project.plan({})
    project.file("golden/expected.toml", ENTRY.format(check="round_trip"))
    ran = tokparity("run")

    assert ran.code == 1
    assert "entry 1 selects no case any more that is compared" in ran.out


@pytest.mark.parametrize(("option", "fails"), [((), True), (("--parity-select", "id:t/*"), False)])
def test_pytest_fails_a_stale_entry_where_the_whole_plan_is_collected(project, ran, option, fails):
    """As a run does; a part of the plan says nothing of it."""
    project.plan({"checks": ["ids"]})
    stale = ENTRY.format(check="ids").replace("id:*", "id:t/gone*")
    project.file("golden/expected.toml", stale)
    result = ran("-m", "parity", *option)

    assert (result.ret != 0) is fails
    if fails:
        result.stdout.fnmatch_lines(["*entry 1*selects no case of the plan: take it out*"])


def test_a_run_of_other_sides_is_not_entered(project, tokparity):
    """Another project has a pair of this name, too."""
    project.plan({"candidate": "mock:drops_last_id", "checks": ["ids"]})
    tokparity("run", "--output", "jsonl=run.jsonl")
    project.plan({"candidate": "mock:drops_first_id",
                  "checks": ["ids"]})  # fmt: skip
    said = tokparity("ledger", "add", "t/case", "--run", "run.jsonl", "--reason", "x")

    assert said.code == 2
    assert "run again" in said.err
    assert not (project.folder / "golden").exists()


def test_a_replay_is_not_green_where_the_run_failed_for_more(project, tokparity):
    """A stale entry cannot be asked again: it is told, and nothing is proved of it."""
    project.plan({"candidate": "py:mine:Wrong", "checks": ["ids"]})
    stale = ENTRY.format(check="ids").replace("id:*", "id:t/gone*")
    project.file("golden/expected.toml", stale)
    tokparity("run")
    mine = project.folder / "mine.py"
    mine.write_text(mine.read_text() + "\nWrong = type('Wrong', (Mine,), {})\n")
    sys.modules.pop("mine", None)
    said = tokparity("replay")

    assert "fixed" in said.out
    assert said.code == 3
    assert "entry 1 selects no case any more" in said.out
