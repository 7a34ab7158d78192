"""`tokparity explain`: at which stage two sides part on a case, on how little, and for what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity import session
from parity.app import Flags, plan_for
from parity.causes import about
from parity.errors import UsageError
from parity.explanation import Both, Explained, explained
from parity.reports.visible import code_points, printable, value, visible
from parity.showing import find_case, line
from parity.stages import CONTENTS, Stages
from parity.types import Case, Encoding, Failure


def explain(wanted: str, text: str | None, flags: Flags, console: Console, *, as_json: bool) -> int:
    """Explain a case, or a text, on every pair of the plan; return the exit code."""
    if bool(wanted) == (text is not None):
        raise UsageError("name a CASE, or give --text TEXT: one of the two")
    found = plan_for(flags)
    case, place = (
        (Case("--text", "text", text), "") if text is not None else find_case(wanted, found)
    )
    if case.kind not in ("text", "ids"):
        raise UsageError(f"{case.id} is a case of kind {case.kind}; explained are text and ids")
    rows = []
    if not as_json:
        _head(console, case, place)
    for pair in found.pairs:
        with session.opened(pair) as loaded:
            default: Any = case.options.get("specials", pair.specials)
            both = Both(loaded, default)
            seen = explained(both, case)
            if as_json:
                rows.append({"pair": pair.name, **as_data(both, seen)})
            else:
                line(console, f"\n{pair.name}")
                show(console, both, seen)
    if as_json:
        document = {"case": case.id, "kind": case.kind, "payload": case.payload, "pairs": rows}
        console.out(json.dumps(document, indent=1), highlight=False)
    return 0


def _head(console: Console, case: Case, place: str) -> None:
    line(console, f"{case.id}  {place}".rstrip())
    line(console, f"  {case.kind:<9} {value(case.payload, 2000)}")
    if isinstance(case.payload, str):
        line(console, f"            {code_points(case.payload, 40)}")


def show(console: Console, both: Both, seen: Explained) -> None:
    """Print an explanation of one pair."""
    if not seen.differs:
        line(console, "  no difference")
        return
    if isinstance(seen.smallest, str):
        _table(console, ("stage", "reference", "candidate"), _stage_rows(seen))
        _table(console, ("token", "reference", "candidate"), _token_rows(both, seen.smallest))
    else:
        rows = [
            (f"special {'skipped' if skip else 'kept'}", _cell(one), _cell(two))
            for skip, one, two in both.decodings(seen.smallest)
        ]
        _table(console, ("decoded", "reference", "candidate"), rows)
    small = value(seen.smallest)
    points = f"  {code_points(seen.smallest)}" if isinstance(seen.smallest, str) else ""
    for name, found in (
        ("differs in", seen.differs),
        ("stage", seen.stage),
        ("class", seen.kind),
        *([("cause", f"{seen.cause}: {about(seen.cause)}")] if seen.cause else []),
        ("smallest", small + points),
    ):
        line(console, f"  {name:<11} {found}")
    for probe_ in seen.tried:
        answer = "same" if probe_.same else "differs"
        line(console, f"  tried       {probe_.about}: {visible(probe_.text, 40)} {answer}")


def _table(console: Console, names: Sequence[str], rows: Sequence[tuple[str, str, str]]) -> None:
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for name in names:
        table.add_column(f"  {name}" if name == names[0] else name, overflow="fold")
    for name, one, two in rows:
        style = "bold red" if one != two and "no stages" not in (one, two) else ""
        table.add_row(*(Text(printable(cell)) for cell in (f"  {name}", one, two)), style=style)
    console.print(table)


def _stage_rows(seen: Explained) -> list[tuple[str, str, str]]:
    if not any(seen.opened):
        return []
    cells = [_stage_cells(each) for each in seen.opened]
    return [(name, cells[0][name], cells[1][name]) for name in CONTENTS]


def _stage_cells(stages: Stages | None) -> Mapping[str, str]:
    if stages is None:
        return dict.fromkeys(CONTENTS, "no stages")
    parts: dict[str, Iterator[str]] = {
        "added tokens": (f"{id} {visible(text)} {a}:{b}" for id, text, (a, b) in stages.added),
        "normalizer": (
            f"{visible(text)} " + ",".join(f"{a}:{b}" for a, b in spans)
            for text, spans in stages.normalised
        ),
        "pre-tokenizer": (f"{visible(text)} {a}:{b}" for text, (a, b) in stages.pieces),
        "model": (f"{id} {visible(text)} {a}:{b}" for id, text, (a, b) in stages.tokens),
        "truncation": map(str, stages.kept),
        "post-processor": (
            f"{id} {a}:{b}" for id, (a, b) in zip(stages.ids, stages.spans, strict=True)
        ),
        "padding": map(str, stages.padded),
    }
    return {name: "  ".join(found) or "-" for name, found in parts.items()}


def _token_rows(both: Both, text: str) -> list[tuple[str, str, str]]:
    """Return both sides' tokens, with what is the same in one row."""
    one, two = both.encoded(text)
    if isinstance(one, Failure) or isinstance(two, Failure):
        return [("all", "  ".join(_cells(both, one)), "  ".join(_cells(both, two)))]
    cells, others = _cells(both, one), _cells(both, two)
    rows: list[tuple[str, str]] = []
    for _, a, b, c, d in SequenceMatcher(None, one.ids, two.ids, autojunk=False).get_opcodes():
        count = max(b - a, d - c)
        first = cells[a:b] + ["-"] * (count - (b - a))
        rows += zip(first, others[c:d] + ["-"] * (count - (d - c)), strict=True)
    return [(str(number), *row) for number, row in enumerate(rows)]


def _cells(both: Both, found: Encoding | Failure) -> list[str]:
    if isinstance(found, Failure):
        return [_cell(found)]
    spans = found.offsets or []
    return [
        f"{id} {visible(both.tokens.get(id, '?'))}"
        + (f" {spans[place][0]}:{spans[place][1]}" if place < len(spans) else "")
        for place, id in enumerate(found.ids)
    ]


def _cell(found: Any) -> str:
    return f"{found.kind}: {found.message}" if isinstance(found, Failure) else value(found)


def as_data(both: Both, seen: Explained) -> Mapping[str, Any]:
    """Return an explanation as JSON's types: what `--json` prints of a pair."""
    names = ("reference", "candidate")
    text = seen.smallest if isinstance(seen.smallest, str) else None
    rows = _token_rows(both, text) if seen.differs and text is not None else []
    opened = zip(names, seen.opened, strict=True)
    return {
        "differs": seen.differs or None,
        "stage": seen.stage or None,
        "class": seen.kind or None,
        "cause": seen.cause or None,
        "smallest": seen.smallest if seen.differs else None,
        "tried": [one._asdict() for one in seen.tried],
        "tokens": [{"reference": one, "candidate": two} for _, one, two in rows],
        "stages": {name: None if one is None else one._asdict() for name, one in opened},
    }
