"""Whether a line holds what it must, and whether its counts add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from parity.shadow.records import COMPARED, FATES

Line = dict[str, Any]
FIELDS: Final[Mapping[str, Mapping[str, type]]] = {
    "header": {"schema": int, "reference": dict, "candidate": dict, "same": bool, "digests": dict,
               "settings": dict},
    "heartbeat": {"at": str, "counts": dict, "log": dict},
    "divergence": {"at": str, "number": int, "request": str, "surface": str, "class": str,
                   "input": dict, "reference": dict, "candidate": dict},
    "lost": {"at": str, "number": int, "request": str, "surface": str, "fate": str, "why": str,
             "input": dict},
    "footer": {"at": str, "closed": str, "whole": bool, "missing": dict, "counts": dict,
               "log": dict},
}  # fmt: skip
"""What a line of each sort holds at least."""
NUMBERS: Final = ("calls", "passed", "sampled", "compared", *FATES, "pending")
"""The numbers among counts."""
STATE: Final = ("lines", "capped", "failed", "rotated")
"""The numbers that a log says of itself."""


def bad(line: Line) -> str:
    """Return what a line lacks, or ""."""
    what = line["what"]
    if what not in FIELDS:
        return f"a line of an unknown sort, {what[:40]!a}"
    for name, kind in FIELDS[what].items():
        if type(line.get(name)) is not kind:
            return f"a {what} whose {name!r} is not a {kind.__name__}"
    if "number" in FIELDS[what] and line["number"] < 1:
        return f"a {what} with the number {line['number']}"
    if "counts" not in FIELDS[what]:
        return ""
    lacks = [*_no_numbers(line["counts"], NUMBERS), *_no_numbers(line["log"], STATE)]
    if what == "footer":
        lacks += _no_numbers(line["missing"], line["missing"])
    return f"a {what} whose count {lacks[0]!a} is not a number" if lacks else ""


def uneven(counts: Line) -> Iterator[str]:
    """Yield what does not add up in counts, of each surface and of all."""
    surfaces = counts.get("surfaces", {})
    if not isinstance(surfaces, dict):
        yield "its counts have no surfaces"
        return
    for name, one in surfaces.items():
        if not isinstance(one, dict) or _no_numbers(one, NUMBERS):
            yield f"the counts of {name[:40]!a} are not numbers"
            return
        yield from _sums(one, f" of {name[:40]!a}")
    yield from _sums(counts, "")
    for name in NUMBERS if surfaces else ():
        total = sum(one[name] for one in surfaces.values())
        if total != counts[name]:
            yield f"{name}: {counts[name]}, and of its surfaces together {total}"


def falls(before: Line, now: Line) -> Iterator[str]:
    """Yield counts that are less than they were."""
    for name in NUMBERS:
        if name not in {"pending", "passed"} and now[name] < before.get(name, 0):
            yield f"{name} fell from {before[name]} to {now[name]}"


def _sums(counts: Line, whose: str) -> Iterator[str]:
    for total, parts in _TOTALS:
        found = sum(counts[part] for part in parts)
        if counts[total] != found:
            parts_said = " + ".join(parts)
            yield f"{total}{whose} is {counts[total]}, and {parts_said} is {found}"
    classes = counts.get("classes", {})
    numbers = classes.values() if isinstance(classes, dict) else ()
    found = sum(number for number in numbers if type(number) is int)
    if found != counts["diverged"]:
        yield f"diverged{whose} is {counts['diverged']}, and its classes together {found}"


def _no_numbers(counts: Line, names: Any) -> list[str]:
    return [name for name in names if type(counts.get(name)) is not int or counts[name] < 0]


_TOTALS: Final = (
    ("calls", ("passed", "sampled")),
    ("sampled", (*FATES, "pending")),
    ("compared", COMPARED),
)
"""Counts, and what they are the sums of."""
