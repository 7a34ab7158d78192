"""Data that a template is rendered with, made smaller; a value may give way to a part of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from parity.reducing import Items, Tries, plainer, sequence

PLAIN: Final = "a0 "
"""What a text is spelt with where it makes no odds: few, so that little is tried."""

T = TypeVar("T")
Ask = Callable[[T], bool]
"""Whether a smaller one is still so; who asks does not count."""


def left(found: Items, ask: Ask[Items]) -> Items:
    """Return what is left of a sequence when nothing more of it can go."""
    return sequence(found, ask, free())


def text(found: str, ask: Ask[str], *, plain: bool) -> str:
    """Return the smallest text; plain: its characters may be replaced by plainer ones, too."""
    found = left(found, ask)
    return plainer(found, PLAIN, ask, Tries(sys.maxsize, plain))


def variables(found: dict[str, Any], ask: Ask[dict[str, Any]], *, plain: bool) -> dict[str, Any]:
    """Return the smallest variables: names that nobody misses are gone, their values are small.

    >>> variables({"x": [1, 22], "y": ""}, lambda made: "2" in str(made), plain=True)
    {'x': 2}
    """
    kept = dict(left(tuple(found.items()), lambda made: ask(dict(made))))
    for name in list(kept):
        kept[name] = _smaller(kept[name], with_item(kept, name, ask), plain=plain)
    return kept


def _smaller(found: Any, ask: Ask[Any], *, plain: bool) -> Any:
    while (part := next((one for one in _parts(found) if ask(one)), ...)) is not ...:
        found = part
    if isinstance(found, str):
        return text(found, ask, plain=plain)
    if isinstance(found, int | float) and not isinstance(found, bool):
        return _number(found, ask) if plain else found
    if isinstance(found, dict):
        found = dict(left(tuple(found.items()), lambda made: ask(dict(made))))
    elif isinstance(found, list):
        found = list(left(tuple(found), lambda made: ask(list(made))))
    else:
        return found
    places: Sequence[Any] = list(found) if isinstance(found, dict) else range(len(found))
    for place in places:
        found[place] = _smaller(found[place], with_item(found, place, ask), plain=plain)
    return found


def _parts(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        yield from found.values()
    elif isinstance(found, list):
        yield from found


def _number(found: float, ask: Ask[Any]) -> float:
    """Return the plainest number of its type: 0, 1, or one with fewer digits."""
    kind = type(found)

    def asked(written: str) -> bool:
        number = _read(written, kind)
        shorter = number is not None and len(repr(number)) <= len(written)  # else it might grow
        return shorter and ask(number)

    for less in (kind(0), kind(1)):
        if less == found and str(less) == str(found):
            return found
        if ask(less):
            return less
    number = _read(left(repr(found), asked), kind)
    return found if number is None else number


def _read(written: str, kind: type) -> float | None:
    """Return a number of this type; None where it is none, or one that JSON has not."""
    try:
        number: float = kind(written)
    except ValueError:
        return None
    return number if isinstance(number, int) or math.isfinite(number) else None


def with_item(whole: Any, at: Any, ask: Ask[Any]) -> Ask[Any]:
    """Return whether the whole is still so with another item in one place."""

    def with_it(item: Any) -> bool:
        made = whole.copy()
        made[at] = item
        return ask(made)

    return with_it


def free() -> Tries:
    """Return tries without end, where they are counted elsewhere."""
    return Tries(sys.maxsize)
