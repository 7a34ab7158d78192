"""The command line of the first hour."""

from __future__ import annotations

import click


@click.command()
def demo() -> None:
    """Plant a bug, find it, shrink it, explain it."""


@click.command()
def init() -> None:
    """Write a plan for a tokenizer."""


@click.command()
def doctor() -> None:
    """Say what is here and what is missing."""
