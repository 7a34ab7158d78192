"""Traps in where a text is cut, and in how it is merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import regex

from parity.alphabets import ages
from parity.backend import Backend
from parity.backends._faults.trap import Answers, Trap
from parity.types import Encoding, Specials

PAIRS: Final = 100_000
"""The id of the pair of digits 00, beyond any vocabulary's."""


YOUNG: Final = "".join(
    f"\\U{first:08x}-\\U{last:08x}" for ranges in ages().values() for first, last in ranges
)
"""The ranges of what Unicode assigned or changed since version 11, in a class of characters."""


class _Cuts(Trap):
    """Encodes pieces of their own one by one, where the text has them."""

    pattern: ClassVar[str]
    least = 2

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        pieces = [part for part in regex.split(f"({self.pattern})", str(text)) if part]
        if specials == "template" or len(pieces) < 2:
            return self.inner.encode(text, specials)
        ids = [id for piece in pieces for id in self.inner.encode(piece, specials).ids]
        return Encoding(ids, None)


class splits_punctuation(_Cuts):
    """Every punctuation character is a piece of its own."""

    cause = "punctuation"
    pattern = r"[\p{P}\p{S}]"


class splits_young_punctuation(_Cuts):
    """Punctuation of Unicode 11 and later is cut off, where the tokenizer's tables are older."""

    cause = "unicode-tables"
    base = "tiny:wordpiece"
    pattern = rf"(?V1:[\p{{P}}&&[{YOUNG}]])"


class splits_apostrophes(_Cuts):
    """An apostrophe is cut from what it shortens."""

    cause = "contraction"
    pattern = r"['\u2019]"


class splits_cjk(_Cuts):
    """Every Han, kana or Hangul character is a piece of its own."""

    cause = "cjk"
    pattern = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"


class splits_spaces(_Cuts):
    """A space is cut from the word that it stands before."""

    cause = "whitespace-cut"
    pattern = r" "


class splits_newlines(_Cuts):
    """Every newline is a piece of its own."""

    cause = "whitespace-cut"
    pattern = r"[\r\n]"


class merges_nothing(_Cuts):
    """Every character is encoded alone."""

    cause = "characters"
    pattern = r"(?s:.)"


class joins_digits(Answers):
    """Two digits are one token, where the tokenizer takes them one by one."""

    cause = "digits"
    least = 2

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.digits = {inner.encode(digit, "plain").ids[0]: int(digit) for digit in "0123456789"}

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        made: list[int] = []
        while ids:
            pair = [self.digits.get(id) for id in ids[:2]]
            if len(pair) > 1 and None not in pair:
                made.append(PAIRS + 10 * (pair[0] or 0) + (pair[1] or 0))
                del ids[:2]
            else:
                made.append(ids.pop(0))
        return made

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        parts = [divmod(id - PAIRS, 10) if id >= PAIRS else (id,) for id in ids]
        one = {digit: id for id, digit in self.digits.items()}
        spelt = [one[part] if len(many) > 1 else part for many in parts for part in many]
        return self.inner.decode(spelt, skip_special)


class loses_a_merge(Answers):
    """The token `er` is never made: its letters stay apart."""

    cause = "merge"
    least = 2

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.apart = {
            inner.encode("er", "plain").ids[0]: [inner.encode(c, "plain").ids[0] for c in "er"]
        }

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        return [part for id in ids for part in self.apart.get(id, [id])]


class takes_words_whole(Answers):
    """A word that is a token is spelt letter by letter: only whole lookups gave it."""

    cause = "ignore-merges"
    least = 2
    base = "tiny:byte-bpe-4096"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        if specials != "template" and str(text).isascii() and str(text).isalpha():
            tokens = self.inner.vocabulary().tokens
            if len(seen.ids) == 1 and tokens[seen.ids[0]] == text and len(str(text)) > 1:
                return Encoding([id for c in str(text) for id in self.inner.encode(c).ids], None)
        return seen
