"""`tokparity doctor`: what is here, what is wrong with it, and how to mend it.

Looks and repairs nothing, and no run is made. The sides of the plan are loaded as a run loads them,
in a process of their own, so that one that crashes is a line and not the end. Whatever is broken is
a line: a pyproject.toml, a ledger, a golden, a backend.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from parity import app
from parity.doctor import installed, kept, sides
from parity.doctor.note import FAIL, Note
from parity.errors import ParityError
from parity.plan import Plan
from parity.reports.visible import printable

SCHEMA = 1
STYLES = {"ok": "green", "warn": "yellow", FAIL: "bold red"}


def doctor(
    specs: Sequence[str], console: Console, *, as_json: bool = False, devices: bool = False
) -> int:
    """Print a line for each thing that was looked at; return 1 where one of them fails, else 0."""
    found, section = list[Note](), ""
    for note in notes(specs, devices=devices):
        found.append(note)
        if as_json:
            continue
        if note.section != section:
            section = note.section
            console.print(Text(f"\n{section}" if len(found) > 1 else section, style="bold"))
        _show(console, note)
    counts = Counter(note.state for note in found)
    code = 1 if counts[FAIL] else 0
    if as_json:
        rows = [note._asdict() for note in found]
        document = {"schema": SCHEMA, "exit": code, "notes": rows}
        console.out(json.dumps(document, indent=1), highlight=False)
    else:
        told = ", ".join(f"{counts[state]} {state}" for state in STYLES)
        console.print(Text(f"\n{told}"), soft_wrap=True)
    return code


def notes(specs: Sequence[str], *, devices: bool) -> Iterator[Note]:
    """Yield what is found, section by section; nothing that is broken ends it."""
    yield from installed.versions()
    yield from installed.names()
    found: Plan | None = None
    try:
        found = app.plan_for(app.Flags())
    except ParityError as error:
        how = "mend it; without it: tokparity run --built-in"
        yield Note("plan", FAIL, "plan", str(error), how)
    if found is not None:
        yield kept.plan(found)
    own = found if found and found.source else None
    asked = sides.of_specs(specs) if specs else sides.of_plan(own) if own else []
    yield from sides.notes(asked)
    if found is not None:
        yield from kept.goldens(found)
        yield from kept.ledger(found)
    yield from kept.evidence()
    yield from kept.surroundings()
    yield from installed.backends()
    yield installed.devices(look=devices)


def _show(console: Console, note: Note) -> None:
    """Print a note in lines as wide as the terminal, the mark in words."""
    mark = f"[{note.state}]"
    head = Text.assemble((f"  {mark:<6}", STYLES[note.state]), f" {printable(note.name)}: ")
    indent = " " * 9
    whole = head + Text(printable(note.text))
    for number, line in enumerate(whole.wrap(console, max(30, console.width - 9))):
        line.rstrip()
        console.print(line if not number else Text(indent) + line, soft_wrap=True)
    if note.mend:
        for line in Text(f"-> {printable(note.mend)}").wrap(console, max(30, console.width - 9)):
            line.rstrip()
            console.print(Text(indent) + line, soft_wrap=True)
