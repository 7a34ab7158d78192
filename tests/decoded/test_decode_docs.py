"""docs/decode.md says what there is: its commands can be given, its tables are whole."""

import re
import shlex
from pathlib import Path

import click
import pytest

from parity.cli import cli
from parity.decoding import drawing, engines, profiles, prompts
from parity.decoding.findings import CLASSES, LEVELS

PAGE = (Path(__file__).parents[2] / "docs" / "decode.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("tokparity ")
]


def parsed(command, args):
    """Read arguments as a command does, and those of its subcommand; nothing is run."""
    context = command.make_context("tokparity", args)
    rest = [*context._protected_args, *context.args]
    if not isinstance(command, click.Group) or not rest:
        return context
    inner = command.get_command(context, rest[0])
    assert inner is not None, f"no command {rest[0]!r}"
    return parsed(inner, rest[1:])


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_can_be_given(line):
    """With these options; and the prompts that it names are there."""
    context = parsed(cli, shlex.split(line)[1:])
    names = context.params.get("prompts")

    assert not names or prompts.chosen(names.split(","), drawing.WHOLE)


def test_a_command_that_is_not_there_would_be_seen():
    """The test above can fail."""
    with pytest.raises(click.UsageError):
        parsed(cli, ["decode", "--no-such-option"])
    with pytest.raises(AssertionError):
        parsed(cli, ["decode", "nothing"])


@pytest.mark.parametrize(
    "names",
    [
        LEVELS,
        CLASSES,
        tuple(profiles.PROFILES),
        (*prompts.known(), *prompts.GROUPS, *drawing.PROFILES),
        tuple(row.kind for row in engines.known()),
    ],
    ids=["levels", "classes", "profiles", "prompts", "engines"],
)
def test_the_page_names_all_that_there_is(names):
    """In the first column of a table."""
    first = {name for row in re.findall(r"^\| (.*?) \|", PAGE, re.MULTILINE)
             for name in re.findall(r"`([^`]+)`", row)}  # fmt: skip

    assert set(names) <= first
