"""Smaller inputs that are still so: what is not needed is left out, what is left is made plain.

Theory. Delta debugging (Zeller and Hildebrandt 2002): leave out halves, then ever smaller parts,
then single items, and keep whatever is still so. When no single item can go any more, what is left
is 1-minimal. Text goes by grapheme clusters first, so that half a cluster is not tried before
the whole one; then by code points; then each code point is replaced by the plainest one that
will do (a digit by `0`, any letter by `a`), so that two findings of one cause look alike. The
rounds go on until one of them changes nothing: that round is the proof.

Nothing is drawn at random and no clock is read, so the same question has the same answer on every
run. Tries are counted; where they run out, what is left is smaller, and not proven smallest.

    >>> text("apples 2,000, pears 42", lambda made: sum(map(str.isdigit, made)) > 1, Tries())
    '00'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import regex

TRIES: Final = 4000
"""Smaller inputs that are tried, at most."""
PLAIN: Final = "a0 .A\n-\u00e9\u4e00\u3042\u30a2\uac00\u0301\u200d"
"""Plain characters, the plainest first: what a finding is spelt with where it makes no odds."""
PLAIN_IDS: Final = (0, 1, 2)
PLAIN_BYTES: Final = b"a\x80"

T = TypeVar("T")
Items = TypeVar("Items", str, bytes, tuple[Any, ...])
Still = Callable[[T], bool]
"""Whether an input is still so."""


@dataclass
class Tries:
    """How often may be tried, and how often was; `wanting`: more was wanted.

    plain: whether what is left may be replaced by plainer things, too, and not only left out.
    """

    most: int = TRIES
    plain: bool = True
    made: int = 0
    wanting: bool = False

    def still(self, asked: Still[T], made: T) -> bool:
        """Ask, and count; when nothing is left, nothing is so."""
        if self.made >= self.most:
            self.wanting = True
            return False
        self.made += 1
        return asked(made)


def sequence(found: Items, still: Still[Items], tries: Tries, *, enough: int = 0) -> Items:
    """Return what is left when everything is left out without which it is `still` so.

    enough: the length at which it is short enough.

    >>> sequence("some text", lambda made: "x" in made, Tries())
    'x'
    """
    size = max(len(found) // 2, 1)
    while len(found) > enough:
        at, before = 0, len(found)
        while enough < len(found) and at < len(found):
            shorter = found[:at] + found[at + size :]
            if tries.still(still, shorter):
                found = shorter
            else:
                at += size
        if tries.wanting or (size == 1 and len(found) == before):
            break
        size = max(size // 2, 1)
    return found


def text(found: str, still: Still[str], tries: Tries, words: Sequence[str] = ()) -> str:
    """Return the smallest text that is still so.

    words: texts that may be needed whole; where one is, a shorter one is tried in its place.
    """
    before = None
    while before != found and not tries.wanting:
        before = found
        clusters = tuple(regex.findall(r"\X", found))
        found = "".join(sequence(clusters, lambda made: still("".join(made)), tries))
        found = sequence(found, still, tries)
        found = plainer(found, PLAIN, still, tries)
        found = _shorter_word(found, sorted(words, key=_length), still, tries)
    return found


def _length(word: str) -> tuple[int, str]:
    return len(word), word


def _shorter_word(found: str, words: Sequence[str], still: Still[str], tries: Tries) -> str:
    """Return the text with the longest word in it replaced by the first shorter one that does."""
    if not tries.plain:
        return found
    there = next((word for word in reversed(words) if word and word in found), "")
    for word in words:
        if not word or _length(word) >= _length(there):
            break
        other = found.replace(there, word)
        if tries.still(still, other):
            return other
    return found


def plainer(found: Items, plain: Items, still: Still[Items], tries: Tries) -> Items:
    """Return the input with each item replaced by the first plain one that will do.

    >>> plainer("\u5bb6 42", PLAIN, lambda made: made[-2:].isdigit(), Tries())
    'aa00'
    """
    for at in range(len(found) if tries.plain else 0):
        here = found[at : at + 1]
        known = plain.find(here) if isinstance(plain, str | bytes) else _place(plain, here[0])
        for place in range(len(plain) if known < 0 else known):
            other = found[:at] + plain[place : place + 1] + found[at + 1 :]
            if tries.still(still, other):
                found = other
                break
    return found


def _place(plain: Sequence[Any], item: Any) -> int:
    return plain.index(item) if item in plain else -1


def ids(found: tuple[int, ...], still: Still[tuple[int, ...]], tries: Tries) -> tuple[int, ...]:
    """Return the smallest ids that are still so."""
    return _both(found, PLAIN_IDS, still, tries)


def data(found: bytes, still: Still[bytes], tries: Tries) -> bytes:
    """Return the smallest bytes that are still so."""
    return _both(found, PLAIN_BYTES, still, tries)


def _both(found: Items, plain: Items, still: Still[Items], tries: Tries) -> Items:
    before = None
    while before != found and not tries.wanting:
        before = found
        found = plainer(sequence(found, still, tries), plain, still, tries)
    return found


def value(found: Any, still: Still[Any], tries: Tries) -> Any:
    """Return the smallest plain value (JSON's types) that is still so, item by item.

    >>> value([{"role": "user", "content": "hi"}], lambda made: "user" in str(made), Tries())
    [{'role': 'user'}]
    """
    before: Any = ...
    while before != found and not tries.wanting:
        before = found
        found = _smaller(found, still, tries)
    return found


def _smaller(found: Any, still: Still[Any], tries: Tries) -> Any:
    if isinstance(found, str):
        return text(found, still, tries)
    if isinstance(found, bool) or found is None:
        return found
    if isinstance(found, int):
        lower = (less for less in (0, 1) if tries.plain and less < found)
        return next((less for less in lower if tries.still(still, less)), found)
    if isinstance(found, dict):
        return _of_mapping(found, still, tries)
    if isinstance(found, list):
        kept = list(sequence(tuple(found), lambda made: still(list(made)), tries))
        for at in range(len(kept)):
            kept[at] = _smaller(kept[at], _with_item(kept, at, still), tries)
        return kept
    return found


def _of_mapping(found: dict[Any, Any], still: Still[Any], tries: Tries) -> dict[Any, Any]:
    kept = dict(sequence(tuple(found.items()), lambda made: still(dict(made)), tries))
    for key in list(kept):
        kept[key] = _smaller(kept[key], _with_item(kept, key, still), tries)
    return kept


def _with_item(whole: Any, at: Any, still: Still[Any]) -> Still[Any]:
    """Return whether the whole is still so with another item in one place."""

    def with_it(item: Any) -> bool:
        made = whole.copy()
        made[at] = item
        return still(made)

    return with_it


def first(found: T, smaller: Callable[[T], Iterator[T]], still: Still[T], tries: Tries) -> T:
    """Return what is left when no input that is one step smaller is still so.

    smaller: yields the inputs that are one step smaller, for what has a shape of its own.
    """
    while True:
        fewer = next((one for one in smaller(found) if tries.still(still, one)), None)
        if fewer is None:
            return found
        found = fewer
