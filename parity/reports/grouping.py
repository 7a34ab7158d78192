"""Divergences by what they come from: one cause may be thousands of cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parity.causes import UNCLASSIFIED
from parity.jsonl import dump
from parity.reports.divergence import shown
from parity.reports.visible import value

Row = Mapping[str, Any]


def grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the divergences of a pair by check and cause, the first group first.

    Those of no named cause are one group for each smallest case; the first of a group is one whose
    smallest case is known, where there is one.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(_key(row), []).append(row)
    return [sorted(group, key=lambda row: not row.get("minimal")) for group in groups.values()]


def _key(row: Row) -> tuple[str, ...]:
    cause = row.get("cause") or ""
    form = ""
    if cause in ("", UNCLASSIFIED) and row.get("minimal"):
        form = dump(row["minimal"]["case"]["payload"])
    elif cause in ("", UNCLASSIFIED):
        form = "not minimised" if cause else row["case"]["id"]
    return row["check"], row["judged"], cause, form


def causes_of(rows: Sequence[Row], total: int = 0) -> Iterator[str]:
    """Yield a line for each cause: how many cases, on which checks, and its smallest case.

    total: how many there are, where not all of them are among the rows.
    """
    named: dict[str, list[Row]] = {}
    for row in rows:
        if row.get("cause"):
            named.setdefault(row["cause"], []).append(row)
    if named:
        count = sum(map(len, named.values()))
        several = "cause" if len(named) == 1 else "causes"
        of = f" of {total:,}" if total > count else ""
        yield f"{len(named)} {several}, {count:,}{of} {'case' if count == 1 else 'cases'}"
    for cause, found in sorted(named.items(), key=lambda item: (-len(item[1]), item[0])):
        checks = ", ".join(dict.fromkeys(row["check"] for row in found))
        minimal = next((row["minimal"] for row in found if row.get("minimal")), None)
        small = f"  smallest {value(shown(minimal['case']['payload']), 60)}" if minimal else ""
        yield f"  {cause:<22} {len(found):>6,} of {checks}{small}"
