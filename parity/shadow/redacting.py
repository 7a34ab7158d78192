"""What may leave of a call: digests, lengths and classes; no text, and no ids.

A digest is BLAKE2b over the layout of `signature.canonical`. Whoever holds the log and can guess a
short text can try it against its digest: a key (`Settings.key`) is against that, and then it takes
the key to find the input again. Ids of requests go out as they are: they are the way back. Names
of classes and of surfaces do so, too: they are code.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import index
from typing import Any, Final

from parity import jsonl
from parity.compare import Difference
from parity.shadow.outline import form
from parity.signature import canonical
from parity.types import Observation

HIDDEN: Final = "?"
"""In the place of a word that is not one of ours."""
ASPECTS: Final = frozenset({
    "ids", "offsets", "text", "joined", "chunks", "texts", "tail", "final", "matched", "reason",
    "error", "finish", "outcome", "value", "input_ids", "attention_mask", "token_type_ids",
    "type_ids", "special_tokens_mask", "overflowing", "tokens", "words",
    "gives", "end", "kinds",
    "complete", "prompt_ids", "reasoning", "tools", "usage", "prompt", "completion",
    "errors",
})  # fmt: skip
"""What an answer is made of, by name (`Surface.plain`)."""
KINDS: Final = frozenset({"value", "missing", "extra", "outcome", "type", "signature"})
ARGUMENTS: Final = frozenset({
    "text", "texts", "ids", "specials", "length", "script", "messages", "options", "source",
    "variables", "batch", "requests", "top", "skip_special", "skip_special_tokens",
    "add_special_tokens", "return_offsets_mapping", "padding", "truncation", "max_length",
    "is_pretokenized", "conversation", "tokenize", "add_generation_prompt", "sequence", "pair",
    "input", "token_ids", "allowed_special", "disallowed_special",
})  # fmt: skip
"""Names of arguments that are shown; another may be content."""
LONGEST: Final = 80
"""Characters of a name of a class that is shown."""


def plain(value: Any) -> Any:
    """Return a value as what `jsonl.plain` and `signature.canonical` take; tuples become lists.

    A float becomes {"float": its repr}. Raises TypeError for what is no data.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool | bytes):
        return value
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    return _plain_container(value)


def _plain_container(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        only_ids = set(map(type, value)) == {int}
        return list(value) if only_ids else [plain(item) for item in value]
    if isinstance(value, AbstractSet):
        return sorted((plain(item) for item in value), key=canonical)
    return int(index(value))


def _key(key: Any) -> Any:
    found = plain(key)
    return found if isinstance(found, str | bytes | int | None) else repr(found)


def written(value: Any) -> Any:
    """Return a value as it stands in a line with full content, and in a store."""
    return jsonl.plain(plain(value))


def restored(value: Any) -> Any:
    """Return what `written` was given, as plain data, with lists for tuples. Raises ValueError.

    >>> restored(written({"heat": 0.5, "data": b"a"}))
    {'heat': 0.5, 'data': b'a'}
    """
    return _with_floats(jsonl.unplain(value))


def _with_floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_floats(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(value.get("float"), str):
        return float(value["float"])
    return {key: _with_floats(item) for key, item in value.items()}


def digest(surface: str, args: Sequence[Any], named: Mapping[str, Any], key: bytes = b"") -> str:
    """Return the digest of what a surface was asked, by which it is found again.

    Raises TypeError where it holds what is no data.

    >>> digest("encode", ("a",), {}) == digest("encode", ["a"], {})
    True
    >>> digest("encode", ("a",), {}) == digest("encode", ("a",), {}, b"key")
    False
    """
    return hashed([surface, plain(args), plain(named)], key)


def answer(surface: str, value: Any, key: bytes = b"") -> str:
    """Return the digest of what a surface answered; it is not that of an equal input."""
    return hashed([surface, "answer", plain(value)], key)


def hashed(value: Any, key: bytes = b"") -> str:
    """Return the digest of plain data."""
    return hashlib.blake2b(canonical(value), digest_size=32, key=key).hexdigest()


def shape(surface: str, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an input is like: how many of what, and nothing of what it says.

    {"args": a form each, "named": a form each, by the name of the argument}

    >>> shape("decode", ([1, 2, -3],), {})["args"]
    [{'ids': 3, 'negative': True, 'large': False}]
    """
    del surface  # what is asked says what it is like
    forms: dict[str, Any] = {}
    for name, value in named.items():
        shown = name if name in ARGUMENTS else f"{HIDDEN}{len(forms)}"
        forms[shown] = form(value, is_option=shown == "specials")
    return {"args": [form(value, is_option=at > 0) for at, value in enumerate(args)],
            "named": forms}  # fmt: skip


def lengths(value: Any) -> dict[str, int]:
    """Return how long each aspect of an answer is, of those that have a length."""
    if not isinstance(value, Mapping):
        return {}
    sized = {name: part for name, part in value.items() if hasattr(part, "__len__")}
    return {known(name): len(part) for name, part in sized.items()}


def failure(seen: Observation) -> str:
    """Return the kind of a failure."""
    return word(seen.failure.kind) if seen.failure else ""


def difference(found: Difference | None, reference: Any) -> dict[str, Any] | None:
    """Return the first difference without what is there. reference: the whole of its answer."""
    if found is None:
        return None
    kind = found.kind if found.kind in KINDS else HIDDEN
    sizes = None if found.lengths is None else list(map(index, found.lengths))
    return {"kind": kind, "path": path(found.path, reference), "lengths": sizes}


def path(places: Sequence[Any], value: Any) -> list[int | str]:
    """Return a path with those keys hidden that are not names of aspects: they may be content.

    >>> path(("text", 0, 7), {"text": [{7: "a"}]})
    ['text', 0, '?']
    """
    shown: list[int | str] = []
    for place in places:
        is_index = type(place) is int and not isinstance(value, Mapping)
        shown.append(place if is_index else known(place))
        try:
            value = value[place]
        except (LookupError, TypeError):
            value = {}  # the reference has nothing there
    return shown


def known(name: Any) -> str:
    """Return the name of an aspect, or what stands for another."""
    return name if isinstance(name, str) and name in ASPECTS else HIDDEN


def word(name: Any) -> str:
    """Return the name of a class, or what stands for what is none.

    >>> word("ValueError"), word("no such file: a.txt"), word("theirs.Unsupported")
    ('ValueError', '?', '?.Unsupported')
    """
    if not isinstance(name, str) or len(name) > LONGEST or not name.isascii():
        return HIDDEN
    if name.endswith(".Unsupported"):  # `seeing.failed` names somebody else's so
        return "?.Unsupported"
    return name if name.isidentifier() else HIDDEN


def class_of(why: str) -> str:
    """Return the class of a divergence.

    >>> class_of("outcome.no such: secret"), class_of("ids.value")
    ('outcome.?', 'ids.value')
    """
    aspect, dot, kind = why.partition(".")
    return f"{known(aspect)}.{word(kind)}" if dot else word(aspect)


def counts(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return a snapshot of counts, whose classes and reasons are words."""
    told = dict(snapshot)
    if "classes" in told:
        told["classes"] = _summed(told["classes"], class_of)
    if "alike" in told:
        told["alike"] = _summed(told["alike"], word)
    if "reasons" in told:
        told["reasons"] = {fate: _summed(whys, word) for fate, whys in told["reasons"].items()}
    if "surfaces" in told:
        told["surfaces"] = {name: counts(one) for name, one in told["surfaces"].items()}
    return told


def _summed(numbers: Mapping[str, int], name: Any) -> dict[str, int]:
    found: Counter[str] = Counter()
    for why, number in numbers.items():
        found[name(why)] += number
    return dict(found)
