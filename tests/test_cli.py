"""The command line: what each exit code means, and that no lie ends in a zero."""

import json
import re
import shlex
import sys

import click
import pytest
from helpers import rows_of

from parity import cli
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


def commands(group=cli.cli, path=()):
    """Every command, with the words that name it."""
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


COMMANDS = dict(commands())


def examples(command):
    """The examples of a help text; one that goes on in the next line is one."""
    text = re.sub(r"\\\n *", "", command.help or "")
    return re.findall(r"^ *(tokparity .*)$", text, re.MULTILINE)


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
    assert "1 cause, 4 cases" in ran.out
    assert "missing-ids" in ran.out


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
    "unknown output": (["--output", "xml=a"], "--output is FORMAT=PATH, with jsonl, badge, github"),
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
    first = re.split("   | > | && ", example)[0]
    words = shlex.split(first)[1:]
    command, context = cli.cli, click.Context(cli.cli)
    while isinstance(command, click.Group) and not (
        command.invoke_without_command and words[:1] and words[0].startswith("-")
    ):
        if command.invoke_without_command and not words:
            break
        _, command, words = command.resolve_command(context, words)

    assert command.make_context("example", words).command is command


def test_every_exit_code_stands_in_the_help(tokparity):
    """The table of codes is part of the interface."""
    told = " ".join(tokparity("--help").out.partition("Exit codes:")[2].split())

    assert re.findall(r"(?:^|, )(\d+) ", told) == [
        "0", "1", "2", "3", "4", "5", "70", "130", "141", "143",
    ]  # fmt: skip


def test_the_version_is_told(tokparity):
    """The one of the distribution."""
    assert re.fullmatch(r"tokparity, version \d+\.\d+.*\n", tokparity("--version").out)


def test_honest_is_what_the_fakes_stand_on():
    """The fault above leaves the honest one alone."""
    assert honest_fault(Honest()).encode("a") == Honest().encode("a")
