"""Bytes on both sides of every border of well-formed UTF-8, by table 3-7 of the Unicode Standard.

The table says, for each range of first bytes, which ranges the next bytes must be in. From each
row: every sequence of the ends of its ranges (well-formed); the same with one byte just outside
(ill-formed); and each cut off after every byte. All stand alone, between letters, and before a
whole character; and every first byte that UTF-8 never has stands with and without continuations.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

from parity.deriving.rows import Family, Files, Row

_TAIL: Final = (0x80, 0xBF)
TABLE: Final = (
    ((0x00, 0x7F),),
    ((0xC2, 0xDF), _TAIL),
    ((0xE0, 0xE0), (0xA0, 0xBF), _TAIL),
    ((0xE1, 0xEC), _TAIL, _TAIL),
    ((0xED, 0xED), (0x80, 0x9F), _TAIL),
    ((0xEE, 0xEF), _TAIL, _TAIL),
    ((0xF0, 0xF0), (0x90, 0xBF), _TAIL, _TAIL),
    ((0xF1, 0xF3), _TAIL, _TAIL, _TAIL),
    ((0xF4, 0xF4), (0x80, 0x8F), _TAIL, _TAIL),
)
"""Ranges of the bytes of well-formed sequences, ends included; table 3-7."""
_NEVER: Final = (0xC0, 0xC1, *range(0xF5, 0x100))
_CHARACTER: Final = "家".encode()
_LARGEST_BYTE: Final = 0xFF


def ill_formed(_: Files) -> Iterator[Row]:
    """Yield the bytes."""
    for number, row in enumerate(TABLE, 1):
        place = f"UTF-8 table 3-7, row {number}"
        for whole in product(*(dict.fromkeys(ends) for ends in row)):
            yield from _in_context("valid", bytes(whole), "bytes.valid", place)
            for length in range(1, len(whole)):
                yield from _in_context("cut", bytes(whole[:length]), "bytes.truncated", place)
            for at, outside in _outside(row):
                odd = bytes((*whole[:at], outside, *whole[at + 1 :]))
                yield from _in_context("outside", odd, _tag(odd), place)
    for first in _NEVER:
        for tails in range(6):
            odd = bytes((first, *[0x80] * tails))
            yield from _in_context("never", odd, "bytes.range", "UTF-8 table 3-7, no row")
    for tails in range(1, 6):
        odd = bytes([0x80] * tails)
        yield from _in_context("tail", odd, "bytes.truncated", "UTF-8 table 3-7, no row")


def _outside(row: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """Yield places after the first with the bytes nearest to their range, outside it."""
    for at, (low, high) in enumerate(row[1:], 1):
        yield at, low - 1
        yield at, high + 1
        yield from ((at, byte) for byte in (0x00, 0x41, 0xC3, _LARGEST_BYTE))


def _tag(data: bytes) -> str:
    first, second = data[0], data[1]
    if first == 0xED and 0xA0 <= second <= 0xBF:  # noqa: PLR2004 (as the table has them)
        return "bytes.surrogate"
    if (first, second) in ((0xE0, 0x9F), (0xF0, 0x8F)):
        return "bytes.overlong"
    return "bytes.range" if (first, second) == (0xF4, 0x90) else "bytes.truncated"


def _in_context(trap: str, data: bytes, tag: str, place: str) -> Iterator[Row]:
    for context in (data, b"a" + data + b"b", data + _CHARACTER):
        yield Row(trap, context.hex(), (tag,), place, kind="bytes")


FAMILY: Final = Family(
    ill_formed,
    ("bytes.valid", "bytes.truncated", "bytes.overlong", "bytes.surrogate", "bytes.range"),
)
