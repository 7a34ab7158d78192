"""`tokparity shadow report`: what the logs of shadows say, summed up.

The first lines are those that the first reports of this kind had: `divergence_entries=N`, then
`top_kinds:` (what was asked: the surface) and `top_reasons:` (how it parted: the class). N is what
was counted, however few lines were written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import bounds
from parity.shadowed import tables, telling, totals
from parity.shadowed.reading import Run, read

DEFAULT: Final = ("class", "surface", "time")


class Wanted(NamedTuple):
    """What is shown. tables: names of TABLES, or none for DEFAULT. top: rows of lists."""

    tables: Sequence[str] = ()
    top: int = 10


def report(paths: Sequence[Path], wanted: Wanted, console: Console, *, as_json: bool) -> int:
    """Print what logs say; return 3 where one cannot be believed, else 0. Raises BadLog."""
    runs = read(paths)
    found = document(runs, wanted)
    if as_json:
        console.out(json.dumps(found, indent=2))
    else:
        _print(found, wanted, console)
    return 3 if found["problems"] else 0


def document(runs: Sequence[Run], wanted: Wanted) -> dict[str, Any]:
    """Return the report as plain data."""
    counts, diverged = totals.total(runs), totals.diverged(runs)
    names = wanted.tables or DEFAULT
    return {
        "divergence_entries": diverged,
        "compared": counts["compared"],
        "bound": bounds.told(diverged, counts["compared"]),
        "below": bounds.below(diverged, counts["compared"]),
        "top_kinds": _top({name: row["diverged"] for name, row in counts["surfaces"].items()}),
        "top_reasons": _top(totals.part(counts, "classes")),
        "nothing": _nothing(runs, counts),
        "runs": [_run(run) for run in runs],
        "counts": counts,
        "tables": {name: tables.TABLES[name](runs, counts, wanted.top) for name in names},
        "lost": list(_lost(counts)),
        "problems": [f"run {run.id or '?'}: {why}" for run in runs for why in totals.doubts(run)],
        "never_called": [name for name, row in counts["surfaces"].items() if not row["calls"]],
        "notes": [f"run {run.id or '?'}: {why}" for run in runs for why in _notes(run)],
    }


def _top(numbers: Mapping[str, int]) -> dict[str, int]:
    """Return what is not 0, the most first."""
    ranked = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return {name: number for name, number in ranked if number}


def _nothing(runs: Sequence[Run], counts: Mapping[str, Any]) -> str:
    """Return why nothing was compared, or ""."""
    if counts["compared"]:
        return ""
    lines = sum(len(run.divergences) for run in runs)
    if lines and not counts["calls"]:
        return (
            f"NOTHING IS COUNTED, and {lines:,} divergences have lines: what was cut off before "
            "its first heartbeat has no counts; --by request shows them"
        )
    if not counts["calls"]:
        why = "no call is counted" if runs else "no run is in it"
    elif not counts["sampled"]:
        rates = sorted({str(totals.part(run.header, "settings").get("rate")) for run in runs})
        why = f"none of {counts['calls']:,} calls was sampled (rate {', '.join(rates)})"
    else:
        why = f"{counts['sampled']:,} sampled calls, and none has two answers"
    return f"NOTHING WAS COMPARED: {why}"


def _run(run: Run) -> dict[str, Any]:
    header, counts = run.header, totals.counted(run)
    return {
        "run": run.id,
        "at": header.get("at", ""),
        "pid": header.get("pid"),
        "how": header.get("how", ""),
        "reference": _side(totals.part(header, "reference")),
        "candidate": _side(totals.part(header, "candidate")),
        "compared": counts["compared"],
        "diverged": counts["diverged"],
        "footer": "" if run.footer is None else run.footer["closed"],
    }


def _side(mark: Mapping[str, Any]) -> str:
    if "failed" in mark:
        return f"could not be loaded: {mark['failed']}"
    versions = totals.part(mark, "packages").items()
    named = ", ".join(f"{name} {version}" for name, version in versions)
    who = str(mark.get("spec") or mark.get("native") or "?")
    return f"{who} ({named})" if named else who


def _lost(counts: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line a fate of sampled calls that were not compared, with its reasons."""
    for fate in totals.UNCOMPARED:
        reasons = _top(totals.part(counts["reasons"], fate))
        parts = ", ".join(f"{why or '-'} {number:,}" for why, number in reasons.items())
        if counts[fate]:
            yield f"{fate} {counts[fate]:,}{': ' + parts if parts else ''}"


def _notes(run: Run) -> Iterator[str]:
    """Yield what takes nothing from the counts: no footer yet, caps, lines rotated away."""
    yield from run.notes
    if run.footer is None:
        whose = "those of its last heartbeat" if run.heartbeats else "none: it has no heartbeat"
        yield f"no footer: it goes on still, or was killed; its counts are {whose}"
    else:
        missing = {k: n for k, n in run.footer["missing"].items() if n and k != "capped"}
        if missing:
            yield f"its footer misses {', '.join(f'{n:,} {name}' for name, n in missing.items())}"
    log = totals.part(totals.last(run), "log")
    if log.get("capped"):
        cap = totals.part(run.header, "settings").get("max_diffs")
        yield f"{log['capped']:,} lines were left out (max_diffs is {cap}); the counts have them"
    if log.get("failed"):
        yield f"{log['failed']:,} lines could not be written; the counts have them"
    if run.header.get("same"):
        yield "both sides are one and the same thing: comparing them proves nothing"


def _print(found: Mapping[str, Any], wanted: Wanted, console: Console) -> None:
    if found["nothing"]:
        telling.say(console, found["nothing"], "bold yellow")
    for problem in found["problems"]:
        telling.say(console, f"CANNOT BE BELIEVED: {problem}", "bold red")
    telling.say(console, f"divergence_entries={found['divergence_entries']}")
    for name in ("top_kinds", "top_reasons"):
        telling.say(console, f"{name}:")
        for what, number in list(found[name].items())[: wanted.top]:
            telling.say(console, f"  {what}: {number}")
    style = "bold red" if found["divergence_entries"] else ""
    telling.say(console, found["bound"], style, gap=True)
    for run in found["runs"]:
        who = f"run {run['run']}  {run['at']}  pid {run['pid']}  {run['how']}"
        telling.say(console, who, gap=True)
        telling.say(console, f"  reference  {run['reference']}")
        telling.say(console, f"  candidate  {run['candidate']}")
    for name, rows in found["tables"].items():
        telling.say(console, f"by {name}", "bold", gap=True)
        tables.show(console, name, rows)
    if found["lost"]:
        telling.say(console, "sampled and not compared", "bold", gap=True)
        for line in found["lost"]:
            telling.say(console, f"  {line}")
    never = f"never called: {', '.join(found['never_called'])}" if found["never_called"] else ""
    for place, line in enumerate((*filter(None, [never]), *found["notes"])):
        telling.say(console, line, gap=not place)
