"""Plain data as it travels between two processes: long lists in pieces, with rests between them.

To pickle 8,000 numbers is one step of the interpreter, in which no other thread runs, and no thread
is asked to make room before 5 ms are over. So lists are taken in pieces of some microseconds, with
`rest` between two of them. What comes back is what went in, types included: a True stays a True,
and a tuple a tuple.

What goes to the other process is packed by `marshal`, which costs the least. What comes back from
it is not: it runs what somebody compiled, and bytes that `marshal` did not write can crash it.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final, NamedTuple

PIECE: Final = 384
"""Items of a piece: some 15 us of numbers, 30 us of pairs of them, looking at them included."""
SHORT: Final = 16
"""Items of a list that is not worth packing."""
FEW: Final = 4
"""Items of a tuple that is packed with its list."""
SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None)})


class Pieces(NamedTuple):
    """A list. parts: each a Built, a Numbers, or a list of items as they are."""

    parts: list[Any]


class Built(NamedTuple):
    """Some items of a list, as `marshal` has them."""

    data: bytes


class Numbers(NamedTuple):
    """Some numbers of a list. code: of `array`. pairs: two of them make a tuple."""

    code: str
    data: bytes
    pairs: bool = False


def no_rest() -> None:
    """Go on at once."""


def packed(value: Any, rest: Callable[[], None] = no_rest, *, trusted: bool = False) -> Any:
    """Return a value in which long lists are Pieces. trusted: who reads it trusts this process.

    >>> whole(packed([True, *range(40)])) == [True, *range(40)]
    True
    """
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is list:
        if len(value) < SHORT:
            return [packed(item, rest, trusted=trusted) for item in value]
        return Pieces(list(_parts(value, rest, trusted=trusted)))
    if kind is dict:
        return {key: packed(item, rest, trusted=trusted) for key, item in value.items()}
    if isinstance(value, tuple):
        items = (packed(item, rest, trusted=trusted) for item in value)
        return kind(*items) if hasattr(value, "_fields") else tuple(items)
    return value


def whole(value: Any, rest: Callable[[], None] = no_rest, *, trusted: bool = False) -> Any:
    """Return what `packed` was given. trusted: as it was there; what is not may hold no Built."""
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is Pieces:
        items: list[Any] = []
        for part in value.parts:
            if type(part) is Numbers:
                items.extend(_numbers(part))
            elif type(part) is Built and trusted:
                items.extend(marshal.loads(part.data))  # noqa: S302 (from who started this one)
            else:
                items.extend(whole(item, rest, trusted=trusted) for item in part)
            rest()
        return items
    if kind is list:
        return [whole(item, rest, trusted=trusted) for item in value]
    if kind is dict:
        return {key: whole(item, rest, trusted=trusted) for key, item in value.items()}
    if isinstance(value, tuple):
        items = [whole(item, rest, trusted=trusted) for item in value]
        return kind(*items) if hasattr(value, "_fields") else tuple(items)
    return value


def _parts(value: list[Any], rest: Callable[[], None], *, trusted: bool) -> Iterator[Any]:
    pack = _built if trusted else _as_numbers
    for start in range(0, len(value), PIECE):
        part = value[start : start + PIECE]
        found = pack(part)
        yield [packed(item, rest, trusted=trusted) for item in part] if found is None else found
        rest()


def _built(part: list[Any]) -> Built | None:
    """Return items that are small each, and built in; None for others."""
    kinds = set(map(type, part))
    small = kinds <= SCALARS
    if kinds == {tuple}:
        ends = {*map(type, part[0]), *map(type, part[-1])}
        small = max(map(len, part)) <= FEW and ends <= SCALARS
    if not small:
        return None
    try:
        return Built(marshal.dumps(part, 0))  # without marks of what is one and the same object
    except ValueError:
        return None


def _as_numbers(part: list[Any]) -> Numbers | None:
    """Return numbers, or pairs of them; None for others."""
    kinds = set(map(type, part))
    if kinds == {int}:
        return _pack(part, pairs=False)
    if kinds == {tuple} and set(map(len, part)) == {2}:
        flat = list(chain.from_iterable(part))
        if set(map(type, flat)) == {int}:
            return _pack(flat, pairs=True)
    return None


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
