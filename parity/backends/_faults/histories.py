"""Faults of memory: what was asked before, or of another, changes what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parity.backend import Backend
from parity.backends._faults.fault import Fault
from parity.types import Encoding, Specials

HOLDS: Final = 500
"""Texts that a cache here holds; canaries push more through."""


class caches_by_prefix(Fault):
    """What one text gave is the answer for all that begin like it: who comes first wins."""

    caught_by = "cold_is_warm"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.known: dict[object, Encoding] = {}

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        return self.known.setdefault(text[:1], seen)


class loses_ids_after_eviction(Fault):
    """When its cache was full and is emptied, what it answers has lost its last id."""

    caught_by = "after_eviction"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.held: set[object] = set()
        self.emptied = False

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        self.held.add(text)
        self.emptied |= len(self.held) > HOLDS
        seen = self.inner.encode(text, specials)
        return Encoding(seen.ids[:-1]) if self.emptied else seen


class stays_cut(Fault):
    """After a call that cuts, the next call is cut too."""

    caught_by = "after_cut"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.length: int | None = None

    def encode_cut(self, texts: Sequence[str], length: int) -> list[Encoding]:
        self.length = length
        return self.inner.encode_cut(texts, length)

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        length, self.length = self.length, None
        return seen if length is None else Encoding(seen.ids[:length])


class shares_its_mode_with_others(Fault):
    """The mode that any of its kind was asked for last is the mode of all of them."""

    caught_by = "two_are_independent"
    mode: list[tuple[int, Specials]] = []  # noqa: RUF012 (of all of them: that is the fault)

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        other = next((mode for owner, mode in self.mode if owner != id(self)), specials)
        self.mode[:] = [(id(self), specials)]
        return self.inner.encode(text, other)
