"""What can be asked of tokenizers that are no backends of ours, by the names of their own methods.

An answer is copied as cheaply as its kind allows: a list of numbers by a slice, an `Encoding` of
tokenizers by a merge of itself alone, which stays in compiled code, a tensor by its own clone.
Aspects have one name for all kinds, so that one kind can be compared with another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from itertools import chain
from typing import Any, Final

from parity.errors import Unsupported
from parity.seeing import BadOutput, plain_ids, plain_text
from parity.shadow.surfaces import Arguments, Surface, flat

IMMUTABLE: Final = frozenset((str, int, float, bool, bytes, type(None)))
NAMES: Final = {"input_ids": "ids", "offset_mapping": "offsets", "token_type_ids": "type_ids"}
"""The keys of transformers by the names of aspects; others keep theirs."""
PARTS: Final = ("ids", "offsets", "tokens", "attention_mask", "type_ids", "special_tokens_mask")
DEEP: Final = 32
"""How deep plain data may be nested."""


def copied(args: tuple[Any, ...], named: dict[str, Any]) -> Arguments:
    """Return arguments of which nothing can be changed by whoever else has them."""
    return tuple(map(kept, args)), {name: kept(value) for name, value in named.items()}


def kept(value: Any) -> Any:  # noqa: PLR0911 (a kind a line)
    """Return a value that is nobody else's; a BatchEncoding becomes the mapping that it holds."""
    kind = type(value)
    if kind in IMMUTABLE:
        return value
    if kind is list:
        return _kept_list(value)
    if kind is dict:
        return {key: kept(item) for key, item in value.items()}
    if kind is tuple:
        return tuple(map(kept, value))
    if hasattr(value, "tolist"):
        return value.detach().clone() if hasattr(value, "detach") else deepcopy(value)
    if _is_encoding(value):
        return kind.merge([value], growing_offsets=False)
    held = getattr(value, "data", None)
    if isinstance(held, dict) and isinstance(value, Mapping):
        return {key: kept(item) for key, item in held.items()}
    return deepcopy(value)


def _kept_list(value: list[Any]) -> list[Any]:
    if value and type(value[0]) is int and flat(value):
        return value[:]
    kinds = set(map(type, value))
    if kinds <= IMMUTABLE:
        return value[:]
    if kinds == {tuple} and set(map(type, chain.from_iterable(value))) <= IMMUTABLE:
        return value[:]  # offsets
    return list(map(kept, value))


def _is_encoding(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ == "Encoding" and kind.__module__.partition(".")[0] == "tokenizers"


def encoded(value: Any) -> dict[str, Any]:
    """Return what any kind of tokenizer made of a text, or of several, by aspects."""
    if isinstance(value, Mapping):
        return _of_mapping(value)
    if hasattr(value, "ids") and hasattr(value, "offsets"):
        return _of_encoding(value)
    if isinstance(value, list) and value and hasattr(value[0], "ids"):
        rows = [_of_encoding(one) for one in value]
        return {name: _column(rows, name) for name in rows[0]}
    if isinstance(value, list) and not value:
        return {"ids": []}
    return {"ids": numbers(value)}


def _column(rows: list[dict[str, Any]], name: str) -> list[Any] | None:
    found = [row.get(name) for row in rows]
    return None if any(item is None for item in found) else found


def _of_encoding(value: Any) -> dict[str, Any]:
    if not hasattr(value, "ids"):
        raise BadOutput(f"a batch call returns encodings, not {type(value).__name__}")
    found: dict[str, Any] = {"ids": plain_ids(value.ids)}
    for name in PARTS[1:]:
        part = getattr(value, name, None)
        found[name] = None if part is None else [_item(one) for one in part]
    if hasattr(value, "overflowing"):
        found["overflowing"] = [_of_encoding(one) for one in value.overflowing]
    return found


def _item(value: Any) -> Any:
    return tuple(value) if isinstance(value, tuple | list) else value


def _of_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a BatchEncoding by aspects; `kinds` says what stands under each key, lists or tensors.

    Another kind of tokenizer has no such keys, and they are not compared with it.
    """
    if "input_ids" not in value:
        raise BadOutput(f"an encoding has input_ids, this has {sorted(map(str, value))}")
    found = {"ids": numbers(value["input_ids"])}
    for name, part in value.items():
        if name != "input_ids":
            found[NAMES.get(name, str(name))] = plain_value(part)
    return {**found, "kinds": {str(name): type(part).__name__ for name, part in value.items()}}


def numbers(value: Any) -> Any:
    """Return ids, lists of them, or a tensor of them, as plain lists. Raises BadOutput."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple) and value and isinstance(value[0], list | tuple):
        return [numbers(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    return plain_ids(value)


def texts(value: Any) -> dict[str, Any]:
    """Return decoded text, or several; transformers 5 decodes several where it is given several."""
    if isinstance(value, list | tuple):
        return {"text": [plain_text(one) for one in value]}
    return {"text": plain_text(value)}


def prompt(value: Any) -> dict[str, Any]:
    """Return what a chat template gave: text, or ids, or an encoding."""
    several = isinstance(value, list | tuple) and value and isinstance(value[0], str)
    return texts(value) if several or isinstance(value, str) else encoded(value)


def tokens(value: Any) -> dict[str, Any]:
    """Return token strings; an encoding has them, too."""
    if hasattr(value, "tokens") and hasattr(value, "ids"):
        value = value.tokens
    return {"tokens": _each(value, lambda one: None if one is None else plain_text(one))}


def converted(value: Any) -> dict[str, Any]:
    """Return the id of a token, which may be None, or those of several."""
    return {"ids": _each(value, lambda one: None if one is None else plain_ids([one])[0])}


def _each(value: Any, plain: Any) -> list[Any]:
    return [plain(one) for one in value] if isinstance(value, list | tuple) else [plain(value)]


def quick(value: Any) -> dict[str, Any]:
    """Return what a call gave that makes no offsets, and says zeros where they would stand."""
    return {name: part for name, part in encoded(value).items() if name != "offsets"}


def plain_value(value: Any, deep: int = DEEP) -> Any:  # noqa: PLR0911 (as above)
    """Return any value as plain data, by its fields where it is an object.

    Raises Unsupported for one that has no fields, or that is nested too deep.
    """
    if type(value) in IMMUTABLE:
        return "NaN" if type(value) is float and math.isnan(value) else value
    if not deep:
        raise Unsupported("what is nested so deep is not compared")
    if isinstance(value, Mapping):
        return {_key(key): plain_value(item, deep - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item, deep - 1) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain_value(item, deep - 1) for item in value), key=repr)
    if hasattr(value, "tolist"):
        return plain_value(value.tolist(), deep - 1)
    if _is_encoding(value):
        return _of_encoding(value)
    fields = getattr(value, "__dict__", None)
    if not isinstance(fields, dict):
        raise Unsupported(f"a {type(value).__name__} has no fields that could be compared")
    return {"of": type(value).__qualname__, **plain_value(fields, deep - 1)}


def _key(key: Any) -> str:
    return key if isinstance(key, str) else repr(key)


_ENCODED: Final = Surface(copied, kept, encoded)
_TEXTS: Final = Surface(copied, kept, texts)
_TOKENS: Final = Surface(copied, kept, tokens)

OBJECTS: Final[Mapping[str, Mapping[str, Surface]]] = {
    "transformers": {
        "__call__": _ENCODED,
        "encode": _ENCODED,
        "encode_plus": _ENCODED,
        "batch_encode_plus": _ENCODED,
        "decode": _TEXTS,
        "batch_decode": _TEXTS,
        "apply_chat_template": Surface(copied, kept, prompt),
        "convert_tokens_to_ids": Surface(copied, kept, converted),
        "convert_ids_to_tokens": _TOKENS,
        "tokenize": _TOKENS,
    },
    "tokenizers": {
        "encode": _ENCODED,
        "encode_batch": _ENCODED,
        "encode_batch_fast": Surface(copied, kept, quick),
        "decode": _TEXTS,
        "decode_batch": _TEXTS,
    },
    "tiktoken": {
        "encode": _ENCODED,
        "encode_ordinary": _ENCODED,
        "encode_batch": _ENCODED,
        "encode_ordinary_batch": _ENCODED,
        "decode": _TEXTS,
        "decode_bytes": _TEXTS,
        "decode_batch": _TEXTS,
    },
}
"""The operations of each kind of tokenizer, by the names of its methods."""
