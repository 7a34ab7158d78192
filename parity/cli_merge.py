"""The command line of merging the run files of shards."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from parity.cli_options import console


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--output", required=True, metavar="PATH", type=click.Path(path_type=Path),
    help="The run file to write.",
)  # fmt: skip
def merge(runs: tuple[Path, ...], output: Path) -> int:
    """Make one run file of all shards of a run, and exit with the exit code of the whole.

    RUNS are the run files of `tokparity run --shard I/N`, in any order. Files that are not parts of
    one run are refused: another plan, ledger, corpus or version, or one shard twice.

    \b
    tokparity report merge shard-1.jsonl shard-2.jsonl --output run.jsonl
    tokparity report merge shards/*.jsonl --output run.jsonl
    """
    from parity import merging

    return merging.main(runs, output, console(), ["tokparity", *sys.argv[1:]])
