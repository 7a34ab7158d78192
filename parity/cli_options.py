"""What several commands share: the options that make a plan, and where they print."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any, Final

import click

from parity import cli_completion

if TYPE_CHECKING:
    from rich.console import Console

    from parity.app import Flags


DUMB: Final = ("dumb", "unknown")
"""Values of TERM of a terminal that only prints: no colour, and no cursor that moves."""


def plan_options(command: Any) -> Any:
    """Add the options that say which sides, corpora and checks are meant."""
    for option in reversed(
        [
            click.option(
                "--reference", metavar="SPEC", default="", help="The side to agree with.",
                shell_complete=cli_completion.specs,
            ),
            click.option(
                "--candidate", metavar="SPEC", default="", help="The side under test.",
                shell_complete=cli_completion.specs,
            ),
            click.option(
                "--corpus", "corpora", metavar="NAME|GLOB", multiple=True,
                help="A shipped corpus, a path or a glob; may come again. Default: all.",
                shell_complete=cli_completion.corpora,
            ),
            click.option(
                "--checks", metavar="LIST", default="", help="Checks and laws, by comma.",
                shell_complete=cli_completion.checks,
            ),
            click.option(
                "--specials", type=click.Choice(["parse", "plain", "template"]), default=None,
                help="What becomes of special tokens where a case does not say.",
            ),
            click.option(
                "--pair", "pairs", metavar="NAME", multiple=True,
                help="Only this pair of the plan.",
                shell_complete=cli_completion.pairs,
            ),
            click.option("--built-in", is_flag=True, help="The built-in plan, whatever is here."),
            network_options,
        ]
    ):  # fmt: skip
        command = option(command)
    return command


def network_options(command: Any) -> Any:
    """Add the options that say what the targets of specs may ask for."""
    network = click.option(
        "--network", is_flag=True, help="Fetch a hub: target that is not in the local cache."
    )
    moving = click.option(
        "--moving",
        is_flag=True,
        help="Take a branch or tag where a hub: target should be a commit.",
    )
    return network(moving(command))


def part_options(command: Any) -> Any:
    """Add the options that leave only a part of the cases."""
    shard = click.option(
        "--shard", metavar="I/N", default="", help="Only part I of N; `report merge` joins them."
    )
    since = click.option(
        "--since", metavar="REV", default="", help="Only what a change since REV can make differ."
    )
    return shard(since(command))


def flags_of(flags: dict[str, Any]) -> Flags:
    """Return what the options say of the plan; click gives None where nothing was said."""
    from parity.app import Flags

    return Flags(**{name: found for name, found in flags.items() if found is not None})


def console() -> Console:
    """Return the console that a command prints on."""
    from rich.console import Console

    if os.environ.get("TERM", "").lower() in DUMB:  # rich takes such a one for 80 columns wide
        size = shutil.get_terminal_size()
        return Console(highlight=False, width=size.columns, height=size.lines)
    return Console(highlight=False)
