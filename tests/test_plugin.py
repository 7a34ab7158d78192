"""The pytest plugin: what proves nothing fails, and says so; goldens are items like the others."""

import sys

import pytest
from helpers import WRONG, outcomes

from parity import canary, session
from parity.backends.mock import FAULTS
from parity.jobs import decides
from parity.plan import EVERYTHING
from parity.types import Case

TEXT = Case("t/a-00000000", "text", "a")
DECIDING = [
    name
    for name in EVERYTHING
    if decides(name, named=False) and (session.own(name) or session.takes(name, TEXT))
]
"""What has items of texts where nobody named a check: what only informs has none."""

# What fails, and how it says so


def test_a_divergence_fails_and_is_shown(project, ran):
    """With place, ids and pieces, and not with a traceback."""
    project.plan({**WRONG, "checks": ["ids"]}, rows=["abc"])
    result = ran()

    assert outcomes(result) == {"passed": 1, "failed": 1}
    result.stdout.fnmatch_lines(
        [
            "ids: 1 compared, 1 diverged",
            f"ids  {project.ids()[0]}  first difference at ?2? of 3 / 2, candidate ends first",
            'reference  97 "<0x61>"  98 "<0x62>"  »99 "<0x63>"«',
            'candidate  97 "<0x61>"  98 "<0x62>"  »end«',
            "cause      missing-ids: ids at an end are always lost, or always added",
            'smallest   "a"  U+0061',
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "plugin.py" not in result.stdout.str()


def test_a_failure_is_no_wall_of_ids(project, ran):
    """Three divergences are shown; all are counted."""
    rows = [f"{number} " * 500 for number in range(40)]
    project.plan({**WRONG, "checks": ["ids"]}, rows=rows)
    out = ran().stdout.str()

    assert "ids: 40 compared, 40 diverged" in out
    assert out.count("first difference at") == 3
    assert len(out) < 6000


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_fails_an_item(project, ran, fault):
    """The canaries' cases, through the plugin."""
    lines = [
        {"id": f"t/case-{number}", case.kind: case.payload, "options": dict(case.options)}
        for number, case in enumerate(canary.CASES)
    ]
    checks = [FAULTS[fault].caught_by]
    wrong = {"candidate": f"mock:{fault}", "checks": checks}
    project.plan(wrong, rows=[_with_id(line) for line in lines])

    assert outcomes(ran("-m", "parity"))["failed"] >= 1


def _with_id(line):
    from parity.types import KINDS, case_digest

    kind = next(kind for kind in KINDS if kind in line)
    payload = list(line[kind]) if kind == "ids" else line[kind]
    return line | {kind: payload, "id": f"t/a-{case_digest(kind, payload, line['options'])}"}


PROVES_NOTHING = {
    "a named check": ({"checks": ["offsets"], "candidate": "py:mine:LacksOffsets"},
                      "was named and compared nothing|nothing was compared"),
    "a named check without a case": ({"checks": ["text", "ids"], "select": "kind:ids"},
                                     "nothing was compared"),
    "one thing twice": ({"candidate": "mock:honest"}, "are one and the same"),
    "a missing asset": ({"candidate": "py:mine:gone"}, "is not installed"),
    "another lock": ({"candidate": "py:mine:locked"}, "the lock names another file"),
    "an unstable reference": ({"reference": "py:mine:Dithers", "checks": ["repeatable"]},
                              "nondeterministic"),
    "both sides fail": ({"reference": "py:mine:Fails", "candidate": "py:mine:Fails",
                         "self_check": True, "checks": ["ids"]}, "nothing was compared"),
    "a changed artefact": ({"candidate": "py:mine:ChangesItsArtefact", "checks": ["ids"]},
                           "a side is not what it was when the run began"),
    "an unknown kind": ({"candidate": "mockk:x"}, "no backend kind 'mockk'"),
}  # fmt: skip


@pytest.mark.parametrize(("pair", "says"), PROVES_NOTHING.values(), ids=PROVES_NOTHING)
def test_what_proves_nothing_fails_and_is_not_skipped(project, ran, pair, says):
    """A skip is read as green."""
    project.file("model.bin", "first")
    project.plan(pair)
    result = ran()

    assert outcomes(result).get("failed")
    assert "skipped" not in outcomes(result)
    result.stdout.re_match_lines([f".*({says})"])
    assert "Traceback" not in result.stdout.str()


def test_what_a_side_does_not_have_is_skipped_where_nobody_named_it(project, ran):
    """With the reason; the other checks prove something."""
    project.plan({"candidate": "py:mine:LacksOffsets"})
    result = ran("-rs")

    assert outcomes(result) == {"passed": len(DECIDING) - 1, "skipped": 2}
    result.stdout.fnmatch_lines(["SKIPPED*candidate: mock has no offsets"])


def test_a_pair_in_which_nothing_compares_fails(project, ran):
    """It is not skipped check by check until everything looks green."""
    project.plan({"candidate": "py:mine:Lacks"})
    result = ran()

    assert outcomes(result)["failed"] >= 6
    result.stdout.fnmatch_lines(["inconclusive: nothing was compared between the two sides*"])


def test_an_entry_of_the_ledger_that_agrees_fails(project, ran):
    """What the ledger names must still differ."""
    project.plan({"checks": ["ids"]})
    project.file(
        "golden/expected.toml",
        '[[expected]]\npair = "toy"\ncheck = "ids"\nselect = "id:*"\nreason = "once"\n',
    )
    result = ran()

    assert outcomes(result) == {"passed": 2, "failed": 1}
    result.stdout.fnmatch_lines(["note*the ledger says that this differs (once), and it does not"])


def test_known_differences_pass(project, ran):
    """As the ledger says."""
    project.plan({**WRONG, "checks": ["ids"]})
    project.file(
        "golden/expected.toml",
        '[[expected]]\npair = "toy"\ncheck = "ids"\nselect = "id:*"\nreason = "known"\n',
    )

    assert outcomes(ran()) == {"passed": 3}


def honest_fault(inner):
    """A fault with nothing wrong: no check can catch it."""
    return inner


honest_fault.caught_by = "ids"


@pytest.mark.parametrize("args", [[], ["-k", "ids"], ["pyproject.toml::toy::ids"]])
def test_no_item_passes_where_a_canary_survives(project, ran, monkeypatch, args):
    """Also where the canaries' own item was not chosen."""
    monkeypatch.setitem(FAULTS, "honest_fault", honest_fault)
    project.plan({"checks": ["ids"]})
    result = ran(*args)

    assert "passed" not in outcomes(result)
    result.stdout.fnmatch_lines(["*survived: honest_fault"])


# Goldens


@pytest.fixture
def recorded(project, ran):
    """A project of two pairs with recorded goldens."""
    project.plan({"golden": ["ids"]}, {"name": "too", "golden": ["ids"]})
    assert outcomes(ran("-m", "parity", "--snapshot-update"))["passed"]
    return project


def goldens(project):
    """Every golden, by pair."""
    found = (project.folder / "golden").rglob("*.ids.jsonl")
    return {path.parent.name: path.read_bytes() for path in found}


def wrong_now(project):
    """Let both references do something else from now on."""
    pair = {"golden": ["ids"], "reference": "mock:drops_last_id"}
    project.plan(pair, {"name": "too", **pair})


def test_goldens_are_recorded_and_hold(recorded, ran):
    """A second run is green, and says nothing of unused snapshots."""
    result = ran("-k", "golden")

    assert goldens(recorded).keys() == {"toy", "too"}
    assert outcomes(result) == {"passed": 2, "deselected": 2 * len(DECIDING) + 1}
    assert "unused" not in result.stdout.str()


def test_goldens_of_the_command_line_are_the_same(recorded, tokparity):
    """One format, whoever writes it."""
    before = goldens(recorded)

    assert tokparity("golden", "check").code == 0
    tokparity("golden", "update")
    assert goldens(recorded) == before


def test_goldens_are_recorded_by_several_processes(project, pytester, monkeypatch):
    """Each is written once, and whole."""
    monkeypatch.chdir(project.folder)
    project.plan({"golden": ["ids"]}, {"name": "too", "golden": ["ids"]})
    args = (f"--rootdir={project.folder}", "-n2", "-k", "golden")
    pytester.runpytest_subprocess(*args, "--snapshot-update")

    assert outcomes(pytester.runpytest_subprocess(*args)) == {"passed": 2}


def test_a_changed_golden_fails_and_names_its_cases(recorded, ran):
    """And how they changed."""
    wrong_now(recorded)
    result = ran("-k", "golden and toy")

    assert outcomes(result)["failed"] == 1
    for id in recorded.ids():
        result.stdout.fnmatch_lines([f"{id}: at ?2? was *"])


def test_a_missing_golden_fails(project, ran):
    """Nothing is recorded by the way."""
    project.plan({"golden": ["ids"]})

    assert outcomes(ran("-k", "golden"))["failed"] == 1
    assert goldens(project) == {}


@pytest.mark.parametrize("args", [["--parity-pair", "too"], ["-k", "too"], ["pyproject.toml::too"]])
def test_a_partial_update_leaves_other_goldens_alone(recorded, ran, args):
    """Neither written nor removed."""
    before = goldens(recorded)
    wrong_now(recorded)
    ran("--snapshot-update", *args)
    after = goldens(recorded)

    assert after["toy"] == before["toy"]
    assert after["too"] != before["too"]


def test_a_selection_of_cases_writes_no_golden(recorded, ran):
    """It would lose the other cases."""
    before = goldens(recorded)
    wrong_now(recorded)
    ran("--snapshot-update", "--parity-select", "abc")

    assert goldens(recorded) == before


def test_an_update_is_refused_in_ci(project, ran, monkeypatch):
    """Before anything runs."""
    monkeypatch.setenv("CI", "true")
    project.plan({"golden": ["ids"]})
    result = ran("--snapshot-update")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert goldens(project) == {}
    result.stderr.fnmatch_lines(["ERROR: CI is set: goldens are not written here*"])


def test_a_golden_for_another_artefact_fails_and_says_so(project, ran):
    """It is not compared as if it were for this one."""
    project.file("model.bin", "first")
    project.plan({"golden": ["ids"], "reference": "py:mine:Artefact", "checks": ["ids"]})
    ran("--snapshot-update")
    project.file("model.bin", "second")
    result = ran("-k", "golden")

    assert outcomes(result)["failed"] == 1
    result.stdout.fnmatch_lines(["*golden was made for model.bin *, this one is *"])


def test_a_conflict_of_a_merge_fails_and_says_so(recorded, ran):
    """With its line, and without a traceback."""
    path = recorded.folder / "golden/toy/texts.ids.jsonl"
    path.write_bytes(path.read_bytes() + b"=======\n")
    result = ran("-k", "golden and toy")

    assert outcomes(result)["failed"] == 1
    result.stdout.fnmatch_lines(["*:4: a conflict of a merge is not resolved"])
    assert "Traceback" not in result.stdout.str()


def test_an_update_that_cannot_be_written_fails_and_keeps_what_was_there(
    recorded, ran, monkeypatch
):
    """The item fails, and not the session."""
    before = goldens(recorded)
    wrong_now(recorded)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    result = ran("-k", "golden", "--snapshot-update", "-p", "no:cacheprovider")

    assert outcomes(result)["failed"] == 2
    assert goldens(recorded) == before
    result.stdout.fnmatch_lines(["*texts.ids.jsonl: cannot be written: No space left on device"])


def test_a_reference_that_answers_nothing_has_no_golden(project, ran):
    """An empty golden proves nothing."""
    project.plan({"golden": ["ids"], "reference": "py:mine:Lacks", "checks": ["ids"]})
    result = ran("-k", "golden", "--snapshot-update")

    assert outcomes(result)["failed"] == 1
    assert goldens(project) == {}


@pytest.mark.usefixtures("recorded")
def test_goldens_without_syrupy_fail_and_say_what_is_missing(ran, monkeypatch):
    """They are not skipped."""
    monkeypatch.setitem(sys.modules, "parity.snapshot", None)
    result = ran("-k", "golden")

    assert outcomes(result)["failed"] == 2
    result.stdout.fnmatch_lines(["goldens need syrupy: pip install 'tokparity?pytest?'"])
