"""The command line of replay."""

from __future__ import annotations

import click


@click.command()
def replay() -> None:
    """Ask again what a run file says differs."""
