"""Plain data as it travels between two processes: long lists of numbers as packed pieces.

To pickle 8,000 numbers is one step of the interpreter, in which no other thread runs. So lists are
taken in pieces, each packed by `array` in some microseconds, with `rest` between two of them. What
comes back is what went in, types included: a True stays a True, and a tuple a tuple.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final, NamedTuple

PIECE: Final = 512
"""Items of a piece."""
SHORT: Final = 16
"""Items of a list that is not worth packing."""
SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None)})


class Pieces(NamedTuple):
    """A list. parts: each a Numbers, or a list of items as they are."""

    parts: list[Any]


class Numbers(NamedTuple):
    """Some numbers of a list. code: of `array`. pairs: two of them make a tuple."""

    code: str
    data: bytes
    pairs: bool = False


def packed(value: Any, rest: Callable[[], None] = lambda: None) -> Any:
    """Return a value in which long lists are Pieces.

    >>> whole(packed([True, *range(40)])) == [True, *range(40)]
    True
    """
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is list:
        if len(value) < SHORT:
            return [packed(item, rest) for item in value]
        return Pieces(list(_parts(value, rest)))
    if kind is dict:
        return {key: packed(item, rest) for key, item in value.items()}
    if isinstance(value, tuple):
        items = (packed(item, rest) for item in value)
        return kind(*items) if hasattr(value, "_fields") else tuple(items)
    return value


def whole(value: Any) -> Any:
    """Return what `packed` was given."""
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is Pieces:
        items: list[Any] = []
        for part in value.parts:
            items.extend(_numbers(part) if type(part) is Numbers else map(whole, part))
        return items
    if kind is list:
        return list(map(whole, value))
    if kind is dict:
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, tuple):
        items = list(map(whole, value))
        return kind(*items) if hasattr(value, "_fields") else tuple(items)
    return value


def _parts(value: list[Any], rest: Callable[[], None]) -> Iterator[Any]:
    for start in range(0, len(value), PIECE):
        part = value[start : start + PIECE]
        kinds = set(map(type, part))
        found = None
        if kinds == {int}:
            found = _pack(part, pairs=False)
        elif kinds == {tuple} and set(map(len, part)) == {2}:
            flat = list(chain.from_iterable(part))
            if set(map(type, flat)) == {int}:
                found = _pack(flat, pairs=True)
        yield [packed(item, rest) for item in part] if found is None else found
        rest()


def _pack(numbers: list[int], *, pairs: bool) -> Numbers | None:
    """Return numbers as bytes, four each where they are small; None where one is above 64 bits."""
    for code in ("i", "q"):
        try:
            return Numbers(code, array(code, numbers).tobytes(), pairs)
        except OverflowError:
            continue
    return None


def _numbers(part: Numbers) -> Any:
    found = array(part.code, part.data).tolist()
    if not part.pairs:
        return found
    numbers = iter(found)
    return zip(numbers, numbers, strict=True)
