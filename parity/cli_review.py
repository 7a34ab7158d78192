"""The command line of the review of goldens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from parity.cli_options import console

if TYPE_CHECKING:
    from parity.reviewing import Wanted


@click.group(invoke_without_command=True)
@click.pass_context
def review(context: click.Context) -> int:
    """Walk through goldens that changed: accept each with a reason, reject it, or skip it.

    `tokparity golden check` and `pytest -m parity` leave what a golden would be; nothing but this
    and `golden update` writes goldens. Without a terminal it is a list, and exit code 4 while
    something is pending.

    \b
    tokparity review
    tokparity review list --json
    tokparity review accept --class C-70ba3f15 --reason 'merges of digits are new in 0.24'
    """
    if context.invoked_subcommand:
        return 0
    from parity import golden_commands, reviewing

    shown = console()
    if golden_commands.in_ci() or not (sys.stdin.isatty() and shown.is_terminal):
        return reviewing.without_terminal(shown)
    return reviewing.walk(shown, shown.input)


@review.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def review_list(as_json: bool) -> int:  # noqa: FBT001
    """List what is pending, by class.

    \b
    tokparity review list
    tokparity review list --json
    """
    from parity import reviewing

    return reviewing.listed(console(), as_json=as_json)


@review.command("show")
@click.argument("change", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def review_show(change: str, as_json: bool) -> int:  # noqa: FBT001
    """Show one pending change: its input, the golden's value and the new one.

    ID is the change's identity, or its case where that changed in one golden alone.

    \b
    tokparity review show G-1a2b3c4d
    tokparity review show G-1a2b3c4d --json
    """
    from parity import reviewing

    return reviewing.show(change, console(), as_json=as_json)


def _which(command: Any) -> Any:
    """Add what says which changes are meant."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
        click.option("--all", "everything", is_flag=True, help="All that is pending."),
        click.option("--class", "group", metavar="C", default="", help="All of this class."),
        click.argument("ids", metavar="[ID]...", nargs=-1),
    ):
        command = option(command)
    return command


@review.command("accept")
@_which
@click.option("--reason", metavar="TEXT", required=True, help="Why; it is kept in the golden.")
def review_accept(reason: str, as_json: bool, **which: Any) -> int:  # noqa: FBT001
    """Write changes into their goldens, with a reason; refused where CI is set.

    \b
    tokparity review accept G-1a2b3c4d --reason 'tokenizers 0.24 merges digits'
    tokparity review accept --all --reason 'the vocabulary is new'
    """
    from parity import reviewing

    return reviewing.accept(_wanted(which), reason, console(), as_json=as_json)


@review.command("reject")
@_which
def review_reject(as_json: bool, **which: Any) -> int:  # noqa: FBT001
    """Take changes off what is pending; the goldens stay. Refused where CI is set.

    \b
    tokparity review reject G-1a2b3c4d
    tokparity review reject --class C-70ba3f15
    """
    from parity import reviewing

    return reviewing.reject(_wanted(which), console(), as_json=as_json)


def _wanted(which: dict[str, Any]) -> Wanted:
    from parity.reviewing import Wanted

    return Wanted(**which)
