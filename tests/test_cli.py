"""The command line: what each exit code means, and that no lie ends in a zero."""

import asyncio
import errno
import json
import os
import re
import shlex
import signal
import subprocess
import sys

import click
import pytest
from rich.console import Console

from parity import canary, cli
from parity.backends.mock import FAULTS, Honest

TWO = ("--reference", "mock:honest", "--candidate")
LEDGER = """
[[expected]]
pair = "toy"
check = "ids"
select = "id:*"
reason = "it was so once"
"""


def honest_fault(inner):
    """A fault with nothing wrong: no check can catch it."""
    return inner


honest_fault.caught_by = "ids"


def rows_of(path):
    """The lines of a run file, read."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def commands(group=cli.cli, path=()):
    """Every command, with the words that name it."""
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


COMMANDS = dict(commands())


def examples(command):
    """The example lines of a help text."""
    return re.findall(r"^ *(tokparity .*)$", command.help or "", re.MULTILINE)


# 0 and 1


def test_agreement_is_exit_code_0(project, tokparity):
    """Everything was compared and nothing differs."""
    project.plan()
    ran = tokparity("run")

    assert ran.code == 0
    assert "EXACT  0 of" in ran.out


def test_a_divergence_is_exit_code_1(project, tokparity):
    """One id too few."""
    project.plan({"candidate": "mock:drops_last_id"})
    ran = tokparity("run")

    assert ran.code == 1
    assert "DIVERGED  4 of" in ran.out


def test_known_differences_are_exit_code_0_and_counted(project, tokparity):
    """The ledger excuses them; the verdict is not `exact`."""
    project.plan({"candidate": "mock:drops_last_id", "checks": ["ids"]})
    project.file("golden/expected.toml", LEDGER)
    ran = tokparity("run")

    assert ran.code == 0
    assert "AS EXPECTED  0 of 2 comparisons differ beyond the ledger, 2 expected" in ran.out


def test_an_entry_of_the_ledger_that_agrees_is_exit_code_1(project, tokparity):
    """What the ledger names must still differ."""
    project.plan({"checks": ["ids"]})
    project.file("golden/expected.toml", LEDGER)
    ran = tokparity("run")

    assert ran.code == 1
    assert "2 unexpected" in ran.out


# 2

USAGE = {
    "unknown backend": ([*TWO, "mockk:x"], "no backend kind 'mockk'"),
    "no spec": ([*TWO, "honest"], "a backend is written kind:target"),
    "unknown fault": ([*TWO, "mock:drops"], "no mock 'drops'"),
    "unknown option": ([*TWO, "mock:honest,on=x"], "no option 'on'; known: of"),
    "no such file": ([*TWO, "hf:nowhere"], "'nowhere' does not exist"),
    "only a reference": (TWO[:2], "--reference needs --candidate beside it"),
    "only a candidate": (["--candidate", "mock:honest"], "--candidate needs --reference"),
    "unknown check": (["--checks", "idz"], "no check or law 'idz'"),
    "nearest check": (["--checks", "ids,offset"], "did you mean 'offsets'?"),
    "no check": (["--checks", ","], "no check is named"),
    "unknown corpus": (["--corpus", "cjc"], "no corpus 'cjc'; shipped: all,"),
    "no file of a glob": (["--corpus", "none/*.jsonl"], "no corpus 'none/*.jsonl'"),
    "bad select": (["--select", "(a"], "a ')' is missing"),
    "unknown field": (["--select", "lang:x"], "no field 'lang'; known: id, tag"),
    "unknown pair": (["--pair", "toy", "--pair", "tot"], "no pair 'tot' in the plan; known: toy"),
    "unknown specials": (["--specials", "raw"], "'raw' is not one of"),
    "unknown output": (["--output", "xml=a"], "--output is FORMAT=PATH, with jsonl, json, junit"),
    "output without a path": (["--output", "json="], "--output is FORMAT=PATH"),
    "two run files": (["--output", "jsonl=a", "--output", "jsonl=b"], "comes twice"),
    "unknown flag": (["--pairs", "toy"], "No such option"),
}


@pytest.mark.parametrize(("args", "says"), USAGE.values(), ids=USAGE)
def test_what_cannot_be_meant_is_exit_code_2(project, tokparity, args, says):
    """The message says what is wrong; nothing is run, and no file is left."""
    project.plan()
    ran = tokparity("run", *args)

    assert ran.code == 2
    assert says in ran.err
    assert not list(project.folder.glob(".parity/runs/*"))
    assert not list(project.folder.glob("[ab]"))


BROKEN = {
    "ledger": ("golden/expected.toml", "[[expected]]\npair = 1", "entry 1: the key 'pair'"),
    "plan": ("pyproject.toml", "[tool.parity]\npair = 1", "did you mean 'pairs'?"),
    "no TOML": ("pyproject.toml", "[tool.parity", "pyproject.toml: "),
    "corpus": ("texts.jsonl", "{}\n", "texts.jsonl:1: exactly one of text"),
}


@pytest.mark.parametrize(("name", "content", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_exit_code_2(project, tokparity, name, content, says):
    """A ledger or plan that cannot be read is no empty one."""
    project.plan()
    project.file(name, content)
    ran = tokparity("run")

    assert ran.code == 2
    assert says in ran.err


@pytest.mark.parametrize("args", [["golden", "check"], ["golden", "update"]])
def test_a_plan_without_goldens_is_exit_code_2(project, tokparity, args):
    """Zero goldens checked is no success."""
    project.plan()

    assert tokparity(*args).code == 2


# 3

INCONCLUSIVE = {
    "nothing to compare": ({"candidate": "py:mine:Lacks"}, "nothing was compared"),
    "both sides fail": (
        {"reference": "py:mine:Fails", "candidate": "py:mine:Fails", "self_check": True,
         "checks": ["ids"]},
        "nothing was compared",
    ),
    "a named check": (
        {"checks": ["ids", "offsets"], "candidate": "py:mine:LacksOffsets"},
        "the check 'offsets' was named and compared nothing",
    ),
    "a named check, by the pair's own selection": (
        {"checks": ["ids", "offsets"], "select": "kind:ids or a",
         "candidate": "py:mine:LacksOffsets"},
        "the check 'offsets' was named and compared nothing",
    ),
    "one thing twice": ({"candidate": "mock:honest"}, "are one and the same"),
    "a missing asset": ({"candidate": "py:mine:gone"}, "is not installed"),
    "an unstable reference": (
        {"reference": "py:mine:Dithers", "candidate": "py:mine:Dithers", "self_check": True},
        "the reference disagrees with itself",
    ),
    "a changed artefact": (
        {"candidate": "py:mine:ChangesItsArtefact"},
        "a side is not what it was when the run began",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("pair", "says"), INCONCLUSIVE.values(), ids=INCONCLUSIVE)
def test_what_proves_nothing_is_exit_code_3(project, tokparity, pair, says):
    """However green it looks."""
    project.file("model.bin", "first")
    project.plan(pair)
    ran = tokparity("run")

    assert ran.code == 3
    assert says in ran.out.replace("\n", " ")
    assert "\nEXACT" not in ran.out


def test_a_missing_package_is_exit_code_3(project, tokparity, monkeypatch):
    """A library that is not installed is no agreement."""
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    monkeypatch.delitem(sys.modules, "parity.backends.tiktoken", raising=False)
    project.plan({"candidate": "tiktoken:tiny:byte-bpe-600"})
    ran = tokparity("run")

    assert ran.code == 3
    assert "needs the package tiktoken: pip install 'tokparity[tiktoken]'" in ran.out


def test_a_canary_that_survives_is_exit_code_3(project, tokparity, monkeypatch):
    """A run that could not have failed is not believed."""
    monkeypatch.setitem(FAULTS, "honest_fault", honest_fault)
    project.plan()
    ran = tokparity("run")

    assert ran.code == 3
    assert "the canary 'honest_fault' survived" in ran.out


@pytest.mark.parametrize("cut", ["footer", "middle", "everything"])
def test_a_run_file_that_is_not_whole_is_exit_code_3(project, tokparity, cut):
    """Half of a report proves nothing, in any format."""
    project.plan()
    tokparity("run", "--output", "jsonl=run.jsonl")
    whole = (project.folder / "run.jsonl").read_bytes()
    last = whole.rindex(b'{"type": "footer"')
    keep = {"footer": whole[:last], "middle": whole[: last + 40], "everything": b""}
    project.file("run.jsonl", keep[cut])

    assert {tokparity("report", "run.jsonl", "--format", name).code for name in
            ("text", "json", "junit")} == {3}  # fmt: skip


@pytest.mark.parametrize(("candidate", "code"), [
    ("py:mine:Mine", 0), ("mock:drops_last_id", 1), ("py:mine:Lacks", 3), ("py:mine:locked", 4),
])  # fmt: skip
def test_a_report_has_the_exit_code_of_its_run(project, tokparity, candidate, code):
    """A step that makes reports cannot turn a red run green, in any format."""
    project.plan({"candidate": candidate})
    ran = tokparity("run", "--output", "jsonl=run.jsonl")
    reports = [tokparity("report", "run.jsonl", "--format", name).code for name in
               ("text", "json", "junit")]  # fmt: skip

    assert (ran.code, reports) == (code, [code] * 3)
    assert tokparity("report", "run.jsonl", "--output", "out").code == code


@pytest.mark.parametrize("code", [None, "0", False, 256, 7, 0.0])
def test_a_footer_with_another_exit_code_is_believed_nothing(project, tokparity, code):
    """A run exits with one of four codes; 256 would be 0 to a shell."""
    project.plan()
    tokparity("run", "--output", "jsonl=run.jsonl")
    rows = rows_of(project.folder / "run.jsonl")
    rows[-1]["exit"] = code
    project.file("run.jsonl", "".join(json.dumps(row) + "\n" for row in rows))

    assert tokparity("report", "run.jsonl").code == 3


def test_a_report_does_not_replace_its_run_file(project, tokparity):
    """The evidence would be gone."""
    project.plan()
    tokparity("run", "--output", "jsonl=run.jsonl")
    before = (project.folder / "run.jsonl").read_bytes()

    assert tokparity("report", "run.jsonl", "--output", "./run.jsonl").code == 2
    assert (project.folder / "run.jsonl").read_bytes() == before


def test_a_report_that_cannot_be_written_is_exit_code_3(project, tokparity):
    """The run is over, and its evidence was asked for in vain."""
    project.plan()
    project.file("taken", "")
    ran = tokparity("run", "--output", "junit=taken/a.xml")

    assert ran.code == 3
    assert "taken/a.xml: the report cannot be written" in ran.err


# 4


def test_a_lock_mismatch_is_exit_code_4_and_other_pairs_go_on(project, tokparity):
    """One pair's artefact says nothing about the next pair."""
    project.plan({"name": "locked", "candidate": "py:mine:locked"}, {})
    ran = tokparity("run")
    footer = project.run_file()[-1]

    assert ran.code == 4
    assert "GOLDEN OR LOCK PROBLEM" in ran.out
    assert [bool(pair["rows"]) for pair in footer["pairs"]] == [False, True]


# 5


def test_a_selection_that_fits_nothing_is_exit_code_5(project, tokparity):
    """And leaves no run file that could be taken for a green one."""
    project.plan()
    ran = tokparity("run", "--select", "id:nowhere/*")

    assert ran.code == 5
    assert "fits no case" in ran.err
    assert not list(project.folder.glob(".parity/runs/*"))


def test_a_selection_needs_no_case_for_every_check(project, tokparity):
    """A check that was named is excused where somebody else chose the cases."""
    project.plan({"checks": ["ids", "vocabulary"]})

    assert tokparity("run", "--select", "abc").code == 0


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

    def closed(*_):
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

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("parity.app.run", full)
    ran = tokparity("run")

    assert ran.code == 3
    assert "the output cannot be written: No space left on device" in ran.err


# Help


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_shows_two_examples(tokparity, path):
    """Of every command and group."""
    ran = tokparity(*path, "--help")

    assert ran.code == 0
    assert len(re.findall(r"^ *tokparity ", ran.out, re.MULTILINE)) >= 2


@pytest.mark.parametrize(
    "example", [line for command in COMMANDS.values() for line in examples(command)]
)
def test_an_example_of_a_help_text_parses(example):
    """Whoever copies it is not told that it is wrong."""
    words = shlex.split(example.partition("   ")[0])[1:]
    command, context = cli.cli, click.Context(cli.cli)
    while isinstance(command, click.Group):
        _, command, words = command.resolve_command(context, words)
    command.make_context("example", words)


def test_every_exit_code_stands_in_the_help(tokparity):
    """The table of codes is part of the interface."""
    told = " ".join(tokparity("--help").out.partition("Exit codes:")[2].split())

    assert re.findall(r"(?:^|, )(\d+) ", told) == [
        "0", "1", "2", "3", "4", "5", "70", "130", "141", "143",
    ]  # fmt: skip


def test_the_version_is_told(tokparity):
    """The one of the distribution."""
    assert re.fullmatch(r"tokparity, version \d+\.\d+.*\n", tokparity("--version").out)


# The terminal


class Terminal(Console):
    """A console that takes itself for a terminal."""

    def __init__(self, **options):
        super().__init__(**{**options, "force_terminal": True, "width": 120})


@pytest.mark.parametrize(("console", "shown"), [(Terminal, True), (Console, False)])
def test_progress_is_shown_on_a_terminal_only(project, tokparity, monkeypatch, console, shown):
    """A log file gets no bar."""
    monkeypatch.setattr("parity.app.Console", console)
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
    """The first thing that anybody does works, offline, in any folder; known differences only."""
    command = [sys.executable, "-m", "parity", "run", "--output", "json=run.json"]
    clean = {name: value for name, value in os.environ.items() if name != "CI"}
    ran = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, check=False)  # noqa: S603
    run = json.loads((tmp_path / "run.json").read_bytes())

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"AS EXPECTED" in ran.stdout
    assert run["footer"]["whole"] is True
    assert [pair["name"] for pair in run["pairs"]] == ["byte-bpe-4096", "byte-bpe-600"]


def test_honest_is_what_the_fakes_stand_on():
    """The fault above leaves the honest one alone."""
    assert honest_fault(Honest()).encode("a") == Honest().encode("a")
