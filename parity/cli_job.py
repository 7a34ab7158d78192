"""The command line of the job that blocks a merge."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

HERE = click.Path(path_type=Path)


@click.command()
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--reports", metavar="DIR", type=HERE, default="parity-reports", show_default=True,
    help="The folder for the run file and every report.",
)  # fmt: skip
@click.option("--pair", "pairs", metavar="NAME", multiple=True, help="Only this pair of the plan.")
@click.option("--select", metavar="EXPR", default="", help="Only cases that fit.")
@click.option("--shard", metavar="I/N", default="", help="One part; goldens belong to the first.")
@click.option("--since", metavar="REV", default="", help="Only what can have changed since then.")
@click.option(
    "--merge", metavar="DIR", default="",
    help="Compare nothing: merge the run files of all shards that lie in this folder.",
)  # fmt: skip
@click.option(
    "--goldens", type=click.Choice(["true", "false"]), default="true", show_default=True,
    help="Check the plan's goldens too.",
)  # fmt: skip
@click.option("--summary", metavar="FILE", type=HERE, help="Append a report in Markdown to it.")
@click.option("--outputs", metavar="FILE", type=HERE, help="Append name=value lines to it.")
@click.option(
    "--annotate", type=click.Choice(["none", "github"]), default="none", show_default=True,
    help="Print annotations as this service reads them.",
)  # fmt: skip
@click.option(
    "--under", metavar="DIR", default="", help="This folder, as seen from the repository's top."
)
@click.option("--fetch", metavar="COMMAND", default="", help="How a reader gets that folder.")
def job(arguments: Sequence[str], goldens: str, **options: Any) -> int:
    """Run a plan as the job that blocks a merge: compare, check goldens, report, decide.

    Both are asked in processes of their own: what crashes them is told, and never green. ARGUMENTS
    are handed on to `tokparity run`. The exit code is the worst of both; a run with --since that
    has nothing to compare passes, and says so.

    \b
    tokparity job
    tokparity job --shard 1/4 --since origin/main --goldens false
    tokparity job --merge shards --reports merged
    """
    from parity import job as jobs

    wanted = jobs.Wanted(**options, goldens=goldens == "true", arguments=tuple(arguments))
    return jobs.main(wanted, sys.stdout)
