"""The pytest plugin: a plan needs no test file, and no way of choosing items makes a lie green."""

import subprocess
import sys

import pytest
from helpers import WRONG, outcomes

from parity import session
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

OTHER_TEST = "def test_other():\n    pass\n"
HEAVY = "torch, transformers, tokenizers, tiktoken, syrupy"


# What is collected


def test_a_plan_needs_no_test_file(project, ran):
    """An item for the canaries, and one a check and corpus."""
    project.plan()
    result = ran("-v")

    assert outcomes(result) == {"passed": 1 + len(DECIDING)}
    result.stdout.fnmatch_lines(
        [
            "parity: plan in pyproject.toml",
            "pyproject.toml::canaries PASSED*",
            "pyproject.toml::toy::ids[[]texts[]] PASSED*",
            "pyproject.toml::toy::vocabulary PASSED*",
        ]
    )


@pytest.mark.parametrize(
    ("args", "items"),
    [
        (["-m", "parity"], 3),
        (["-m", "not parity"], 1),
        ([], 4),
        (["test_other.py"], 1),
        (["test_other.py", "-m", "parity"], 3),
        (["test_other.py", "-m", "not parity"], 1),
        (["--parity-off"], 1),
        (["."], 4),
        (["pyproject.toml"], 3),
        (["pyproject.toml", "-m", "parity"], 3),
        (["pyproject.toml::toy"], 2),
        (["pyproject.toml::toy::ids"], 1),
        (["pyproject.toml::toy::ids[texts]"], 1),
        (["pyproject.toml::toy::ids[texts]", "-m", "parity"], 1),
        (["pyproject.toml::canaries"], 1),
        (["-k", "toy and ids"], 1),
        (["-k", "canaries"], 1),
        (["--parity-pair", "toy"], 4),
        (["-p", "no:cacheprovider"], 4),
    ],
)
def test_items_are_chosen_as_those_of_any_test(project, ran, args, items):
    """By mark, name, file, node id; a file that is named alone drags no plan in."""
    project.plan({"checks": ["ids", "vocabulary"]})
    project.file("test_other.py", OTHER_TEST)

    assert outcomes(ran(*args)).pop("passed") == items


@pytest.mark.parametrize("args", [["-n2"], ["-n2", "-m", "parity"]])
def test_items_run_in_several_processes(project, pytester, monkeypatch, args):
    """As any test does; the wrong one is found there too."""
    monkeypatch.chdir(project.folder)
    project.plan({**WRONG, "checks": ["ids", "vocabulary"]})
    result = pytester.runpytest_subprocess(f"--rootdir={project.folder}", *args)

    assert outcomes(result) == {"passed": 2, "failed": 1}


def test_the_first_failure_stops_where_it_is_asked_for(project, ran):
    """-x."""
    project.plan(WRONG)

    assert outcomes(ran("-x"))["failed"] == 1


def test_last_failures_run_again(project, ran):
    """--lf: the failing items and no others."""
    project.plan(WRONG)
    ran()

    assert outcomes(ran("--lf")) == {"failed": 2, "deselected": len(DECIDING) - 1}


def test_a_project_without_a_plan_is_untouched(project, ran, monkeypatch):
    """Also where it updates snapshots of its own in CI."""
    monkeypatch.setenv("CI", "1")
    project.file("pyproject.toml", "[tool.ruff]\n")
    project.file("test_other.py", OTHER_TEST)
    result = ran("--snapshot-update")

    assert outcomes(result) == {"passed": 1}
    assert "parity:" not in result.stdout.str()


def test_another_file_can_hold_the_plan(project, ran):
    """The ini key names it."""
    folder = project.plan({"checks": ["ids"]})
    (folder / "pyproject.toml").rename(folder / "our.toml")
    project.file("pytest.ini", "[pytest]\nparity_plan = our.toml\n")

    assert outcomes(ran()) == {"passed": 2}


def test_the_plugin_imports_no_library_of_a_backend():
    """Whoever has it installed pays nothing for it."""
    code = (
        "import sys, parity.plugin; "
        f"print([name for name in '{HEAVY}'.split(', ') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603

    assert found.stdout == "[]\n"


# What is wrong before anything runs

MISTAKES = {
    "a key": ("pyproject.toml", "[tool.parity]\npair = 1", "did you mean 'pairs'"),
    "a ledger": ("golden/expected.toml", "[[expected]]\npair = 1", "entry 1: the key 'pair'"),
    "a ledger that is no TOML": ("golden/expected.toml", "[[expected]", "expected.toml: "),
    "a corpus": ("texts.jsonl", "{}\n", "texts.jsonl:1: exactly one of text"),
}


@pytest.mark.parametrize(("name", "content", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_of_the_plan_is_an_error_of_collection(project, ran, name, content, says):
    """With its message, and without a wall of a traceback."""
    project.plan()
    project.file(name, content)
    result = ran()

    assert outcomes(result) == {"errors": 1}
    assert says in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert len(result.outlines) < 25


def test_two_pairs_of_one_name_are_an_error_of_collection(project, ran):
    """Their items would have one node id."""
    project.plan({}, {})
    result = ran()

    assert outcomes(result) == {"errors": 1}
    result.stdout.fnmatch_lines(["*two pairs have the name 'toy'"])


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--parity-pair", "tot"], "no pair 'tot' in the plan; known: toy"),
        (["--parity-select", "id:nowhere/*"], "--parity-select 'id:nowhere/*' fits no case"),
        (["--parity-select", "("], "a term is missing"),
    ],
)
def test_a_choice_of_nothing_is_an_error(project, ran, args, says):
    """And no green run of the canaries alone."""
    project.plan()
    result = ran(*args)

    assert outcomes(result) == {"errors": 1}
    assert says in result.stdout.str()


def test_a_plan_that_is_no_toml_is_one_message(project, ran):
    """It is said to be so, and pytest does not crash on it."""
    project.plan()
    project.file("pytest.ini", "[pytest]\nparity_plan = our.toml\n")
    project.file("our.toml", "[tool.parity")
    result = ran()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *our.toml: *"])


# Selections


def test_a_selection_runs_the_cases_that_fit(project, ran):
    """Items without such a case are not there."""
    project.plan({"checks": ["ids", "text", "vocabulary"]}, rows=["abc", [97]])
    result = ran("-v", "--parity-select", "kind:ids")

    assert outcomes(result) == {"passed": 2}
    result.stdout.fnmatch_lines(["pyproject.toml::toy::text?texts? PASSED*"])


def test_a_selection_of_a_pair_leaves_out_what_it_does_not_fit(project, ran):
    """A corpus of which the pair selects nothing has no item that could be inconclusive."""
    project.corpus("more.jsonl", "more")
    project.plan({"select": "abc"}, corpora=["texts.jsonl", "more.jsonl"])
    result = ran("-v")

    assert "more" not in result.stdout.str()
    assert "failed" not in outcomes(result)
