"""What the commands do: flags become a plan, outputs are written, nothing is done twice."""

import json
import os
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
    ran = tokparity("report", "run.jsonl", "--format", "pdf")

    assert ran.code == 2
    assert "no report format 'pdf'; known: badge, github, gitlab, html, json, junit" in ran.err


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


LOST = {
    "one file": (["json=a", "junit=a"], "--output junit=a and --output json=a are one file"),
    "the run file": (["jsonl=a", "junit=./x/../a"], "are one file"),
    "by a link": (["junit=link", "jsonl=a"], "are one file"),
    "a folder": (["junit=taken"], "--output junit=taken: that is a folder"),
    "a folder for the run file": (["jsonl=taken"], "that is a folder"),
    "a FIFO": (["jsonl=fifo"], "a device or FIFO cannot be it"),
    "a descriptor": (["jsonl=/proc/self/fd/0"], "a device or FIFO cannot be it"),
}


@pytest.mark.parametrize(("outputs", "says"), LOST.values(), ids=LOST)
def test_an_output_that_would_be_lost_is_refused_before_anything_runs(
    project, tokparity, monkeypatch, outputs, says
):
    """Neither overwritten by another one, nor written where it cannot be read again."""
    project.plan()
    (project.folder / "taken").mkdir()
    (project.folder / "x").mkdir()
    (project.folder / "link").symlink_to("a")
    os.mkfifo(project.folder / "fifo")
    monkeypatch.setattr("parity.app.plan_for", None)
    ran = tokparity("run", *(word for output in outputs for word in ("--output", output)))

    assert ran.code == 2
    assert says in ran.err
    assert not (project.folder / "a").exists()


def test_a_run_file_behind_a_link_is_put_where_the_link_leads(project, tokparity):
    """Like any other output."""
    project.plan()
    (project.folder / "last").symlink_to("out/run.jsonl")
    ran = tokparity("run", "--output", "jsonl=last")

    assert ran.code == 0
    assert (project.folder / "last").is_symlink()
    assert tokparity("report", "out/run.jsonl").code == 0
    assert [path.name for path in (project.folder / "out").iterdir()] == ["run.jsonl"]


WANDERS = """
import os
from mine import Mine

class Wanders(Mine):
    def encode(self, *args):
        os.chdir("/")
        return super().encode(*args)
"""


def test_a_backend_that_changes_the_folder_changes_nothing_else(project, tokparity):
    """Run file, corpora, ledger and outputs are where they were; a stale entry is still seen."""
    stale = '[[expected]]\npair = "toy"\ncheck = "ids"\nselect = "id:gone/*"\nreason = "once"\n'
    project.plan({"candidate": "py:mine_too:Wanders"}, {"name": "too"})
    project.file("mine_too.py", WANDERS)
    clean = tokparity("run", "--output", "jsonl=run.jsonl", "--output", "text=text")
    project.file("golden/expected.toml", stale)
    ran = tokparity("run")

    assert (clean.code, ran.code) == (0, 1)
    assert "  run file  run.jsonl" in clean.out
    assert "EXACT" in (project.folder / "text").read_text("utf-8")
    assert "expected.toml: entry 1" in ran.out
    assert not [*project.folder.rglob("*.part")]


def test_corpora_are_found_again_whatever_their_names_look_like(project, tokparity):
    """A name with the signs of a glob is a name."""
    project.plan(corpora=["odd*.jsonl"])
    project.corpus("odd[1]!.jsonl", "abc")

    assert tokparity("run").code == 0


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_corpora_without_a_case_are_exit_code_5(project, tokparity, content):
    """No case, no proof: also where one pair of several has none."""
    project.plan({}, {"name": "too", "corpora": ["empty.jsonl"]})
    project.file("empty.jsonl", content)
    ran = tokparity("run")

    assert ran.code == 5
    assert "pair 'too': there is not one case in empty.jsonl" in ran.err
    assert not (project.folder / ".parity").exists()
