"""`tokparity show` and `tokparity backends`: look at one case, look at what can be compared."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity import artefact, assets, corpus, session
from parity import backends as registry
from parity.app import Flags, plan_for
from parity.backend import Backend
from parity.errors import NothingSelected, UsageError
from parity.plan import Plan
from parity.reports.visible import code_points, printable, value, visible
from parity.seeing import observe, plain_ids, plain_pairs
from parity.types import Case, Failure

Beside = TypeVar("Beside")

NARROW = 80
"""Columns below which a kind of backends is a paragraph: in a table its name would be folded."""
TAG_ROW = re.compile(r"^\| *`([^`]+)` *\|(.*)\|\s*$", re.MULTILINE)


def show(wanted: str, flags: Flags, console: Console) -> int:
    """Print a case, what its tags mean, and what both sides of each pair make of it."""
    found = plan_for(flags)
    case, place = find_case(wanted, found)
    line(console, f"{case.id}  {place}")
    line(console, f"  {case.kind:<9} {value(case.payload, 2000)}")
    if isinstance(case.payload, str):
        line(console, f"            {code_points(case.payload, 40)}")
    for name, option in case.options.items():
        line(console, f"  {name:<9} {option!r}")
    for tag, meaning in _tags(case):
        line(console, f"  {tag:<20} {meaning}")
    if case.kind in ("text", "ids"):
        for pair in found.pairs:
            with session.opened(pair) as loaded:
                line(console, f"\n{pair.name}")
                _sides(console, case, loaded)
    return 0


def line(console: Console, text: str) -> None:
    """Print text as it is: no markup, no emoji, nothing that a terminal would act upon."""
    console.print(Text(printable(text)), soft_wrap=True)


def backends(console: Console) -> int:
    """Print the kinds of backends, tiny tokenizers and assets."""
    rows = [_kind(row) for row in registry.known()]
    if console.width < NARROW:
        for row in rows:
            line(
                console, "".join(f"{cell}\n" for cell in (row[0], *(f"  {one}" for one in row[1:])))
            )
    else:
        table = Table(box=None, padding=(0, 2), pad_edge=False)
        for name in ("kind", "language", "needs", "installed", "what it is"):
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
    line(console, f"\ntiny tokenizers: {', '.join(f'tiny:{name}' for name in artefact.tiny())}")
    for name in assets.names():
        line(console, f"asset:{name:<18} {assets.state(name)}")
    return 0


def _kind(row: registry.Known) -> tuple[str, str, str, str, str]:
    state = "yes" if row.installed else f"no: pip install {shlex.quote(row.install)}"
    needs = ", ".join(row.needs) or "-"
    return row.kind, row.language or "-", needs, state, row.summary


def find_case(wanted: str, plan: Plan) -> tuple[Case, str]:
    """Return the case that an id, or the start of one, means, and its corpus file.

    Raises NothingSelected, and UsageError where several start so.
    """
    paths = dict.fromkeys(path for pair in plan.pairs for path in session.corpora(pair))
    rows = ((case, str(path)) for path in paths for case in corpus.read(path))
    return the_one(wanted, rows, "the plan's corpora")


def the_one(wanted: str, rows: Iterable[tuple[Case, Beside]], where: str) -> tuple[Case, Beside]:
    """Return the case that an id, or the start of one, means, with what comes beside it.

    Raises NothingSelected, and UsageError where several start so.
    """
    wanted = wanted.partition("#")[0]
    found = [row for row in rows if row[0].id.startswith(wanted)]
    exact = [row for row in found if row[0].id == wanted]
    if not found:
        raise NothingSelected(f"no case {wanted!r} in {where}")
    if len(found) > 1 and not exact:
        names = ", ".join(case.id for case, _ in found[:5])
        raise UsageError(f"{len(found)} cases start with {wanted!r}: {names}, ...")
    return (exact or found)[0]


def _tags(case: Case) -> Iterator[tuple[str, str]]:
    explained = artefact.shipped() / "TAGS.md"
    text = explained.read_text(encoding="utf-8") if explained.is_file() else ""
    meanings = dict(TAG_ROW.findall(text))
    for tag in case.tags:
        cells = [cell.strip() for cell in meanings.get(tag, "not explained").split("|")]
        yield tag, ": ".join(cell for cell in cells[:2] if cell)


def _sides(console: Console, case: Case, loaded: session.Loaded) -> None:
    tokens = session.pieces(loaded.reference, loaded.candidate)
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("  #", justify="right")
    columns = []
    for name, backend in (("reference", loaded.reference), ("candidate", loaded.candidate)):
        table.add_column(name, overflow="fold")
        columns.append(_column(case, backend, tokens))
    for place in range(max(map(len, columns))):
        cells = [column[place] if place < len(column) else "-" for column in columns]
        style = "" if cells[0] == cells[1] else "bold red"
        table.add_row(str(place), *map(Text, cells), style=style)
    console.print(table)


def _column(case: Case, backend: Backend, tokens: dict[int, str]) -> list[str]:
    if case.kind == "ids":
        decoded = [observe(backend.decode, list(case.payload), skip) for skip in (True, False)]
        return [_failure(seen.failure) if seen.failure else value(seen.value) for seen in decoded]
    seen = observe(_encoded, backend, case, tokens)
    return [_failure(seen.failure)] if seen.failure else list(seen.value)


def _encoded(backend: Backend, case: Case, tokens: dict[int, str]) -> list[str]:
    found = backend.encode(case.payload, case.options.get("specials", "parse"))
    ids, spans = plain_ids(found.ids), plain_pairs(found.offsets or [])
    rows = zip_longest(ids, spans)
    return [
        ("no id" if id is None else f"{id} {visible(tokens.get(id, '?'))}")
        + (f" {span[0]}:{span[1]}" if span else "")
        for id, span in rows
    ]


def _failure(failure: Failure) -> str:
    return printable(f"{failure.kind}: {failure.message}")
