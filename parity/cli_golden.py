"""The command line of goldens."""

from __future__ import annotations

from typing import Any

import click

from parity.cli_options import console, flags_of, plan_options


@click.group()
def golden() -> None:
    """Check or record what a plan's references do, against files in git.

    \b
    tokparity golden check
    tokparity golden update --pair byte-bpe-600
    tokparity golden diff main
    """


@golden.command("check")
@plan_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def golden_check(as_json: bool, **flags: Any) -> int:  # noqa: FBT001
    """Compare every golden with what its reference does now.

    A golden that does not hold leaves a pending file for `tokparity review`, but not in CI. Without
    flags that narrow the plan, cases that are gone and files that no item keeps are found too.

    \b
    tokparity golden check
    tokparity golden check --pair byte-bpe-600
    tokparity golden check --json
    """
    from parity import golden_commands

    return golden_commands.check(flags_of(flags), console(), as_json=as_json)


@golden.command("update")
@plan_options
def golden_update(**flags: Any) -> int:
    """Record goldens; refused where CI is set. Only files that change are written.

    Lines of a trailer that hold stay. `tokparity review` shows each change first.

    \b
    tokparity golden update
    tokparity golden update --pair byte-bpe-600
    """
    from parity import golden_commands

    return golden_commands.update(flags_of(flags), console())


@golden.command("migrate")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
def golden_migrate(dry_run: bool) -> int:  # noqa: FBT001
    """Rewrite goldens of an older schema; refused where CI is set.

    Each file is written whole or not at all. One that is damaged or newer stays: exit code 4.

    \b
    tokparity golden migrate --dry-run
    tokparity golden migrate
    """
    from parity import golden_history

    return golden_history.migrate(console(), dry_run=dry_run)


@golden.command("diff")
@click.argument("revision")
def golden_diff(revision: str) -> int:
    """Show what changed in goldens since a REVISION of git, by case.

    Exit code 1 where something did, 0 where nothing did, 4 where a golden cannot be read.

    \b
    tokparity golden diff HEAD
    tokparity golden diff main
    """
    from parity import golden_history

    return golden_history.diff(revision, console())
