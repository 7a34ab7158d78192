"""What an object is that nobody made a backend of: its kind, and the evidence of what it is.

A name says nothing: two tokenizers of one class are two things where their tables differ, and one
object that stands on both sides is one. So a tokenizer is known by the digest of what it can write
of itself, and a callable by its code and all that is bound to it.
"""

from __future__ import annotations

import functools
import hashlib
import types
from collections.abc import Callable, Mapping
from typing import Any, Final

from parity import fingerprint
from parity.backend import Backend, Identity

SHAPES: Final[Mapping[str, tuple[str, ...]]] = {
    "transformers": ("convert_tokens_to_ids", "convert_ids_to_tokens", "decode", "tokenize"),
    "tiktoken": ("encode_ordinary", "decode_bytes", "decode"),
    "tokenizers": ("encode_batch", "decode_batch", "token_to_id"),
}
"""The methods by which a kind of tokenizer is known, whatever its class is called."""
DEEP: Final = 6
"""How far what is bound to a callable is followed; beyond it an object is known by its place."""
WRITTEN: Final = '"added_tokens"'
"""Where in a tokenizer's own text its tables begin; before it is the state that calls set."""


def kind_of(thing: Any) -> str:
    """Return `backend`, a name of SHAPES, `callable`, or "" for what cannot be asked anything."""
    if isinstance(thing, Backend):
        return "backend"
    if not isinstance(thing, type):
        for kind, names in SHAPES.items():
            if all(callable(getattr(thing, name, None)) for name in names):
                return kind
    return "callable" if callable(thing) else ""


def about(thing: Any) -> dict[str, Any]:
    """Return the fingerprint of a backend, a tokenizer or a callable as plain data.

    Raises LoadFailed where it cannot say what it is.
    """
    if isinstance(thing, Backend):
        return fingerprint.take(thing.spec, thing)._asdict()
    return fingerprint.take("", _Shown(thing))._asdict()


class _Shown(Backend):
    """An object, as far as it is asked who it is."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def identity(self) -> Identity:
        kind = kind_of(self.thing)
        native = _inner(self.thing) if kind == "transformers" else self.thing
        classes = {type(self.thing), type(native if native is not None else self.thing)}
        tops = {owner.__module__.partition(".")[0] for owner in classes}
        return Identity(
            self.thing if native is None else native,
            packages=sorted(tops - {"builtins", "functools"}),
            facts=_facts(kind, self.thing),
        )


def _facts(kind: str, thing: Any) -> dict[str, str]:
    """Return what decides the answers of a thing; one that cannot tell it is itself alone."""
    try:
        return FACTS.get(kind, _of_callable)(thing)
    except Exception as error:  # noqa: BLE001 (a candidate under test, or a reference that serves)
        return {"object": _live(thing), "cannot be told": type(error).__name__}


def _of_transformers(thing: Any) -> dict[str, str]:
    inner = _inner(thing)
    if inner is None:
        tables = repr((sorted(thing.get_vocab().items()), getattr(thing, "init_kwargs", {})))
    else:
        _, found, tables = inner.to_str().partition(WRITTEN)
        tables = tables if found else inner.to_str()
    names = ("special_tokens_map", "padding_side", "truncation_side", "model_max_length",
             "clean_up_tokenization_spaces", "split_special_tokens")  # fmt: skip
    own = {name: repr(getattr(thing, name, None)) for name in names}
    template = repr(getattr(thing, "chat_template", None))
    return {"class": _named(type(thing)), "tables": _sha(tables), "template": _sha(template), **own}


def _of_tokenizers(thing: Any) -> dict[str, str]:
    written = thing.to_str() if hasattr(thing, "to_str") else _live(thing)
    plain = str(getattr(thing, "encode_special_tokens", None))
    return {"tables": _sha(written), "encode_special_tokens": plain}


def _of_tiktoken(thing: Any) -> dict[str, str]:
    names = ("_pat_str", "_special_tokens", "_mergeable_ranks")
    tables = [getattr(thing, name, None) for name in names]
    known = all(table is not None for table in tables)
    return {"tables": _sha(repr(tables) if known else _live(thing))}


def _of_callable(thing: Any) -> dict[str, str]:
    name = getattr(thing, "__qualname__", _named(type(thing)))
    return {"name": str(name), "made of": _sha(described(thing))}


FACTS: Final[Mapping[str, Callable[[Any], dict[str, str]]]] = {
    "transformers": _of_transformers,
    "tokenizers": _of_tokenizers,
    "tiktoken": _of_tiktoken,
    "callable": _of_callable,
}
"""What decides the answers of each kind."""


def described(thing: Any, deep: int = DEEP) -> str:  # noqa: PLR0911 (a kind a line)
    """Return what a callable is made of: code, defaults, and what it closes over or is bound to.

    An object that cannot say what it is, is itself alone: known by its place in memory.
    """
    if not deep:
        return _live(thing)
    if thing is None or isinstance(thing, str | bytes | int | float):
        return repr(thing)
    if isinstance(thing, type):
        return _named(thing)
    if isinstance(thing, tuple | list):
        return repr([described(item, deep - 1) for item in thing])
    if isinstance(thing, dict):
        return repr([(repr(key), described(item, deep - 1)) for key, item in thing.items()])
    kind = kind_of(thing)
    if kind not in ("", "callable"):
        return repr(sorted(about(thing)["facts"].items()) or _live(thing))
    return _of_parts(thing, deep)


def _of_parts(thing: Any, deep: int) -> str:
    if isinstance(thing, functools.partial):
        parts = [thing.func, thing.args, thing.keywords]
    elif isinstance(thing, types.MethodType):
        parts = [thing.__func__, thing.__self__]
    elif isinstance(thing, types.FunctionType):
        parts = [_code(thing.__code__), thing.__defaults__, thing.__kwdefaults__, _cells(thing)]
    elif isinstance(thing, types.BuiltinFunctionType):
        parts = [thing.__qualname__, thing.__self__]
    else:
        return _live(thing)
    return repr([_named(type(thing)), *(described(part, deep - 1) for part in parts)])


def _cells(function: types.FunctionType) -> list[Any]:
    return [_content(cell) for cell in function.__closure__ or ()]


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # what is bound later
        return None


def _code(code: types.CodeType) -> str:
    constants = [
        _code(one) if isinstance(one, types.CodeType) else repr(one) for one in code.co_consts
    ]
    own = code.co_filename, code.co_firstlineno, code.co_code, code.co_names, code.co_varnames
    return _sha(repr((own, constants)))


def _inner(thing: Any) -> Any:
    """Return the compiled tokenizer that a transformers tokenizer works with, or None."""
    inner = getattr(thing, "backend_tokenizer", None)
    return inner if hasattr(inner, "to_str") else None


def is_shared(one: Any, other: Any) -> bool:
    """Say whether two tokenizers are one object, or work with one."""
    ones, others = ({id(thing), id(_inner(thing) or thing)} for thing in (one, other))
    return bool(ones & others)


def _live(thing: Any) -> str:
    return f"{_named(type(thing))} at {id(thing):x}"


def _named(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
