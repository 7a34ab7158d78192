"""The command line of the review of goldens."""

from __future__ import annotations

import click


@click.group()
def review() -> None:
    """Walk through goldens that changed."""
