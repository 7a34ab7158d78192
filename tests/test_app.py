"""What the commands do: flags become a plan, outputs are written, nothing is done twice."""

import json
from xml.etree import ElementTree as ET

import pytest

from parity import app
from parity.app import Flags
from parity.errors import BadPlan
from parity.plan import EVERYTHING

TWO = {"reference": "mock:honest", "candidate": "mock:panics"}


def test_two_specs_are_a_plan(project):
    """Also where the project has one."""
    project.plan()
    found = app.plan_for(Flags(**TWO))

    assert [(pair.name, pair.candidate) for pair in found.pairs] == [
        ("command-line", "mock:panics")
    ]


def test_the_plan_of_the_folder_is_used(project):
    """Where there is one."""
    project.plan()

    assert app.plan_for(Flags()).source == "pyproject.toml"


def test_the_built_in_plan_is_used_elsewhere(project):
    """In a project that has none of its own, too."""
    project.file("pyproject.toml", "[tool.ruff]\n")

    assert app.plan_for(Flags()).source == ""


@pytest.mark.parametrize(
    ("flags", "field", "value"),
    [
        ({"checks": "ids, text"}, "checks", ("ids", "text")),
        ({"checks": "ids"}, "named", True),
        ({"checks": "all"}, "checks", EVERYTHING),
        ({"checks": "all"}, "named", False),
        ({"corpora": ("cjk",)}, "corpora", ("cjk",)),
        ({"specials": "plain"}, "specials", "plain"),
        ({"self_check": True}, "self_check", True),
        ({}, "corpora", ("texts.jsonl",)),
    ],
)
def test_a_flag_changes_every_pair(project, flags, field, value):
    """And what no flag says stays."""
    project.plan({}, {"name": "too"})
    found = app.plan_for(Flags(**flags))

    assert [getattr(pair, field) for pair in found.pairs] == [value, value]


def test_a_pair_is_chosen_by_name(project):
    """The others are not run."""
    project.plan({}, {"name": "too"}, {"name": "three"})
    found = app.plan_for(Flags(pairs=("three", "too")))

    assert [pair.name for pair in found.pairs] == ["too", "three"]


def test_an_unknown_pair_is_no_empty_plan(project):
    """A run of nothing would be green."""
    project.plan()

    with pytest.raises(BadPlan, match="no pair 'tot' in the plan; known: toy"):
        app.plan_for(Flags(pairs=("tot",)))


def test_every_output_that_is_asked_for_is_written(project, tokparity):
    """The run file in the place that was named, and no other."""
    project.plan({"candidate": "mock:drops_last_id"})
    outputs = [f"{name}=out/{name}" for name in ("jsonl", "json", "junit", "text")]
    tokparity("run", *(word for output in outputs for word in ("--output", output)))
    out = project.folder / "out"

    assert sorted(path.name for path in out.iterdir()) == ["json", "jsonl", "junit", "text"]
    assert not (project.folder / ".parity").exists()
    assert json.loads((out / "json").read_bytes())["footer"]["verdict"] == "diverged"
    assert ET.fromstring((out / "junit").read_bytes()).tag == "testsuites"  # noqa: S314
    assert "DIVERGED" in (out / "text").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["json", "junit", "text"])
def test_a_report_can_be_made_again_from_the_run_file(project, tokparity, name):
    """Every format says the same as on the day of the run."""
    project.plan({"candidate": "mock:drops_last_id"}, rows=["a\ud83d", "b\x00\u202e"])
    tokparity("run", "--output", "jsonl=run.jsonl", "--output", f"{name}=then")
    tokparity("report", "run.jsonl", "--format", name, "--output", "now")
    printed = tokparity("report", "run.jsonl", "--format", name)
    then = (project.folder / "then").read_bytes()

    assert (project.folder / "now").read_bytes() == then
    assert printed.out.encode() == then


def test_an_unknown_report_format_is_exit_code_2(project, tokparity):
    """With those that are known."""
    project.plan()
    tokparity("run", "--output", "jsonl=run.jsonl")
    ran = tokparity("report", "run.jsonl", "--format", "html")

    assert ran.code == 2
    assert "no report format 'html'; known: json, junit, text" in ran.err


def test_an_id_that_comes_twice_is_refused_before_anything_runs(project, tokparity):
    """Also where it comes in two files."""
    project.plan(corpora=["texts.jsonl", "more.jsonl"])
    project.corpus("more.jsonl", "abc")
    ran = tokparity("run")

    assert ran.code == 2
    assert "more.jsonl:1: the id" in ran.err
    assert "comes twice; it is in texts.jsonl:1 already" in ran.err


def test_runs_do_not_overwrite_one_another(project, tokparity):
    """Each has a run file of its own."""
    project.plan()
    for _ in range(3):
        tokparity("run")

    assert len(list(project.folder.glob(".parity/runs/*.jsonl"))) == 3


def test_every_golden_of_a_plan_is_an_item(project):
    """A corpus without a case for the check has none."""
    project.corpus("ids.jsonl", [97])
    project.plan({"golden": ["ids", "text", "vocabulary"]}, corpora=["texts.jsonl", "ids.jsonl"])
    found = [str(item.path) for item in app.golden_items(app.plan_for(Flags()))]

    assert found == [
        "golden/toy/texts.ids.jsonl",
        "golden/toy/texts.text.jsonl",
        "golden/toy/ids.text.jsonl",
        "golden/toy/own.vocabulary.jsonl",
    ]
