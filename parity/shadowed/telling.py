"""How lines and tables of what a shadow found are printed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from parity.reports.visible import printable


def say(console: Console, text: str, style: str = "", *, gap: bool = False) -> None:
    """Print one line as it is, with an empty one before it where there is to be a gap."""
    if gap:
        console.print()
    console.print(Text(flat(text), style=style), soft_wrap=True)


def flat(text: str) -> str:
    r"""Return text as one line in which nothing is that a terminal would act upon.

    >>> flat("a\nb\x1b[2J")
    'a\\nb\\u001b[2J'
    """
    return printable(text).replace("\n", "\\n")


def table(console: Console, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below each other, or a line a cell where it is too narrow: nothing is cut.

    The first column is what a row is of, the others are numbers.
    """
    made = Table(box=None, padding=(0, 2), pad_edge=False)
    for place, name in enumerate(names):
        made.add_column(name, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        made.add_row(*(Text(flat(cell)) for cell in row))
    wide = Measurement.get(console, console.options.update(width=10_000), made).maximum
    if wide <= console.width:
        console.print(made)
        return
    for first, *cells in rows:
        say(console, first)
        for name, cell in zip(names[1:], cells, strict=True):
            say(console, f"  {name} {cell}")
