"""The command line of the first hour: see it work, begin, and ask what is missing."""

from __future__ import annotations

import click

from parity.cli_options import console


@click.command()
@click.option(
    "--keep",
    metavar="DIR",
    default="",
    help="Leave the tokenizers, a plan and the run file there.",
)
def demo(keep: str) -> int:
    """Plant a bug in a tiny tokenizer, find it, name it, shrink it, and print what guards it.

    Offline, in seconds, and on nothing of yours. Only the bug is staged: the comparison is the one
    that `run` makes. The exit code is 3 where what was planted is not found and named.

    \b
    tokparity demo
    tokparity demo --keep DIR
    """
    from parity import demo

    return demo.demo(keep, console())


@click.command()
def init() -> None:
    """Write a plan for a tokenizer."""


@click.command()
def doctor() -> None:
    """Say what is here and what is missing."""
