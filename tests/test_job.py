"""The job that blocks a merge: what it comes to, and that nothing but a proof is green."""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from parity import job

CODES = {
    (0, 0): (0, "passed"), (1, 0): (1, "diverged"), (0, 1): (1, "diverged"),
    (0, 4): (4, "golden or lock problem"), (1, 4): (1, "diverged"), (3, 1): (3, "inconclusive"),
    (0, 2): (2, "wrong usage"), (1, 2): (2, "wrong usage"), (5, 0): (5, "nothing selected"),
    (5, 4): (4, "golden or lock problem"), (70, 1): (70, "no result"), (0, 70): (70, "no result"),
    (-signal.SIGKILL, 0): (70, "no result"), (0, -signal.SIGSEGV): (70, "no result"),
    (127, 0): (70, "no result"), (130, 3): (70, "no result"), (6, 0): (70, "no result"),
}  # fmt: skip
"""The exit codes of the run and of the goldens, and what the job comes to."""
EXTRA = """
import os, pathlib, signal, sys
arguments = sys.argv[1:]
place = next((text.split("=", 2)[2] for text in arguments if text.startswith("--output=")), "")
"""
PROGRAMS = {
    "sys.exit(0)": "exit code 0, and it left no run file",
    "sys.exit(1)": "exit code 1, and it left no run file",
    "sys.exit(70)": "exit code 70",
    "os.kill(os.getpid(), signal.SIGKILL)": "SIGKILL",
    "os.abort()": "SIGABRT",
    "pathlib.Path(place).write_text('{')": "run file cannot be read",
    "pathlib.Path(place).write_text('')": "run file cannot be read",
}
"""A program in the place of tokparity, and what is said of it."""


@pytest.mark.parametrize("codes", CODES)
def test_the_worst_exit_code_stands(codes):
    """A crash before all, then usage, inconclusive, diverged, goldens, nothing selected."""
    came = job.decide(codes)

    assert (came.code, came.verdict) == CODES[codes]
    assert came.words


@pytest.mark.parametrize("goldens", [1, 2, 3, 4, 70])
def test_nothing_to_compare_excuses_no_golden(goldens):
    """What --since leaves out is the comparison; a golden that is wrong is wrong."""
    assert job.decide([5, goldens], since="main").code == goldens
    assert job.decide([5, 0], since="main") == (0, job.NOTHING, job.NEXT[job.NOTHING])


def test_changed_goldens_lead_to_the_review():
    """Where the two sides agree, the ledger is no help."""
    assert "tokparity review" in job.decide([0, 1]).words
    assert "ledger" in job.decide([1, 1]).words


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_run_without_evidence_is_no_result(project, monkeypatch, program):
    """Whatever the exit code says: no run file, or none that can be read, is never green."""
    stub = project.file("bin/stub.py", EXTRA + program)
    monkeypatch.setattr(job, "OURSELVES", (sys.executable, str(stub)))
    out = io.StringIO()
    code = job.main(job.Wanted(Path("r"), goldens=False, summary=Path("s.md")), out)

    assert code == 70
    assert PROGRAMS[program] in out.getvalue()
    assert "no result" in (project.folder / "s.md").read_text()


def test_a_run_that_says_more_than_its_file_is_no_result(project, tokparity, monkeypatch):
    """A file that diverged, beside an exit code of 0."""
    project.plan({"candidate": "mock:drops_last_id"})
    tokparity("run", "--output", "jsonl=before.jsonl")
    copy = "import shutil; shutil.copy('before.jsonl', place)"
    stub = project.file("bin/stub.py", EXTRA + copy)
    monkeypatch.setattr(job, "OURSELVES", (sys.executable, str(stub)))
    out = io.StringIO()

    assert job.main(job.Wanted(Path("r"), goldens=False), out) == 70
    assert "its run file says 1" in out.getvalue()


def test_what_an_earlier_job_left_proves_nothing(project, monkeypatch):
    """The run file of yesterday is gone before anything runs."""
    project.file("r/run.jsonl", "yesterday's")
    stub = project.file("bin/stub.py", EXTRA + "sys.exit(0)")
    monkeypatch.setattr(job, "OURSELVES", (sys.executable, str(stub)))

    assert job.main(job.Wanted(Path("r"), goldens=False), io.StringIO()) == 70
    assert not (project.folder / "r/run.jsonl").exists()


def test_a_folder_that_cannot_be_written_is_inconclusive(project, tokparity):
    """A file stands where the folder should be; nothing is compared before that is known."""
    project.plan()
    project.file("r", "a file")
    ran = tokparity("job", "--reports", "r")

    assert ran.code == 3
    assert "r: the reports cannot be written there" in ran.err


def test_shards_that_are_not_there_are_inconclusive(tokparity):
    """A download that found nothing is not a green merge."""
    ran = tokparity("job", "--merge", "shards")

    assert ran.code == 3
    assert "there is no run.jsonl of a shard in it" in ran.err


def git(project, *words):
    """Run git in the project's folder."""
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", *who, *words], cwd=project.folder, check=True, capture_output=True)  # noqa: S603, S607


@pytest.fixture
def committed(project):
    """A project in git in which nothing changed since HEAD but a document."""
    project.plan()
    project.file(".gitignore", ".parity/\nshards/\n__pycache__/\n")
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "x")
    project.file("notes.md", "Read this.")
    return project


@pytest.mark.usefixtures("committed")
def test_a_change_of_documents_passes_and_says_that_nothing_was_compared(tokparity):
    """The run file says so itself."""
    ran = tokparity("job", "--since", "HEAD", "--goldens", "false")

    assert (ran.code, "nothing to compare" in ran.out) == (0, True)


def test_a_selection_that_fits_nothing_is_not_a_change_of_nothing(committed, tokparity):
    """A typing mistake in an input is not green for good."""
    committed.file("mine.py", (committed.folder / "mine.py").read_text() + "\n# changed\n")
    ran = tokparity("job", "--since", "HEAD", "--goldens", "false", "--select", "tag:typo")

    assert ran.code == 5
    assert "nothing to compare" not in ran.out


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(("shards", "code"), [((1, 2), 0), ((2,), 3)])
def test_shards_that_all_had_nothing_to_compare_are_nothing(tokparity, shards, code):
    """Where all of them are there."""
    for number in shards:
        place = f"shards/{number}"
        words = ("--since", "HEAD", "--goldens", "false", "--reports", place)
        tokparity("job", "--shard", f"{number}/2", *words)

    assert tokparity("job", "--merge", "shards", "--since", "HEAD").code == code


@pytest.mark.parametrize("switch", ["", "yes please", "ture"])
def test_a_switch_that_is_misspelt_is_wrong_usage(tokparity, switch):
    """A typing mistake does not turn the goldens off."""
    assert tokparity("job", f"--goldens={switch}").code == 2


def test_what_is_printed_commands_no_runner(project, monkeypatch):
    """Between two lines with a word that nobody can guess, the runner obeys nothing."""
    line = "::error file=x::planted"
    stub = project.file("bin/stub.py", EXTRA + f"print({line!r}); sys.exit(3)")
    monkeypatch.setattr(job, "OURSELVES", (sys.executable, str(stub)))
    out = io.StringIO()
    job.main(job.Wanted(Path("r"), goldens=False, annotate="github"), out)
    lines = out.getvalue().splitlines()
    start, end = lines.index(line), len(lines) - lines[::-1].index(line)
    guard = lines[0].removeprefix("::stop-commands::")

    assert len(guard) == 32
    assert f"::{guard}::" in lines[end:]
    assert f"::{guard}::" not in lines[:start]


def test_the_last_line_is_one_line():
    """Its words may come from a file's content: nothing in them ends or starts a command."""
    came = job.Came(1, "diverged", "a\n::error::b % c\x1b[31m")
    text = job._last(came, job.Wanted(Path("r"), annotate="github"))

    assert text == "::error title=tokparity::diverged: a ::error::b %25 c\\u001b[31m\n"


def test_every_report_is_there_whatever_it_came_to(project, tokparity):
    """One folder is the evidence: the run file, the log, each format, the exit code."""
    project.plan({"candidate": "mock:drops_last_id"})
    ran = tokparity("job", "--goldens", "false", "--outputs", "o", "--summary", "s.md")
    folder = project.folder / "parity-reports"
    outputs = dict(line.split("=", 1) for line in (project.folder / "o").read_text().splitlines())

    assert ran.code == 1
    assert {path.name for path in folder.iterdir()} == {
        ".gitignore", job.RUN, job.LOG, job.CODE, *job.FILES.values(),
    }  # fmt: skip
    assert outputs["exit-code"] == "1"
    assert outputs["verdict"] == "diverged"
    assert Path(outputs["run-file"]) == folder / "run.jsonl"
    assert json.loads(Path(outputs["sarif-file"]).read_text())
