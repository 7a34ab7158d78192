"""The demo: what it plants it finds, names and makes small; and it says so where it did not."""

import json
import shlex
import subprocess
import sys

import pytest
from helpers import outcomes, rows_of

from parity import artefact, canary, demo


def test_the_planted_bug_is_found_named_and_made_small(tokparity):
    """The cause, the stage, the smallest text and the one token that is more."""
    ran = tokparity("demo")

    assert ran.code == 0
    for said in (
        "Planted: by this demo, on purpose",
        "Found: added-token-strip",
        "stage: added tokens",
        'Made small: " <mask>"',
        "known faults caught, before it and after it",
        '! 0    -                   220 "Ġ" 0:0',
        "pytest -m parity 'pyproject.toml::demo::ids[special]'",
    ):
        assert said in ran.out, said


def test_it_leaves_nothing(project, tokparity, monkeypatch):
    """Neither in the folder that it is started in, nor among temporary files."""
    (project.folder / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(project.folder / "tmp"))
    tokparity("demo")

    assert [path.name for path in project.folder.rglob("*")] == ["tmp"]


def test_what_is_here_does_not_matter_to_it(project, tokparity):
    """A broken plan and a broken ledger are of somebody else's pairs."""
    project.file("pyproject.toml", "[tool.parity")
    project.file("golden/expected.toml", "[[expected]")

    assert tokparity("demo").code == 0


def test_what_it_keeps_can_be_tried(project, tokparity, ran, monkeypatch):
    """The plan is red as it is, the printed line names an item that fails, and it can be mended."""
    told = tokparity("demo", "--keep", "kept")
    (line,) = [line for line in told.out.splitlines() if "pytest -m parity" in line]
    project.folder /= "kept"
    monkeypatch.chdir(project.folder)
    words = shlex.split(line)[1:]
    red = ran("-p", "no:cacheprovider", *words)
    whole = artefact.shipped() / "tokenizers" / demo.TINY / "tokenizer.json"
    project.file("copy/tokenizer.json", whole.read_bytes() + b"\n")
    green = ran("-p", "no:cacheprovider", *words)

    assert (told.code, outcomes(red), outcomes(green)) == (0, {"failed": 1}, {"passed": 1})
    red.stdout.fnmatch_lines(["*added-token-strip*"])


def test_the_run_file_that_it_keeps_is_whole(project, tokparity):
    """It is evidence as any other."""
    tokparity("demo", "--keep", "kept")
    ran = tokparity("report", "render", "kept/.parity/demo.jsonl")

    assert ran.code == 1
    assert rows_of(project.folder / "kept/.parity/demo.jsonl")[0]["plan"] == "tokparity demo"


def nothing(content):
    """Nothing is planted: both copies are the same, written otherwise."""
    return {**content, "added_tokens": list(content["added_tokens"])}


def another_bug(content):
    """A merge is gone."""
    model = {**content["model"], "merges": content["model"]["merges"][:-1]}
    return {**content, "model": model}


def two_bugs(content):
    """What is planted, and a merge is gone."""
    return demo_plant(another_bug(content))


demo_plant = demo.plant


@pytest.mark.parametrize("plant", [nothing, another_bug, two_bugs])
def test_what_is_not_found_as_planted_is_exit_code_3(tokparity, monkeypatch, plant):
    """It cannot say that it found what is not there, nor take one cause for another."""
    monkeypatch.setattr(demo, "plant", plant)
    ran = tokparity("demo")

    assert ran.code == 3
    assert "NOT FOUND: what was planted was not named" in ran.out
    assert "Found:" not in ran.out


def test_a_canary_that_survives_makes_it_exit_code_3(tokparity, monkeypatch):
    """What cannot fail has shown nothing."""
    monkeypatch.setattr(canary, "release", lambda: canary.Canaries(88, ("drops_last_id",)))
    ran = tokparity("demo")

    assert ran.code == 3
    assert "canaries: 87 of 88" in ran.out


def test_a_folder_that_is_there_is_not_written_to(project, tokparity):
    """It could be somebody's."""
    project.file("kept/mine", "mine")
    ran = tokparity("demo", "--keep", "kept")

    assert ran.code == 2
    assert "is there already" in ran.err
    assert [path.name for path in (project.folder / "kept").iterdir()] == ["mine"]


def test_a_place_that_cannot_be_written_is_exit_code_3(project, tokparity):
    """With its path and what to do."""
    project.file("taken", "")
    ran = tokparity("demo", "--keep", "taken/kept")

    assert ran.code == 3
    assert "name another with --keep" in ran.err


def test_it_reads_well_at_80_columns(tokparity, monkeypatch):
    """No line is longer."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = tokparity("demo").out.splitlines()

    assert max(map(len, lines)) <= 80


def test_the_flag_that_is_planted_is_one_that_was_set():
    """The demo plants a difference, of one flag of one token."""
    path = artefact.shipped() / "tokenizers" / demo.TINY / "tokenizer.json"
    content = json.loads(path.read_bytes())
    changed = demo.plant(content)
    pairs = zip(content["added_tokens"], changed["added_tokens"], strict=True)

    assert [(one["content"], one["lstrip"]) for one, two in pairs if one != two] == [
        ("<mask>", True)
    ]
    assert {**changed, "added_tokens": 0} == {**content, "added_tokens": 0}


def test_it_needs_no_network_and_no_heavy_library(project):
    """`tokenizers` alone, whatever is installed."""
    code = (
        "import sys, socket\n"
        "def refused(*args): raise OSError('no network')\n"
        "socket.socket.connect = refused\n"
        "from parity import cli\n"
        "sys.argv = ['tokparity', 'demo']\n"
        "try:\n    cli.main()\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "print(sorted({'torch', 'transformers', 'numpy', 'httpx2'} & set(sys.modules)))\n"
    )
    command = [sys.executable, str(project.file("code.py", code))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout.splitlines()[-1] == "[]"
