"""What may leave of a call: digests, counts, lengths and classes; no text, and no ids.

A digest is BLAKE2b over the layout of `signature.canonical`. Whoever holds the log and can guess a
short text can try it against its digest: a key (`Settings.key`) is against that, and then it takes
the key to find the input again. Ids of requests go out as they are: they are the way back.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
from collections.abc import Mapping, Sequence, Set
from operator import index
from typing import Any, Final

from parity.compare import Difference
from parity.signature import canonical
from parity.types import Observation

HIDDEN: Final = "?"
"""In the place of a word that is not one of ours."""
ASPECTS: Final = frozenset({
    "ids", "offsets", "text", "joined", "chunks", "texts", "tail", "final", "matched", "reason",
    "error", "finish", "outcome", "value", "input_ids", "attention_mask", "token_type_ids",
    "type_ids", "special_tokens_mask", "overflowing", "tokens", "words",
})  # fmt: skip
"""What an answer is made of, by name (`Surface.plain`)."""
KINDS: Final = frozenset({"value", "missing", "extra", "outcome", "type", "signature"})
LONGEST_WORD: Final = 80


def plain(value: Any) -> Any:
    """Return a value as what `jsonl.plain` and `signature.canonical` take; tuples become lists.

    A float becomes {"float": its repr}. Raises TypeError for what is no data.
    """
    if value is None or isinstance(value, bool | str | bytes):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return list(value) if set(map(type, value)) == {int} else [plain(item) for item in value]
    if isinstance(value, Set):
        return sorted((plain(item) for item in value), key=canonical)
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    return index(value)


def digest(surface: str, args: Sequence[Any], named: Mapping[str, Any], key: bytes = b"") -> str:
    """Return the digest of what a surface was asked, by which it is found again.

    Raises TypeError where it holds what is no data.

    >>> digest("encode", ("a",), {}) == digest("encode", ["a"], {})
    True
    >>> digest("encode", ("a",), {}) == digest("encode", ("a",), {}, b"key")
    False
    """
    return hashed([surface, plain(args), plain(named)], key)


def hashed(value: Any, key: bytes = b"") -> str:
    """Return the digest of plain data."""
    return hashlib.blake2b(canonical(value), digest_size=32, key=key).hexdigest()


def shape(surface: str, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an input is like."""
    return {"args": len(args), "named": len(named)}


def told(seen: Observation, surface: str, key: bytes) -> dict[str, Any]:
    """Return what may be said of an answer."""
    if seen.failure is not None:
        return {"failure": word(seen.failure.kind)}
    value = seen.value
    aspects = value.items() if isinstance(value, Mapping) else ()
    lengths = {known(name): len(part) for name, part in aspects if hasattr(part, "__len__")}
    return {"digest": hashed([surface, "answer", plain(value)], key), "lengths": lengths}


def difference(found: Difference | None, reference: Any) -> dict[str, Any] | None:
    """Return the first difference without what is there."""
    if found is None:
        return None
    kind = found.kind if found.kind in KINDS else HIDDEN
    lengths = None if found.lengths is None else list(map(index, found.lengths))
    return {"kind": kind, "path": path(found.path, reference), "lengths": lengths}


def path(places: Sequence[Any], value: Any) -> list[int | str]:
    """Return a path with the keys hidden that are not names of aspects: they may be content."""
    shown: list[int | str] = []
    for place in places:
        is_index = type(place) is int and not isinstance(value, Mapping)
        shown.append(place if is_index else known(place))
        try:
            value = value[place]
        except Exception:  # noqa: BLE001 (the reference has nothing there)
            value = None
    return shown


def known(name: Any) -> str:
    """Return the name of an aspect, or what stands for another."""
    return name if isinstance(name, str) and name in ASPECTS else HIDDEN


def word(name: Any) -> str:
    """Return the name of a class, or what stands for what is none."""
    if isinstance(name, str) and name.isascii() and name.isidentifier():
        return name if len(name) <= LONGEST_WORD else HIDDEN
    return HIDDEN


def class_of(why: str) -> str:
    """Return the class of a divergence, such as `ids.value` or `outcome.ValueError`.

    >>> class_of("outcome.no such: secret"), class_of("ids.value")
    ('outcome.?', 'ids.value')
    """
    aspect, dot, kind = why.partition(".")
    return f"{known(aspect)}.{word(kind)}" if dot else word(aspect)


def _key(key: Any) -> Any:
    found = plain(key)
    return found if isinstance(found, str | bytes | int | type(None)) else repr(found)
