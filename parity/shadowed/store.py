"""The user's own inputs, found again by their digests.

A line is {"surface": "encode", "args": [...], "named": {...}} as `jsonl.plain` writes values, or
short: {"text": ...}, {"ids": [...]} or {"messages": [...]}. What is short is tried as it is, as the
only argument of each surface that is looked for, and in the ways of SHORT.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import jsonl
from parity.errors import UsageError
from parity.shadow import redacting

SPECIALS: Final = ("parse", "plain", "template")
SHORT: Final[Mapping[str, Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]]]] = {
    "text": [
        ((), {}),
        *(((one,), {}) for one in SPECIALS),
        *(((), {"specials": one}) for one in SPECIALS),
        *(((), {"add_special_tokens": one}) for one in (True, False)),
    ],
    "ids": [
        ((), {}),
        *(((one,), {}) for one in (True, False)),
        *(((), {name: one}) for name in ("skip_special", "skip_special_tokens")
          for one in (True, False)),
    ],
    "messages": [((), {}), (({},), {})],
}  # fmt: skip
"""What is given beside a value, by the name of the value."""
LONG: Final = frozenset({"surface", "args", "named"})


class BadStore(UsageError):
    """A line of a store is wrong; the message starts with FILE:LINE."""


class Input(NamedTuple):
    """What a surface was given."""

    surface: str
    args: list[Any]
    named: dict[str, Any]


Wanted = tuple[str, bytes]
"""A digest, and the key that it is made with."""


def find(path: Path, wanted: Mapping[Wanted, str]) -> dict[str, Input]:
    """Return the inputs that are in a store, by their digests. Raises BadStore.

    wanted: the surface of each digest. Every line is read, so that no wrong one is left unsaid;
    only what is wanted is kept.
    """
    surfaces = frozenset(wanted.values())
    keys = sorted({key for _, key in wanted})
    found: dict[str, Input] = {}
    for one in _inputs(path, surfaces):
        if one.surface not in surfaces:
            continue
        for key in keys:
            digest = redacting.digest(*one, key)
            if wanted.get((digest, key)) == one.surface:
                found.setdefault(digest, one)
    return found


def _inputs(path: Path, surfaces: frozenset[str]) -> Iterator[Input]:
    try:
        for number, content in jsonl.lines(path):
            try:
                yield from list(_read(jsonl.parse(content), surfaces))
            except (ValueError, TypeError) as error:
                raise BadStore(f"{path}:{number}: {error}") from error
    except OSError as error:
        why = error.strerror or error
        raise BadStore(f"{path}: {why}; a store is a file of JSON lines") from error


def _read(line: Any, surfaces: frozenset[str]) -> Iterator[Input]:
    """Yield what a line of a store may be the input of. Raises ValueError, TypeError."""
    if not isinstance(line, dict):
        raise TypeError(f"a line is an object, not {ascii(line)[:40]}")
    if "surface" in line:
        yield _long(line)
        return
    names = [name for name in SHORT if name in line]
    if len(names) != 1 or len(line) != 1:
        have = ", ".join(map(ascii, line)) or "nothing"
        raise ValueError(
            f"a line has surface, args and named, or one of {', '.join(SHORT)} alone; it has {have}"
        )
    (name,) = names
    value = _short(name, redacting.restored(line[name]))
    for surface in sorted(surfaces):
        for args, named in SHORT[name]:
            yield Input(surface, [value, *args], dict(named))


def _long(line: Mapping[str, Any]) -> Input:
    unknown = sorted(set(line) - LONG)
    if unknown:
        raise ValueError(f"no key {unknown[0]!a} here; known: surface, args, named")
    surface = line["surface"]
    args, named = (
        redacting.restored(line.get(name, empty)) for name, empty in (("args", []), ("named", {}))
    )
    if not isinstance(surface, str) or not isinstance(args, list) or not isinstance(named, dict):
        raise TypeError("surface is a name, args a list and named an object")
    if not all(isinstance(name, str) for name in named):
        raise ValueError("the names of named are strings")
    redacting.digest(surface, args, named)
    return Input(surface, args, named)


def _short(name: str, value: Any) -> Any:
    if name == "text" and not isinstance(value, str | bytes):
        raise ValueError(f"text is a string, not {ascii(value)[:40]}")
    if name == "ids" and not (isinstance(value, list) and all(type(item) is int for item in value)):
        raise ValueError(f"ids is a list of integers, not {ascii(value)[:40]}")
    if name == "messages" and not isinstance(value, list):
        raise ValueError(f"messages is a list, not {ascii(value)[:40]}")
    redacting.digest("", [value], {})
    return value
