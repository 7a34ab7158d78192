"""What can be asked of both sides: how arguments and answers are copied, and made plain.

A caller's side of it costs as little as it can: `copied` before the reference is asked, `kept` of
what it gave. Making that plain, and comparing it, is done after the answer left.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from sys import getsizeof
from typing import Any, Final, NamedTuple

from parity.seeing import (
    BadOutput,
    items,
    plain_encoding,
    plain_encodings,
    plain_ids,
    plain_pairs,
    plain_text,
)
from parity.streams import Streamed
from parity.types import Encoding

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
new: Final = tuple.__new__
"""Makes a NamedTuple of a tuple, in half the time that calling its class takes."""
ITEM: Final = 40
"""Bytes of a list's place and the number in it, about."""
PART: Final = 128
"""Bytes of all that is known of one token, about."""
PAIR: Final = 136
"""Bytes of a list's place and the tuple of two numbers in it, about."""
NOTHING: Final[dict[str, Any]] = {}
"""Of a call without keyword arguments: one for all, so that the collector has less to look at."""
IMMUTABLE: Final = (str, int, float, bool, bytes, type(None))


def copied(args: tuple[Any, ...], named: dict[str, Any]) -> Arguments:
    """Return arguments of which nothing can be changed by whoever else has them.

    The tuple and the dict are made by the call itself, and nobody else's from the start.
    """
    for value in args:
        if type(value) not in IMMUTABLE:
            args = tuple(map(owned, args))
            break
    if not named:
        return args, NOTHING
    for value in named.values():
        if type(value) not in IMMUTABLE:
            return args, {name: owned(value) for name, value in named.items()}
    return args, named


def owned(value: Any) -> Any:
    """Return a value that is nobody else's; plain lists of numbers and texts cost the least."""
    kind = type(value)
    if kind in IMMUTABLE:
        return value
    if kind is list and flat(value):
        return value[:]
    return deepcopy(value)


def flat(value: list[Any]) -> bool:
    """Say whether a list holds numbers, or texts, and nothing else.

    For one that begins with an `int` an array of it proves it, in a third of the time that looking
    at each type takes; what counts as a number without being an `int` passes.
    """
    if value and type(value[0]) is int:
        try:
            array("I", value)
        except (TypeError, ValueError, OverflowError):
            pass
        else:
            return True
    return set(map(type, value)) <= {int, str}


def weight(value: Any) -> int:  # noqa: PLR0911 (a kind a line)
    """Return about how many bytes a value holds."""
    kind = type(value)
    if kind is str or kind is bytes:
        return value.__sizeof__()  # type: ignore[no-any-return]
    if kind is Encoding and type(value[0]) is list:
        ids, offsets = value
        return ITEM * len(ids) + (PAIR * len(offsets) if type(offsets) is list else ITEM)
    if isinstance(value, list | tuple):
        if value and type(value[0]) is type(value[-1]) is int:
            return ITEM * (1 + len(value))
        if kind is list and value and _is_range(value[0]) and _is_range(value[-1]):
            return ITEM + PAIR * len(value)
        return ITEM + sum(map(weight, value))
    if isinstance(value, Mapping):
        return ITEM + sum(weight(key) + weight(item) for key, item in value.items())
    if kind in IMMUTABLE:
        return getsizeof(value)
    return getsizeof(value) + held(value)


def _is_range(value: Any) -> bool:
    return type(value) is tuple and set(map(type, value)) == {int}


def held(value: Any) -> int:
    """Return about how many bytes an object of somebody else's holds: a tensor, an encoding."""
    size = getattr(value, "nbytes", None)
    if isinstance(size, int):
        return size
    try:
        return PART * len(value)
    except TypeError:
        names: Any = getattr(value, "__dict__", None) or getattr(value, "__slots__", None) or ()
        return sum(getsizeof(getattr(value, name, None)) for name in names)


Taken = Callable[[Any, Arguments], tuple[Any, int]]


class Surface(NamedTuple):
    """One operation.

    copied: arguments that are nobody else's. kept: the same of an answer.
    plain: an answer as plain data: aspects by name, those that a side does not have as None.
        Raises BadOutput for what is no answer of this operation.
    taken: an answer as `kept` copies it, and about how many bytes that and the arguments hold;
        None where `taking` does that.
    """

    copied: Callable[[tuple[Any, ...], dict[str, Any]], Arguments]
    kept: Callable[[Any], Any]
    plain: Callable[[Any], Mapping[str, Any]]
    taken: Taken | None = None


def taking(kept: Callable[[Any], Any]) -> Taken:
    """Return what copies an answer and weighs it, beside the arguments that it came of."""

    def taken(value: Any, given: Arguments) -> tuple[Any, int]:
        found = kept(value)
        return found, weight(found) + weight(given)

    return taken


def _kept_encoding(value: Any) -> Any:
    return _taken_encoding(value, ((), NOTHING))[0]


def _taken_encoding(value: Any, given: Arguments) -> tuple[Any, int]:
    """Return an Encoding of its own: its lists are copied, and it is what it says that it is.

    What a reference puts into a list of numbers, or of pairs of them, that can be changed, is
    looked for at its beginning only.
    """
    args, named = given
    size = weight(named) if named else 0
    for one in args:
        size += one.__sizeof__() if type(one) is str else weight(one)
    if type(value) is not Encoding:
        found = owned(value)
        return found, size + weight(found)
    ids, offsets = value
    ids = ids[:] if type(ids) is list and ids and type(ids[0]) is int else owned(ids)
    size += ITEM * len(ids)
    if type(offsets) is list and offsets and type(offsets[0]) is tuple:
        offsets = offsets[:]
        size += PAIR * len(offsets)
    elif offsets is not None:
        offsets = owned(offsets)
        size += weight(offsets)
    return new(Encoding, (ids, offsets)), size


def _kept_encodings(value: Any) -> Any:
    return list(map(_kept_encoding, value)) if type(value) is list else owned(value)


def _encoding(value: Any) -> dict[str, Any]:
    found = plain_encoding(value)
    pairs = None if found.offsets is None else plain_pairs(found.offsets)
    return {"ids": plain_ids(found.ids), "offsets": pairs}


def _encodings(value: Any) -> dict[str, Any]:
    rows = [_encoding(one) for one in plain_encodings(value)]
    ranges = [row["offsets"] for row in rows]
    known = None if all(one is None for one in ranges) else ranges
    return {"ids": [row["ids"] for row in rows], "offsets": known}


def _texts(value: Any) -> dict[str, Any]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise BadOutput(f"a batch call returns a list, not {type(value).__name__}")
    return {"text": [plain_text(one) for one in items(value)]}


class Whole(Streamed):
    """What came of a script by another algorithm than the candidate's.

    Where it cuts the text is its own affair; all that was sent can be the same.
    """


def whole(value: Any) -> Any:
    """Return what came of a script, copied, without what only the same algorithm has alike."""
    found = deepcopy(value)
    return Whole(*found) if isinstance(found, Streamed) else found


def _streamed(value: Any) -> dict[str, Any]:
    if not isinstance(value, Streamed):
        raise BadOutput(f"stream returns a Streamed, not {type(value).__name__}")
    emitted, texts = items(value.emitted), dict[int, list[Any]]()
    errors: dict[str, list[str]] = {}
    for row in emitted:
        texts.setdefault(row.request, []).append(row.chunk)
        errors.setdefault(str(row.request), []).extend([row.error] if row.error else [])
    rows = None if isinstance(value, Whole) else [list(row) for row in emitted]
    joined = {str(key): _joined(parts) for key, parts in texts.items()}
    return {"joined": joined, "errors": errors, "chunks": rows}


def _joined(parts: Sequence[str | bytes | None]) -> str | bytes:
    bits = [part for part in parts if part is not None]
    if any(isinstance(bit, bytes) for bit in bits):
        return b"".join(bit if isinstance(bit, bytes) else bit.encode() for bit in bits)
    return "".join(map(str, bits))


def _stopped(value: Any) -> dict[str, Any]:
    names = ("texts", "tail", "final", "matched", "reason", "error")
    if not all(hasattr(value, name) for name in names):
        raise BadOutput(f"stop returns a StopRun, not {type(value).__name__}")
    found = {name: getattr(value, name) for name in names}
    return {**found, "matched": [found["matched"]]}  # None is an answer here


def _generations(value: Any) -> dict[str, Any]:
    if not isinstance(value, list | tuple):
        raise BadOutput(f"generate returns a list, not {type(value).__name__}")
    return {name: [_part(one, name) for one in items(value)] for name in ("ids", "text", "finish")}


def _part(generation: Any, name: str) -> Any:
    if isinstance(generation, BaseException):
        return f"error {type(generation).__name__}"
    found = getattr(generation, name)
    return list(found) if isinstance(found, tuple) else found


def _id_lists(value: Any) -> dict[str, Any]:
    return {"ids": [plain_ids(one) for one in items(value)]}


def _deep(value: Any) -> Any:
    return deepcopy(value)


_ENCODING: Final = Surface(copied, _kept_encoding, _encoding, _taken_encoding)
_TEXT: Final = Surface(copied, owned, lambda value: {"text": plain_text(value)})

SURFACES: Final[Mapping[str, Surface]] = {
    "encode": _ENCODING,
    "encode_batch": Surface(copied, _kept_encodings, _encodings),
    "encode_cut": Surface(copied, _kept_encodings, _encodings),
    "decode": _TEXT,
    "decode_batch": Surface(copied, owned, _texts),
    "stream": Surface(copied, _deep, _streamed),
    "stop": Surface(copied, _deep, _stopped),
    "render": _TEXT,
    "expand": _TEXT,
    "chat_ids": Surface(copied, owned, lambda value: {"ids": plain_ids(value)}),
    "prompts": Surface(copied, _deep, _id_lists),
    "generate": Surface(copied, _deep, _generations),
}
"""The operations of a backend, and `generate` of an engine, by name."""
