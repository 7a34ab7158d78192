"""Reproducible reports: two runs of the same thing, whenever and wherever, are the same bytes."""

import json
import os
import shutil
import time

import pytest
from planted_runs import row

from parity import reports, runfile
from parity.compare import compare
from parity.reports.reproducing import reproducible, without_machine
from parity.types import Case, Failure, Observation

PATHS = {
    "/home/me/models/qwen": "…/qwen",
    "hf:/tmp/x/qwen,unicode=current": "hf:…/qwen,unicode=current",
    "no such file: '/tmp/a b/c d.json'": "no such file: '…/c d.json'",
    '"/tmp/x/y": "/z/w"': '"…/y": "…/w"',
    "https://a.example/b/c": "https://a.example/b/c",
    "models/qwen/x": "models/qwen/x",
    "a / b and 1/2": "a / b and 1/2",
    "<x object at 0x7f31aa00>": "<x object at 0x…>",
    "0x41 is A": "0x41 is A",
    "/": "/",
    "": "",
}


@pytest.mark.parametrize(("text", "left"), PATHS.items())
def test_what_is_this_machines_is_taken_out(text, left):
    """Folders and addresses; names and what is relative stay."""
    assert without_machine(text) == left
    assert without_machine(left) == left


PAIRS = (
    {"candidate": "mock:drops_last_id", "checks": ["ids", "text", "repeatable"]},
    {"name": "fails", "candidate": "py:mine:Fails", "checks": ["ids"]},
    {"name": "gone", "candidate": "py:mine:gone"},
)


@pytest.fixture
def twice(project, tokparity, monkeypatch):
    """A function that runs one plan in two folders, at two times, into outputs of a format."""

    def run(format, *words):
        seen = []
        for name, zone in (("here", "UTC"), ("there/and deeper", "Asia/Tokyo")):
            folder = project.folder / name
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            project.plan(*PAIRS)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for file in ("mine.py", "texts.jsonl", "pyproject.toml"):
                shutil.copy(project.folder / file, folder / file)
            was, project.folder = project.folder, folder
            out = folder / "out" / "report"
            tokparity("run", "--output", f"{format}={out}", "--output", f"jsonl={folder}/r", *words)
            seen.append(out.read_bytes())
            told = tokparity("report", f"{folder}/r", "--format", format, *words)
            project.folder = was
            assert told.out.encode() == seen[-1]
        return seen

    yield run
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("format", reports.FORMATS)
def test_two_runs_of_one_plan_give_the_same_bytes(twice, format):
    """In two folders, at two times; and `report` gives what `run` wrote."""
    one, other = twice(format, "--reproducible")

    assert one == other


def test_a_report_that_is_not_reproducible_says_when_and_where(twice):
    """So the test above can fail."""
    one, other = twice("json")

    assert one != other
    assert json.loads(one)["header"]["started"]
    assert json.loads(one)["run_file"]


@pytest.mark.parametrize("format", reports.FORMATS)
def test_a_report_depends_on_the_run_file_alone(diverging, format, monkeypatch, tmp_path):
    """Not on where, when or by whom it is made."""
    before = reports.render(format, diverging)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert reports.render(format, runfile.read(diverging.path)) == before


def test_evidence_is_kept(planted):
    """Inputs, answers and counts are what was compared, even where they look like paths."""
    case = Case("t/a-00000000", "text", "/home/me/x at 0x7f31aa00")
    failed = Observation(failure=Failure("OSError", "no /home/me/x.json"))
    run = planted(
        [row("ids", unsupported_because={"no /a/x": 1, "no /b/x": 2})],
        [compare(case, "text", Observation("/home/me/x"), Observation("/home/me/y"))._replace(
            note="see /home/me/z"), compare(case, "ids", Observation([1]), failed)],
        problem="cannot read /home/me/f.json",
    )  # fmt: skip
    found = reproducible(run)
    (value, outcome), (pair,) = found.divergences, found.footer["pairs"]

    assert value["case"] == run.divergences[0]["case"]
    assert value["reference"]["value"] == "/home/me/x"
    assert value["difference"] == run.divergences[0]["difference"]
    assert value["note"] == "see …/z"
    assert outcome["candidate"]["failure"] == {"kind": "OSError", "message": "no …/x.json"}
    assert pair["problem"] == "cannot read …/f.json"
    assert pair["rows"][0]["unsupported_because"] == {"no …/x": 3}
    assert pair["rows"][0]["seconds"] == {"reference": 0}


def test_the_run_file_itself_is_kept_as_it_is(project, tokparity):
    """It is the evidence, and says when and where."""
    project.plan()
    tokparity("run", "--reproducible", "--output", "jsonl=run.jsonl", "--output", "json=a.json")
    head = json.loads((project.folder / "run.jsonl").read_bytes().splitlines()[0])

    assert head["started"]
    assert head["command"]
    assert os.fspath(project.folder) not in (project.folder / "a.json").read_text()
