"""What diverged by class, surface, time and request, as rows.

Classes, surfaces and time come from the counts, which no cap touches; requests stand in lines only,
so their table is of the lines there are.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console

from parity import bounds
from parity.shadow.front import ALONE
from parity.shadowed import telling, totals
from parity.shadowed.reading import Run

BUCKETS: Final = 10
"""Parts that the span of a log is told in."""
Rows = list[dict[str, Any]]


def by_class(_: Sequence[Run], counts: Mapping[str, Any], __: int) -> Rows:
    """Return a row a class: where, and how often."""
    rows = [
        {"class": name, "surface": surface, "diverged": number}
        for surface, row in counts["surfaces"].items()
        for name, number in totals.part(row, "classes").items()
    ]
    return sorted(rows, key=lambda row: (-row["diverged"], row["class"], row["surface"]))


def by_surface(_: Sequence[Run], counts: Mapping[str, Any], __: int) -> Rows:
    """Return a row a surface that was called, with what its sample proves."""
    return [
        {
            "surface": name,
            **{field: row[field] for field in ("calls", "sampled", "compared", "diverged")},
            "lost": totals.lost(row),
            "bound": bounds.told(row["diverged"], row["compared"]),
        }
        for name, row in counts["surfaces"].items()
        if row["calls"]
    ]


def by_time(runs: Sequence[Run], _: Mapping[str, Any], __: int) -> Rows:
    """Return a row a part of the span: what was counted between the lines that count.

    A line is placed by the header's clock and the seconds since, so a clock that jumps moves none.
    """
    begins = {run.id: at for run in runs if (at := _at(run.header)) is not None}
    steps = sorted(step for run in runs if run.id in begins for step in _steps(run, begins[run.id]))
    if not steps:
        return []
    begun = min(begins.values())
    wide = max(steps[-1][0] - begun, 1e-3) / BUCKETS
    found: dict[int, Counter[str]] = {}
    for at, *numbers in steps:
        place = min(int((at - begun) / wide), BUCKETS - 1)
        row = found.setdefault(place, Counter())
        row.update(dict(zip(("compared", "diverged", "lost"), numbers, strict=True)))
    return [
        {
            "from": _clock(begun + place * wide),
            **{name: row[name] for name in ("compared", "diverged", "lost")},
        }
        for place, row in sorted(found.items())
    ]


def by_request(runs: Sequence[Run], _: Mapping[str, Any], top: int) -> Rows:
    """Return the requests with the most lines, and their classes."""
    found: dict[str, Counter[str]] = {}
    for run in runs:
        for row in run.divergences:
            of = found.setdefault(row["request"], Counter())
            of[f"{row['surface']} {row['class']}"] += 1
    ranked = sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))
    return [
        {"request": "(of none)" if id == ALONE else id, "lines": of.total(), "classes": dict(of)}
        for id, of in ranked[:top]
    ]


TABLES: Final[Mapping[str, Callable[[Sequence[Run], Mapping[str, Any], int], Rows]]] = {
    "class": by_class,
    "surface": by_surface,
    "time": by_time,
    "request": by_request,
}


def show(console: Console, name: str, rows: Rows) -> None:
    """Print the rows of a table, and the bounds of surfaces below it."""
    if not rows:
        telling.say(console, "  nothing")
        return
    words = [field for field in rows[0] if field not in ("bound", "classes")]
    telling.table(console, words, [[_cell(row[field]) for field in words] for row in rows])
    for row in rows:
        if "bound" in row:
            telling.say(console, f"{row['surface']}: {row['bound']}")
        for what, number in row.get("classes", {}).items():
            telling.say(console, f"  {row[name]}  {what}: {number}")


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _steps(run: Run, begun: float) -> Iterator[tuple[float, int, int, int]]:
    """Yield what was counted since the line before, and when it was told."""
    before: Mapping[str, Any] = totals.NOTHING
    for line in [*run.heartbeats, *([run.footer] if run.footer else [])]:
        up = line.get("up")
        if isinstance(up, int | float):
            now, then = _numbers(line["counts"]), _numbers(before)
            compared, diverged, lost = (new - old for new, old in zip(now, then, strict=True))
            yield begun + up, compared, diverged, lost
            before = line["counts"]


def _numbers(counts: Mapping[str, Any]) -> tuple[int, int, int]:
    gone = totals.lost(counts) - counts[totals.PENDING]  # what is pending may come back
    return counts["compared"], counts["diverged"], gone


def _at(header: Mapping[str, Any]) -> float | None:
    """Return when a run began, in seconds since the epoch; None where its header does not say."""
    try:
        return dt.datetime.fromisoformat(header["at"]).timestamp() - float(header["up"])
    except (KeyError, TypeError, ValueError):
        return None


def _clock(seconds: float) -> str:
    found = dt.datetime.fromtimestamp(seconds, tz=dt.UTC).isoformat(timespec="milliseconds")
    return found.replace("+00:00", "Z")
