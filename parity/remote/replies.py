"""What a harness replies, read as the protocol means it: what is shaped otherwise is a BadReply."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from parity.backend import Breach
from parity.errors import Unsupported
from parity.remote import wire
from parity.remote.talking import Told, told

UNITS: Final[Mapping[str, Callable[[str], int]]] = {
    "bytes": lambda char: len(char.encode("utf-8", "surrogatepass")),
    "utf-16": lambda char: 1 + (ord(char) > 0xFFFF),  # noqa: PLR2004 (the last of one unit)
}
"""How many units of an offset a character has."""
OFFSETS: Final = ("code points", *UNITS, "none")


def in_code_points(
    text: str, spans: Sequence[Sequence[int]], size: Callable[[str], int]
) -> list[tuple[int, int]]:
    """Return ranges of a text in code points; one that cuts a character has the whole of it.

    >>> in_code_points("é!", [(0, 1), (1, 2), (2, 3)], UNITS["bytes"])
    [(0, 1), (0, 1), (1, 2)]
    """
    starts = [0, *accumulate(map(size, text))]
    first = {start: place for place, start in enumerate(starts)}
    floor, place = [], 0
    for unit in range(starts[-1] + 1):
        place = first.get(unit, place)
        floor.append(place)

    def within(offset: int, *, up: bool) -> int:
        if not 0 <= offset < len(floor):
            raise wire.BadReply(f"an offset is {offset}; the text has {starts[-1]} units")
        return floor[offset] + (up and offset not in first)

    return [(within(start, up=False), within(end, up=True)) for start, end in spans]


def check_count(found: Any, count: int) -> None:
    """Raise BadReply for what is no list of so many items."""
    if not isinstance(found, list) or len(found) != count:
        got = len(found) if isinstance(found, list) else type(found).__name__
        raise wire.BadReply(f"{count} items were asked for, and {got} came")


def seen(read: Callable[..., Any], *given: Any) -> Any:
    """Return what an item of a reply is, or the exception that it is."""
    try:
        with reading():
            return read(*given)
    except Exception as error:  # noqa: BLE001 (what came of this item)
        return error


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Raise BadReply for what is shaped otherwise: it is no error of the harness itself."""
    try:
        yield
    except (Told, Unsupported, Breach):
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise wire.BadReply(
            f"not as the protocol has it: {type(error).__name__}: {error}"
        ) from error


def integers(found: Any, what: str) -> list[int]:
    """Return a list of integers. Raises BadReply; `true` is none."""
    if not isinstance(found, list) or not {*map(type, found)} <= {int}:
        raise wire.BadReply(f"{what} are a list of integers, not {ascii(found)[:80]}")
    return found


def text_of(found: Any) -> str | bytes:
    """Return a text, or raise the failure that an item is."""
    if isinstance(found, dict):
        raise_failure(found)
    return wire.text_in(found)


def string(found: Any) -> str:
    """Return a text that may not be bytes. Raises BadReply."""
    text = wire.text_in(found)
    if isinstance(text, bytes):
        raise wire.BadReply(f"text is wanted, not bytes: {text[:40]!r}")
    return text


def data(found: Any) -> bytes:
    """Return the bytes of a token; one that is a text is its UTF-8."""
    text = wire.text_in(found)
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def raise_failure(found: Mapping[str, Any]) -> None:
    """Raise what an item says that failed; return where it says nothing of the kind."""
    if isinstance(found.get("error"), dict):
        raise told(found["error"])
    if isinstance(found.get("unsupported"), str):
        raise Unsupported(found["unsupported"])
