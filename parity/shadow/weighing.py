"""How many tokens and characters a call has: of its answer, or else of what it was asked.

None is where neither says.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from parity.seeing import observe
from parity.stream_cases import StopScript
from parity.streams import Script
from parity.types import Encoding

IDS: Final = ("ids",)
TEXTS: Final = ("text", "joined", "final")
"""Aspects of an answer in which ids, and texts, are; the first that is there counts."""
ASKED: Final = (
    "text", "texts", "ids", "batch", "script", "input", "inputs", "sequence", "sequences",
    "token_ids",
)  # fmt: skip
"""Names by which callers give what is asked; `specials="plain"` is none, though it is a text."""


def question(args: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """Return what a call was asked: the first argument, or the one that is named so."""
    return args[0] if args else next((named[name] for name in ASKED if name in named), None)


def aspects(value: Any, plain: Callable[[Any], Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return an answer by aspects, None where it is none.

    Ids of encodings are taken as they are: making thousands of them plain holds the GIL for a
    millisecond, and they are only counted here.
    """
    rows = value if type(value) is list else [value]
    if rows and all(type(one) is Encoding and type(one.ids) is list for one in rows):
        return {"ids": [one.ids for one in rows]}
    seen = observe(plain, value)
    return None if seen.failure else seen.value


def tokens_of(asked: Any, answer: Mapping[str, Any]) -> int | None:
    """Return the number of tokens.

    >>> tokens_of("a b", {"ids": [1, 2]}), tokens_of([1, 2, 3], {"text": "a b c"})
    (2, 3)
    """
    return _of(ids_in, IDS, asked, answer)


def chars_of(asked: Any, answer: Mapping[str, Any]) -> int | None:
    """Return the number of characters, in code points; bytes have none.

    >>> chars_of("a b", {"ids": [1, 2]}), chars_of([1, 2, 3], {"text": "a b c"})
    (3, 5)
    """
    return _of(chars_in, TEXTS, asked, answer)


def _of(
    number_in: Callable[[Any], int | None],
    aspects: Iterable[str],
    asked: Any,
    answer: Mapping[str, Any],
) -> int | None:
    for aspect in aspects:
        found = answer.get(aspect)
        if found is not None:
            return number_in(list(found.values()) if isinstance(found, Mapping) else found)
    return number_in(asked)


def ids_in(value: Any) -> int | None:
    """Return how many ids a list, a list of lists or a script has, or None where it is none."""
    if isinstance(value, Script):
        return sum(len(step.ids) for batch in value.batches for step in batch)
    if isinstance(value, StopScript):
        return sum(map(len, value.steps))
    if not isinstance(value, list | tuple):
        return None
    if not value or type(value[0]) is type(value[-1]) is int:  # all of a long list would take long
        return len(value)
    return _sum(map(ids_in, value))


def chars_in(value: Any) -> int | None:
    """Return how many characters a text, or texts in a list, have."""
    if isinstance(value, str):
        return len(value)
    return _sum(map(chars_in, value)) if isinstance(value, list | tuple) else None


def _sum(numbers: Iterable[int | None]) -> int | None:
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def incomplete(chunk: Any) -> bool:
    r"""Say whether a chunk ends in U+FFFD, or in bytes of part of a character.

    >>> incomplete("a\ufffd"), incomplete(b"\xe2\x82"), incomplete(b"\xe2\x82\xac")
    (True, True, False)
    """
    if isinstance(chunk, bytes):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        decoder.decode(chunk)
        return bool(decoder.getstate()[0])
    return isinstance(chunk, str) and chunk.endswith("\ufffd")
