"""The command line of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from parity.cli_options import console


@click.group()
def ledger() -> None:
    """List, add, prune and check known differences.

    They stand in golden/expected.toml, each with its reason, and must differ still.

    \b
    tokparity ledger list
    tokparity ledger check
    """


def run_option(command: Any) -> Any:
    """Add the option that names a run file."""
    return click.option(
        "--run", "run", metavar="FILE", type=click.Path(path_type=Path), default=None,
        help="This run file, not the newest in .parity/runs.",
    )(command)  # fmt: skip


@ledger.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(as_json: bool) -> int:  # noqa: FBT001
    """List the entries: what each selects of the plan, and whether it counts.

    An entry is in force, expired, stale (no case is expected to differ by it), or not for the
    Unicode tables of this Python.

    \b
    tokparity ledger list
    tokparity ledger list --json
    """
    from parity.ledgering import listing

    return listing.show(console(), as_json=as_json)


@ledger.command("check")
def check() -> int:
    """Check the ledger against the plan, without running anything.

    Exit code 1 where an entry is expired or stale, or names a class that its checks never find.
    Entries that select the same case are told. Whether the cases still differ, only a run tells.

    \b
    tokparity ledger check
    tokparity run
    """
    from parity.ledgering import listing

    return listing.check(console())


@ledger.command("add")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--reason", metavar="TEXT", required=True, help="Why this may differ.")
@click.option("--link", metavar="URL", default="", help="Where that is explained.")
@click.option("--owner", metavar="NAME", default="", help="Who answers for it.")
@click.option(
    "--expires", metavar="DATE|90d", default="", help="From that day on the run fails with it."
)
@click.option(
    "--whole-cause",
    is_flag=True,
    help="All divergences of that pair and cause, an entry a check.",
)
@run_option
def add(ids: Sequence[str], **given: Any) -> int:
    """Enter divergences of a run, by their names, with a reason.

    ID is the name of a divergence (D-1a2b3c4d) or the id of its case, or how one starts. One entry
    a pair, check and class is written; only what was named is covered, and in that class alone.

    \b
    tokparity ledger add D-1a2b3c4d --reason 'older Unicode tables' --expires 90d
    tokparity ledger add D-1a2b3c4d --whole-cause --reason 'digits in threes' --run run.jsonl
    """
    from parity.ledgering import adding

    return adding.add(adding.Wanted(ids, **given), console())


@ledger.command("prune")
@run_option
@click.option("--dry-run", "dry", is_flag=True, help="Show the change, and write nothing.")
def prune(run: Path | None, dry: bool) -> int:  # noqa: FBT001
    """Take out what nothing needs: expired, stale, or all of it agreed in a whole run.

    An entry of which some cases agree stays, and they are named.

    \b
    tokparity ledger prune --dry-run
    tokparity ledger prune --run run.jsonl
    """
    from parity.ledgering import pruning

    return pruning.prune(run, console(), dry=dry)
