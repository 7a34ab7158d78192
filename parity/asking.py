"""Both sides of a pair, asked one question after the other; what was asked once is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import regex

from parity.backend import Backend
from parity.pieces import bytes_of
from parity.seeing import observe, plain_encoding, plain_ids, plain_pairs, plain_text
from parity.types import AddedToken, Encoding, Failure, Specials, Vocabulary

SIDES: Final = ("reference", "candidate")
REMEMBERED: Final = 20_000
"""Answers that are kept, at most."""


def encoded(side: Backend, text: str, specials: Specials) -> Encoding | Failure:
    """Return what a side makes of a text, as plain data."""
    seen = observe(_encoding, side, text, specials)
    found: Encoding | Failure = seen.failure or seen.value
    return found


def _encoding(side: Backend, text: str, specials: Specials) -> Encoding:
    found = plain_encoding(side.encode(text, specials))
    spans = None if found.offsets is None else plain_pairs(found.offsets)
    return Encoding(plain_ids(found.ids), spans)


def decoded(side: Backend, ids: Sequence[int], *, skip: bool) -> Any:
    """Return the text that a side makes of ids, or its failure."""
    seen = observe(lambda: plain_text(side.decode(list(ids), skip)))
    return seen.failure or seen.value


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return ""


class Asked:
    """Two backends, by side: `reference` and `candidate`.

    tokens: token strings by id, of each side, {} where it does not say.
    added: added tokens by id, of each side.
    """

    def __init__(self, reference: Backend, candidate: Backend) -> None:
        self.sides = {"reference": reference, "candidate": candidate}
        self.tokens: dict[str, dict[int, str]] = {}
        self.added: dict[str, dict[int, AddedToken]] = {}
        for name, side in self.sides.items():
            seen = observe(side.vocabulary)
            self.tokens[name] = dict(seen.value.tokens) if seen.value else {}
            self.added[name] = dict(seen.value.added) if seen.value else {}
        self._known: dict[Any, Any] = {}
        self._having: dict[regex.Pattern[str], list[str]] = {}

    @cached_property
    def texts(self) -> list[str]:
        """Texts that tokens of the reference stand for, or of the candidate, by id; each once."""
        for name in SIDES:
            if self.tokens[name]:
                known = bytes_of(Vocabulary(self.tokens[name], self.added[name]))
                made = [_text(known[id]) for id in sorted(known) if id not in self.added[name]]
                return list(dict.fromkeys(text for text in made if text))
        return []

    def having(self, pattern: regex.Pattern[str]) -> list[str]:
        """Return those of `texts` of more than one character in which a pattern is found."""
        if pattern not in self._having:
            self._having[pattern] = [
                text for text in self.texts if len(text) > 1 and pattern.search(text)
            ]
        return self._having[pattern]

    def ids(self, side: str, text: str, specials: Specials) -> tuple[int, ...] | Failure:
        """Return the ids of a text."""
        found = self.encoding(side, text, specials)
        return found if isinstance(found, Failure) else tuple(found.ids)

    def encoding(self, side: str, text: str, specials: Specials) -> Encoding | Failure:
        """Return the ids and offsets of a text."""
        key = side, text, specials
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = encoded(self.sides[side], text, specials)
        found: Encoding | Failure = self._known[key]
        return found

    def text(self, side: str, ids: Sequence[int], *, skip: bool) -> Any:
        """Return the text of ids, or the failure."""
        return decoded(self.sides[side], ids, skip=skip)

    def alike(self, text: str, specials: Specials) -> bool:
        """Say whether both sides give the same ids, or fail alike."""
        one, two = (self.ids(side, text, specials) for side in SIDES)
        if isinstance(one, Failure) and isinstance(two, Failure):
            return one.kind == two.kind
        return one == two

    def spelt(self, side: str, ids: Sequence[int]) -> list[str]:
        """Return the token strings of ids as a side's own vocabulary has them."""
        return [self.tokens[side].get(id, f"#{id}") for id in ids]
