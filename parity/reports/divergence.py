"""One divergence in a few lines: where it first differs, what stands there, on what input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from parity.causes import about
from parity.identities import identity
from parity.reports.visible import code_points, cut, printable, value, visible

SHORT: Final = 80
"""Characters of an option that are shown."""


def lines(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that show one divergence of a run file, the first as a title."""
    return map(printable, _lines(row))


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    case = row["case"]
    judged = "" if row["judged"] == "both" else f" ({row['judged']} with itself)"
    name = f"{identity(row)}  " if "pair" in row else ""
    yield f"{name}{row['check']}{judged}  {case['id']}  {_where(row['difference'])}"
    yield from _input(case)
    yield from _sides(row)
    yield from _known(row)
    if row["note"]:
        yield f"note       {printable(row['note'])}"


def _known(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the cause and the smallest case, where they were looked for."""
    if row.get("cause"):
        yield f"cause      {row['cause']}: {about(row['cause'])}".rstrip(": ")
    if row.get("where"):
        yield f"where      {printable(row['where'])}"
    minimal = row.get("minimal")
    if minimal is None:
        return
    for place, case in enumerate(minimal["batch"]):
        title = "" if place else "in a batch"
        yield f"{title:<10} {value(shown(case['payload']))}{_options(case)}"
    payload, options = shown(minimal["case"]["payload"]), _options(minimal["case"])
    proven = "" if minimal["proven"] else f"  (not proven smallest: {minimal['tries']:,} tries)"
    points = f"  {code_points(payload)}" if isinstance(payload, str) else ""
    yield f"smallest   {value(payload)}{options}{points}{proven}"
    for side in ("reference", "candidate"):
        seen = minimal[side]
        answer = seen["failure"]["kind"] if "failure" in seen else value(seen.get("value"))
        yield f"{'':<10} {side} {printable(answer)}"


def shown(payload: Any) -> Any:
    """Return a payload of a run file as people read it."""
    halves = (
        payload["join"] if isinstance(payload, Mapping) and payload.keys() == {"join"} else None
    )
    texts = isinstance(halves, list) and all(isinstance(half, str) for half in halves)
    return "".join(halves) if halves and texts else payload


def _where(difference: Mapping[str, Any] | None) -> str:
    if difference is None:
        return "no longer differs"
    kind, path = difference["kind"], difference["path"]
    if kind in ("outcome", "type", "signature") and not path:
        return f"the {kind} differs"
    place = "".join(f"[{step}]" for step in path)
    what = {"missing": "candidate ends first", "extra": "reference ends first"}.get(kind, "")
    lengths = difference["lengths"]
    size = f" of {lengths[0]} / {lengths[1]}" if lengths else ""
    return f"first difference at {place}{size}{f', {what}' if what else ''}"


def _input(case: Mapping[str, Any]) -> Iterator[str]:
    payload = shown(case["payload"])
    yield f"{case['kind']:<10} {value(payload)}{_options(case)}"
    if isinstance(payload, str):
        yield f"           {code_points(payload)}"


def _options(case: Mapping[str, Any]) -> str:
    return "".join(f"  {key}={cut(ascii(item), SHORT)}" for key, item in case["options"].items())


def _sides(row: Mapping[str, Any]) -> Iterator[str]:
    difference, window = row["difference"] or {}, row["window"]
    if not difference and row["verdict"] == "unexpected" and not _failing(row):
        return  # both answered the same: the title says so
    for side in ("reference", "candidate"):
        if "failure" in row[side]:
            failure = row[side]["failure"]
            message = visible(failure["message"])
            yield f"{side:<10} {printable(failure['kind'])}: {message}"
        elif window:
            yield f"{side:<10} {_ids(window[side], window['start'], difference['path'][0])}"
        elif difference.get("kind") == "outcome":
            yield f"{side:<10} a value: {value(row[side].get('value'))}"
        else:
            yield f"{side:<10} {_item(difference.get(side))}"


def _failing(row: Mapping[str, Any]) -> bool:
    return any("failure" in row[side] for side in ("reference", "candidate"))


def _ids(named: list[list[Any]], start: int, at: int) -> str:
    shown = []
    for place, (id, token) in enumerate(named, start):
        piece = f"{id} {visible(token)}" if token is not None else f"{id} ?"
        shown.append(f"»{piece}«" if place == at else piece)
    if at >= start + len(named):
        shown.append("»end«")
    return ("… " if start else "") + "  ".join(shown)


def _item(found: Any) -> str:
    return "nothing" if found is None else value(found)
