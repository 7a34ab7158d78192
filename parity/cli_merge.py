"""The command line of merging the run files of shards."""

from __future__ import annotations

import click


@click.command()
def merge() -> None:
    """Make one run file of all shards of a run."""
