"""Causes in ranges, where the ids are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from parity.asking import SIDES
from parity.causes.question import Question, around
from parity.types import Encoding

Spans = Sequence[tuple[int, int]]
Both = tuple[str, Spans, Spans]
"""A text, and the ranges that the reference and the candidate give."""


def _asked(question: Question) -> list[Both]:
    """Return the ranges of both sides, of the text and among neighbours, where the ids agree."""
    rows: list[Both] = []
    for text in around(question.text):
        one, two = (question.asked.encoding(side, text, question.mode) for side in SIDES)
        if not (isinstance(one, Encoding) and isinstance(two, Encoding) and one.ids == two.ids):
            continue
        spans = one.offsets or [], two.offsets or []
        if len(spans[0]) == len(spans[1]):
            rows.append((text, *spans))
    return rows


def _all(question: Question, holds: Callable[[str, Spans, Spans], bool]) -> bool:
    """Say whether something holds of the ranges, everywhere, with either side for the other."""
    rows = _asked(question)
    whole = bool(rows) and rows[0][0] == question.text and rows[0][1] != rows[0][2]
    return whole and (
        all(holds(text, one, two) for text, one, two in rows)
        or all(holds(text, two, one) for text, one, two in rows)
    )


def unit(question: Question) -> bool:
    """Say whether one side counts in bytes or in UTF-16 units, the other in code points."""
    return any(_all(question, partial(_counted, name)) for name in ("utf-8", "utf-16-le"))


def _counted(encoding: str, text: str, one: Spans, two: Spans) -> bool:
    size = len("a".encode(encoding))
    places = [0]
    for char in text:
        places.append(places[-1] + len(char.encode(encoding, "surrogatepass")) // size)
    try:
        return [(places[start], places[end]) for start, end in one] == [tuple(span) for span in two]
    except IndexError:
        return False


def shifted(question: Question) -> bool:
    """Say whether all starts, or all ends, or both, are off by one and the same number."""
    moves = {
        (b[0] - a[0], b[1] - a[1])
        for _, one, two in _asked(question)
        for a, b in zip(one, two, strict=False)
    }
    return len(moves) == 1 and moves != {(0, 0)}


def spaces(question: Question) -> bool:
    """Say whether the ranges differ by the whitespace at their ends alone."""
    return _all(question, _trimmed)


def _trimmed(text: str, one: Spans, two: Spans) -> bool:
    return all(_bare(text, *a) == _bare(text, *b) for a, b in zip(one, two, strict=True))


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    if not 0 <= start <= end <= len(text):
        return start, end  # no range of this text: that is another fault
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else (-1, -1)


def absent(question: Question) -> bool:
    """Say whether one side gives ranges of nothing, or none."""
    return _all(question, lambda _, __, two: all(start == end for start, end in two))
