"""A fault that only some inputs show: one trap, one cause, and the smallest input that shows it."""

from __future__ import annotations

from parity.backends._faults.fault import Fault
from parity.types import Encoding, Specials


class Trap(Fault):
    """A fault that a generator must find, a classifier must name and a minimiser must lay bare.

    cause: its name in `parity.causes`.
    least: the length of the smallest input that shows it, in code points or ids.
    base: the tokenizer that it is put upon; `tiny:NAME`.
    mode: the mode of special tokens in which it shows.
    """

    caught_by = "ids"
    cause = ""
    least = 1
    base = "tiny:byte-bpe-4096"
    mode: Specials = "parse"


class Reads(Trap):
    """Encodes another form of the text; ranges of the text are those of that form."""

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(self.form(str(text)), specials)

    def form(self, text: str) -> str:
        raise NotImplementedError


class Answers(Trap):
    """Encodes the text, and answers other ids."""

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        return Encoding(self.spoil(list(seen.ids), specials), None)

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        raise NotImplementedError
