"""The command line of the ledger."""

from __future__ import annotations

import click


@click.group()
def ledger() -> None:
    """List, add, prune and check known differences."""
