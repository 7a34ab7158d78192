"""How the command line ends: crashes, signals, pipes, disks and terminals, and no zero by them."""

import asyncio
import errno
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from helpers import rows_of
from rich.console import Console

from parity import artefact, canary, cli

# 70, 130, 141 and 143


def test_an_internal_error_is_exit_code_70_with_a_saved_report(project, tokparity, monkeypatch):
    """Nobody sees a traceback; whoever mends it finds one."""
    monkeypatch.setattr("parity.session.run_plan", lambda *_: {}["lost \ud83d \x1b[31m"])
    project.plan()
    ran = tokparity("run")

    assert ran.code == 70
    assert "Traceback" not in ran.out + ran.err
    assert "\x1b" not in ran.out + ran.err
    assert "internal error: KeyError" in ran.err
    assert "Traceback" in (project.folder / ".parity/crash.txt").read_text(encoding="utf-8")


def test_an_internal_error_leaves_a_run_file_that_is_not_whole(project, tokparity, monkeypatch):
    """What was compared until then is kept, and proves nothing."""
    monkeypatch.setattr("parity.session.run_plan", lambda *_: 1 / 0)
    project.plan()
    tokparity("run")
    footer = project.run_file()[-1]

    assert (footer["whole"], footer["exit"], footer["verdict"]) == (False, 3, "inconclusive")
    assert "ZeroDivisionError" in footer["stopped"]


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_an_interrupt_is_exit_code_130_with_a_run_file(project, tokparity, side):
    """In whichever thread it came."""
    project.plan({"reference": "py:mine:Mine", side: "py:mine:Interrupts"}
                 if side == "candidate" else {side: "py:mine:Interrupts"})  # fmt: skip
    ran = tokparity("run")
    footer = project.run_file()[-1]

    assert ran.code == 130
    assert (footer["whole"], footer["stopped"], footer["exit"]) == (False, "interrupted", 3)


def test_an_interrupt_of_the_canaries_leaves_a_run_file_too(project, tokparity, monkeypatch):
    """There is no moment in which a half written file stays behind."""

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(canary, "release", interrupted)
    project.plan()

    assert tokparity("run").code == 130
    assert project.run_file()[-1]["canaries"] == {"planted": 0, "survived": []}
    assert not list(project.folder.glob(".parity/runs/.*"))


def test_a_closed_pipe_is_no_success(project, tokparity, monkeypatch):
    """Whoever reads our output went away."""

    def closed(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr("parity.app.run", closed)
    project.plan()

    assert tokparity("run").code == 141


ENDS = """
import os, signal
from mine import Mine

class Exits(Mine):
    def close(self):
        raise SystemExit(0)

class ExitsEarly(Mine):
    def identity(self):
        raise SystemExit

class Terminates(Mine):
    def encode(self, *args):
        assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, signal.SIG_IGN)
        os.kill(os.getpid(), signal.SIGTERM)
        return super().encode(*args)
"""


@pytest.mark.parametrize("error", [SystemExit(0), SystemExit(), asyncio.CancelledError()])
def test_no_library_decides_how_the_process_ends(project, tokparity, monkeypatch, error):
    """Neither by SystemExit(0) nor by what is no Exception; what was compared proves nothing."""

    def ends(*_):
        raise error

    monkeypatch.setattr("parity.session.run_plan", ends)
    project.plan()
    ran = tokparity("run")
    footer = project.run_file()[-1]

    assert ran.code == 70
    assert f"internal error: {type(error).__name__}" in ran.err
    assert (footer["whole"], footer["exit"]) == (False, 3)


@pytest.mark.parametrize("name", ["Exits", "ExitsEarly"])
@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_backend_that_ends_the_process_is_no_success(project, tokparity, name, side):
    """However politely it does, and whoever sees it first."""
    project.plan({"reference": "py:mine:Mine", side: f"py:mine_too:{name}"})
    project.file("mine_too.py", ENDS)

    assert tokparity("run").code in (3, 70)


def test_a_command_without_an_exit_code_is_an_internal_error(tokparity, monkeypatch):
    """Nothing said is not zero."""
    monkeypatch.setattr("parity.app.run", lambda *_: None)

    assert tokparity("run").code == 70


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_termination_is_exit_code_143_with_a_run_file(project, tokparity, side):
    """CI sends SIGTERM when somebody cancels; the handler is gone afterwards."""
    project.plan({"reference": "py:mine:Mine", side: "py:mine_too:Terminates"})
    project.file("mine_too.py", ENDS)
    ran = tokparity("run", "--output", "jsonl=run.jsonl")
    footer = rows_of(project.folder / "run.jsonl")[-1]

    assert ran.code == 143
    assert ran.err.endswith("terminated; what was compared until then is in run.jsonl\n")
    assert (footer["whole"], footer["stopped"], footer["exit"]) == (False, "terminated", 3)
    assert not [*project.folder.rglob("*.part")]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("place", ["parity.corpus.survey", "parity.files.os.fsync"])
def test_an_interrupt_without_a_run_file_speaks_of_none(project, tokparity, monkeypatch, place):
    """Before there is one, or while it is put in its place."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(place, interrupted)
    project.plan()
    ran = tokparity("run")

    assert ran.code == 130
    assert ran.err.endswith("interrupted\n")
    assert not [*project.folder.glob(".parity/runs/*")]


def test_an_end_of_input_is_no_interrupt(tokparity, monkeypatch):
    """Click takes the one for the other."""

    def ended(*_):
        raise EOFError

    monkeypatch.setattr("parity.app.run", ended)

    assert tokparity("run").code == 70


def test_a_full_disk_behind_the_output_is_exit_code_3(tokparity, monkeypatch):
    """Not a crash of ours, and no success."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("parity.app.run", full)
    ran = tokparity("run")

    assert ran.code == 3
    assert "the output cannot be written: No space left on device" in ran.err


# The terminal


class Terminal(Console):
    """A console that takes itself for a terminal."""

    def __init__(self, **options):
        super().__init__(**{**options, "force_terminal": True, "width": 120})


@pytest.mark.parametrize(("console", "shown"), [(Terminal, True), (Console, False)])
def test_progress_is_shown_on_a_terminal_only(project, tokparity, monkeypatch, console, shown):
    """A log file gets no bar."""
    monkeypatch.setattr("parity.app.Console", console)
    monkeypatch.setattr("parity.app.moves", lambda one: one.is_terminal)  # its file is none here
    project.plan()

    assert ("comparing" in tokparity("run").err) is shown


@pytest.mark.parametrize(("names", "coloured"), [
    (["FORCE_COLOR"], True), (["FORCE_COLOR", "NO_COLOR"], False),
])  # fmt: skip
def test_no_color_is_obeyed(project, tokparity, monkeypatch, names, coloured):
    """On a terminal too."""
    for name in names:
        monkeypatch.setenv(name, "1")
    project.plan({"candidate": "mock:drops_last_id"})

    assert bool(re.search(r"\x1b\[[\d;]*3\dm", tokparity("run").out)) is coloured


def test_an_error_is_not_coloured_where_no_color_is_set(monkeypatch, capsys):
    """Click does not know the variable."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda _, color: color is False)
    cli._say("error: ", "wrong")

    assert capsys.readouterr().err == "error: wrong\n"


def test_an_error_holds_nothing_that_a_terminal_acts_upon(project, tokparity):
    """Messages quote what libraries and files say."""
    project.file("mine_too.py", "def make():\n    raise ValueError('\\x1b[31m\\u202e\\ud83d')\n")
    project.plan({"golden": ["ids"], "reference": "py:mine_too:make"})
    ran = tokparity("golden", "check")

    assert ran.code == 3
    assert r"ValueError: \u001b[31m\u202e\ud83d" in ran.err


# Real processes


def process(*args, **options):
    """Run a command in a process of its own; return its exit code and what stderr got."""
    command = [sys.executable, "-m", "parity", *args]
    ran = subprocess.run(command, stderr=subprocess.PIPE, check=False, **options)  # noqa: S603
    return ran.returncode, ran.stderr


def test_an_output_that_nobody_reads_is_exit_code_141(project):
    """Whoever reads our output went away; 1 would say that something diverged."""
    project.plan()
    reading, writing = os.pipe()
    os.close(reading)
    ran = process("run", cwd=project.folder, stdout=writing)
    os.close(writing)

    assert ran == (141, b"")


def test_an_output_on_a_full_disk_is_exit_code_3(project):
    """Also at the very end, when Python writes what it kept."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123 (a device)
        code, err = process("--version", cwd=project.folder, stdout=full)

    assert code == 3
    assert b"the output cannot be written: No space left on device" in err
    assert b"Traceback" not in err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_our_letters_is_no_crash(project, encoding):
    """What it cannot show is escaped; the verdict and the exit code are the same."""
    project.plan({"candidate": "mock:drops_last_id", "checks": ["ids"]}, rows=["\u2603"])
    env = os.environ | {"PYTHONIOENCODING": encoding}
    with (project.folder / "log").open("wb") as log:
        code, err = process("run", cwd=project.folder, stdout=log, env=env)

    assert (code, err) == (1, b"")
    assert rb"\u2603" in (project.folder / "log").read_bytes()


def test_the_installed_command_proves_the_built_in_plan_in_an_empty_folder(tmp_path):
    """The first thing that anybody does works, offline, in any folder; nothing differs.

    One corpus of it: all of it runs from the wheel, in an environment of its own.
    """
    command = [sys.executable, "-m", "parity", "run", "--output", "json=run.json"]
    command += ["--corpus", "digits"]
    clean = {name: value for name, value in os.environ.items() if name != "CI"}
    ran = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, check=False)  # noqa: S603
    run = json.loads((tmp_path / "run.json").read_bytes())

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"EXACT  0 of" in ran.stdout
    assert run["footer"]["whole"] is True
    assert [pair["name"] for pair in run["pairs"]] == artefact.tiny()
