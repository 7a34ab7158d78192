"""Two answers beside each other: aligned lists, texts from the first difference on, failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from html import escape
from typing import Any, Final

from parity.jsonl import dump
from parity.reports.divergence import shown
from parity.reports.page.marking import code, inner, payload
from parity.reports.visible import visible

Seen = Mapping[str, Any]
ALIGNED: Final = 400
"""Items of a side that are aligned, from the first that differs: more costs minutes."""
ROWS: Final = 40
"""Rows of a table that are shown."""
AROUND: Final = 4
"""The same rows that are shown on each side of a difference."""
BEFORE: Final = 60
AFTER: Final = 140
"""Characters of a text that are shown before and after the first difference."""
Pieces = Mapping[int, str | None]
Line = tuple[int | None, int | None]
"""A row of an aligned table: places in the two lists, None where a side has nothing."""


def beside(reference: Seen, candidate: Seen, pieces: Pieces) -> str:
    """Return two observations as HTML.

    pieces: token strings by id, where the run file has them.
    """
    if "failure" in reference or "failure" in candidate:
        return _table([("answer", _answer(reference), _answer(candidate), True)], "what it does")
    if "value" not in reference or "value" not in candidate:
        return ""
    one, two = shown(reference["value"]), shown(candidate["value"])
    if isinstance(one, str) and isinstance(two, str):
        return _texts(one, two)
    if isinstance(one, list) and isinstance(two, list):
        return _lists(one, two, pieces)
    return _table([("value", payload(one), payload(two), True)], "value")


def window(row: Mapping[str, Any]) -> str:
    """Return the ids around the first difference of a row, which are all that is known."""
    found = row["window"]
    sides = [[item[0] for item in found[side]] for side in ("reference", "candidate")]
    pieces = {id: piece for side in ("reference", "candidate") for id, piece in found[side]}
    return _lists(sides[0], sides[1], pieces, start=found["start"])


def difference(found: Mapping[str, Any]) -> str:
    """Return what stands at the first difference, where no whole value is known."""
    one, two = (payload(found.get(side)) for side in ("reference", "candidate"))
    return _table([("there", one, two, True)], "place")


def _answer(seen: Seen) -> str:
    if "failure" in seen:
        return code(f"{seen['failure']['kind']}: {seen['failure']['message'][:AFTER]}")
    return payload(seen["value"]) if "value" in seen else "a value that is not in the run file"


def _lists(one: list[Any], two: list[Any], pieces: Pieces, *, start: int | None = None) -> str:
    """Return two lists, aligned. start: the place of their first items, where they are a window."""
    lack = "nothing" if start is None else "not in this window"
    ids = all(type(item) is int for item in (*one, *two))
    lines, unaligned = _lines(one, two)
    rows = [
        (
            _place(a, b, start or 0),
            _item(one, a, pieces if ids else None, lack),
            _item(two, b, pieces if ids else None, lack),
            a is None or b is None or one[a] != two[b],
        )
        for a, b in lines
    ]
    table = _table(list(_folded(rows)), "token" if ids else "item")
    more = f"<p>{unaligned:,} more are not aligned here.</p>" if unaligned else ""
    sizes = f"<p>{len(one):,} and {len(two):,} {'ids' if ids else 'items'}.</p>"
    return f"{table}{sizes if start is None else ''}{more}"


def _place(a: int | None, b: int | None, start: int) -> str:
    """Return the place in both lists: one number where it is the same."""
    places = ["–" if place is None else f"{place + start:,}" for place in (a, b)]
    return places[0] if places[0] == places[1] else f"{places[0]} | {places[1]}"


def _lines(one: list[Any], two: list[Any]) -> tuple[list[Line], int]:
    """Return the rows of two lists, aligned, and how many items are beyond what is aligned."""
    alike = 0
    while alike < min(len(one), len(two)) and one[alike] == two[alike]:
        alike += 1
    first, second = ([dump(item) for item in side[alike : alike + ALIGNED]] for side in (one, two))
    lines: list[Line] = [(place, place) for place in range(alike)]
    for _, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        for step in range(max(b - a, d - c)):
            here = alike + a + step if a + step < b else None
            there = alike + c + step if c + step < d else None
            lines.append((here, there))
    left = max(len(one), len(two)) - alike - ALIGNED
    return lines, max(0, left)


def _folded(rows: Sequence[tuple[str, str, str, bool]]) -> Iterator[tuple[str, str, str, bool]]:
    """Yield the rows near differences; the others are counted."""
    near = {
        place + step
        for place, row in enumerate(rows)
        if row[3]
        for step in range(-AROUND, AROUND + 1)
    }
    kept, skipped = 0, 0
    for place, row in enumerate(rows):
        if place not in near or kept >= ROWS:
            skipped += 1
            continue
        if skipped:
            yield f"{skipped:,} the same", "…", "…", False
        kept, skipped = kept + 1, 0
        yield row
    if skipped:
        word = "more" if kept >= ROWS else "the same"
        yield f"{skipped:,} {word}", "…", "…", False


def _item(side: list[Any], place: int | None, pieces: Pieces | None, lack: str) -> str:
    if place is None:
        return f'<span class="none">{lack}</span>'
    found = side[place]
    if pieces is None:
        return payload(found, AFTER)
    piece = pieces.get(found)
    told = f" {code(visible(piece))}" if piece is not None else ""
    return f'<span class="id">{found}</span>{told}'


def _texts(one: str, two: str) -> str:
    """Return two texts from a little before the first code point that differs, which is marked."""
    pairs = enumerate(zip(one, two, strict=False))
    at = next((place for place, (a, b) in pairs if a != b), min(len(one), len(two)))
    rows = [("text", _marked(one, at), _marked(two, at), one != two)]
    sizes = f"<p>They part at code point {at:,} of {len(one):,} and {len(two):,}.</p>"
    return _table(rows, "what") + sizes


def _marked(words: str, at: int) -> str:
    start = max(0, at - BEFORE)
    before, there = inner(words[start:at]), words[at : at + 1]
    after, more = inner(words[at + 1 : at + AFTER]), len(words) - at - AFTER
    mark = f"<mark>{escape(inner(there))}</mark>" if there else '<mark class="none">end</mark>'
    lead, tail = "… " if start else "", f" … +{more:,}" if more > 0 else ""
    return f'<code><bdi dir="ltr">{lead}"{escape(before)}{mark}{escape(after)}"{tail}</bdi></code>'


def _table(rows: Sequence[tuple[str, str, str, bool]], name: str) -> str:
    """Return a table with a row for each (name, reference, candidate, whether they differ)."""
    body = "".join(
        f"<tr{' class=differs' * differs}>"
        f'<th scope="row">{place}{" <b>differs</b>" * differs}</th>'
        f"<td>{one}</td><td>{two}</td></tr>\n"
        for place, one, two, differs in rows
    )
    head = "".join(f'<th scope="col">{word}</th>' for word in (name, "reference", "candidate"))
    return (
        '<div class="scroll" role="group" aria-label="Both sides" tabindex="0">'
        f'<table class="sides"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody></table></div>"
    )
