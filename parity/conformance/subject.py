"""What the rules ask: a backend, whose answers are looked at before anything is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final, TypeVar

from parity.backend import Backend
from parity.errors import Unsupported
from parity.seeing import (
    observe,
    plain_encoding,
    plain_encodings,
    plain_ids,
    plain_pairs,
    plain_text,
    plain_vocabulary,
)
from parity.types import Encoding, Failure, Specials, Vocabulary

TEXTS: Final = (
    "a", " ", "\n", "é", "漢", "😀", "ab", "e\u0301", "\r\n", '"\\', "\ufeffa", "a b", "\t a",
    "a\u2028b", "a  b", "12345", "hello", "a😀é b", "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "नमस्ते", "Hello, world!",
    "The quick brown fox jumps over the lazy dog; «čtyři» 漢字と仮名、😀 and 3.14159.",
)  # fmt: skip
"""What a backend is asked with, the smallest first: the first that shows a fault is the example."""
ENDINGS: Final = frozenset({"Crashed", "TimedOut", "OutOfMemory", "Garbage", "EngineDied"})
"""Kinds of failure that are no answer: the process of the backend did not live through the call."""
NO_VOCABULARY: Final = 1 << 24
"""More tokens than any vocabulary has."""
SHOWN: Final = 60
"""Characters of a value in an example."""
Given = TypeVar("Given")


class Broken(Exception):
    """A rule does not hold; the message is the smallest example that shows it."""


class Subject:
    """A backend under examination; every answer is plain data, or an exception of two kinds.

    Its methods raise Unsupported for what the backend has not, and Broken for any other error: they
    are asked for nothing that could go wrong. What can is asked with `tried`.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    @cached_property
    def size(self) -> int:
        """A number above every id of the vocabulary, or of any where there is none to be seen."""
        try:
            return max(self.vocabulary().tokens, default=-1) + 1
        except Unsupported:
            return NO_VOCABULARY

    def encode(self, text: str, specials: Specials = "parse") -> Encoding:
        """Return the ids of a text, and offsets or None."""
        return _must(f"encode({shown(text)})", _encoding, self.backend.encode, text, specials)

    def ids(self, text: str, specials: Specials = "parse") -> list[int]:
        """Return the ids of a text."""
        return self.encode(text, specials).ids

    def encode_batch(self, texts: Sequence[str], *, offsets: bool = False) -> list[Encoding]:
        """Return what the batch call makes of some texts."""
        told = f"encode_batch of {len(texts)} texts"
        call = self.backend.encode_batch
        return _must(told, _encodings, call, list(texts), "parse", offsets)

    def decode(self, ids: Sequence[int], *, skip: bool = False) -> str | bytes:
        """Return the text of some ids."""
        told = f"decode({shown(list(ids))})"
        return _must(told, _text, self.backend.decode, list(ids), skip)

    def decode_batch(self, batch: Sequence[Sequence[int]]) -> list[str | bytes]:
        """Return what the batch call makes of some lists of ids."""
        given = [list(ids) for ids in batch]
        told = f"decode_batch of {len(batch)} lists"
        return _must(told, _texts, self.backend.decode_batch, given, False)  # noqa: FBT003

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary."""
        return _must("vocabulary()", lambda: plain_vocabulary(self.backend.vocabulary()))

    def asked(self, told: str, call: Callable[..., Any], *args: Any) -> Any:
        """Return what any other call gives; `told` says which it is."""
        return _must(told, lambda: call(*args))

    def tried(self, call: Callable[..., Given], *args: Any) -> Given | Failure:
        """Return what a call gave that may fail: its value, or the Failure. Raises Unsupported."""
        seen = observe(call, *args)
        if seen.failure and seen.failure.kind == "Unsupported":
            raise Unsupported(seen.failure.message)
        return seen.failure or seen.value

    def try_encode(self, text: str | bytes) -> list[int] | Failure:
        """Return ids or the Failure of what may be no text. Raises Unsupported."""
        found: Encoding | Failure = self.tried(_encoding, self.backend.encode, text)
        return found if isinstance(found, Failure) else found.ids

    def try_decode(self, ids: Sequence[int]) -> str | bytes | Failure:
        """Return the text or the Failure of what may be no ids. Raises Unsupported."""
        return self.tried(_text, self.backend.decode, list(ids), False)  # noqa: FBT003


def shown(value: Any) -> str:
    """Return a value as an example shows it, in one short line of ASCII."""
    text = ascii(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def differ(told: str, one: Any, other: Any, how: str) -> None:
    """Raise Broken where two answers differ."""
    if one != other:
        raise Broken(f"{told} gives {shown(one)}, {how} {shown(other)}")


def _must(told: str, call: Callable[..., Given], *args: Any) -> Given:
    seen = observe(call, *args)
    if seen.failure is None:
        return seen.value  # type: ignore[no-any-return]
    if seen.failure.kind == "Unsupported":
        raise Unsupported(seen.failure.message)
    raise Broken(f"{told} fails: {seen.failure.kind}: {seen.failure.message[:200]}")


def _encoding(call: Callable[..., Any], *args: Any) -> Encoding:
    found = plain_encoding(call(*args))
    pairs = None if found.offsets is None else plain_pairs(found.offsets)
    return Encoding(plain_ids(found.ids), pairs)


def _encodings(call: Callable[..., Any], *args: Any) -> list[Encoding]:
    found = plain_encodings(call(*args))
    return [_encoding(lambda one: one, each) for each in found]


def _text(call: Callable[..., Any], *args: Any) -> str | bytes:
    return plain_text(call(*args))


def _texts(call: Callable[..., Any], *args: Any) -> list[str | bytes]:
    return [plain_text(text) for text in call(*args)]
