r"""NFC, NFD, NFKC and NFKD, with the place of each new character.

Theory. The D forms (Unicode Standard Annex 15) decompose every character, NFKD by compatibility
too, and sort each run of combining marks by combining class; the C forms then compose again. To say
where a character of the result came from, the *first* part of each decomposed character is its head
and takes that character's place in the source with it; the other parts are tails and take nothing.
A composed character takes as many places as heads were merged into it. See `segments.rebuilt` for
what it then stands for: where marks are sorted, offsets stay in source order while the marks do
not.

Tables are those of Unicode 9, which tokenizers has: whatever the running Python knows beyond it is
taken as a character that neither combines nor decomposes (unicode_tables.INERT, U+07FD, U+32FF,
U+11938 ...). So `NFKC` leaves the Reiwa era sign U+32FF alone. Current Unicode does not; a file can
be read with it too (current.py).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import regex

from parity.reference.current import normalization
from parity.reference.segments import rebuilt
from parity.reference.unicode_tables import INERT, members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parity.reference.document import Node
    from parity.reference.segments import Part, Piece

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_DECOMPOSED: Final[dict[Form, Literal["NFD", "NFKD"]]] = {
    "NFC": "NFD",
    "NFD": "NFD",
    "NFKC": "NFKD",
    "NFKD": "NFKD",
}


_MARKS: Final = regex.compile(r"\p{M}{64}")
"""A run of marks: Python's own `normalize` sorts it with the square of its length."""


class NormalForms:
    """The four forms, by the tables of one version of Unicode.

    tables: a module with unicodedata's functions. inert: characters that it knows and that are
    taken as neither combining nor decomposing.
    """

    def __init__(self, tables: Any, inert: frozenset[str]) -> None:
        self._tables, self._inert = tables, inert
        self.combining = lru_cache(maxsize=1 << 14)(self._combining)
        self._decomposition = lru_cache(maxsize=1 << 14)(self._found_decomposition)
        self._pair = lru_cache(maxsize=1 << 14)(self._found_pair)

    def normalized(self, piece: Piece, form: Form) -> Piece:
        r"""Return the piece in one of the four forms.

        >>> from parity.reference.segments import whole
        >>> MODELLED.normalized(whole("e\u0301x"), "NFC")
        Piece(text='éx', starts=[0, 2], ends=[1, 3], base=0)
        """
        if not _MARKS.search(piece.text) and self._tables.normalize(form, piece.text) == piece.text:
            return piece  # each character takes itself, and with fewer marks known it still does
        return rebuilt(piece, self.parts(piece.text, form))

    def parts(self, text: str, form: Form) -> Iterator[Part]:
        """Return the characters of a normal form, each with the source characters it takes."""
        decomposed = self._sorted(self._decomposed(text, _DECOMPOSED[form]))
        return self._composed(decomposed) if form in ("NFC", "NFKC") else decomposed

    def _combining(self, char: str) -> int:
        return 0 if char in self._inert else self._tables.combining(char)

    def _found_decomposition(self, char: str, form: Literal["NFD", "NFKD"]) -> tuple[Part, ...]:
        if char in self._inert:
            return ((char, 1),)
        parts = self._tables.normalize(form, char)
        return ((parts[0], 1), *((tail, 0) for tail in parts[1:]))

    def _decomposed(self, text: str, form: Literal["NFD", "NFKD"]) -> Iterator[Part]:
        for char in text:
            yield from self._decomposition(char, form)

    def _sorted(self, parts: Iterable[Part]) -> Iterator[Part]:
        run: list[Part] = []
        for part in parts:
            if self.combining(part[0]) != 0:
                run.append(part)
                continue
            if run:
                yield from sorted(run, key=self._class_of)
                run = []
            yield part
        yield from sorted(run, key=self._class_of)

    def _class_of(self, part: Part) -> int:
        return self.combining(part[0])

    def _composed(self, parts: Iterable[Part]) -> Iterator[Part]:
        """Yield the parts with each starter composed with what follows it and is not blocked."""
        marks: list[Part] = []
        starter: Part | None = None
        for part in parts:
            blocking = self.combining(marks[-1][0]) if marks else -1
            merged = self._merged(starter, part, blocking)
            if merged is not None:
                starter = merged
            elif self.combining(part[0]) == 0:
                yield from _cluster(starter, marks)
                starter, marks = part, []
            else:
                marks.append(part)
        yield from _cluster(starter, marks)

    def _merged(self, starter: Part | None, part: Part, blocking: int) -> Part | None:
        """Return the starter with `part` composed into it; None where it must stand alone."""
        if starter is None or blocking >= self.combining(part[0]):
            return None
        char = self._pair(starter[0], part[0])
        return (char, starter[1] + part[1]) if char else None

    def _found_pair(self, first: str, second: str) -> str:
        """Return the primary composite of two characters, or the empty string."""
        char: str = self._tables.normalize("NFC", first + second)
        if len(char) != 1 or char in self._inert:
            return ""
        if "\uac00" <= char <= "\ud7a3":  # Hangul syllables: by arithmetic, not by table
            return char
        whole = f"{ord(first):04X} {ord(second):04X}"
        return char if self._tables.decomposition(char) == whole else ""


def _cluster(starter: Part | None, marks: list[Part]) -> list[Part]:
    return marks if starter is None else [starter, *marks]


MODELLED: Final = NormalForms(unicodedata, members(INERT))
"""As tokenizers has them."""


def forms_of(node: Node) -> NormalForms:
    """Return the forms that a file is read with. Raises MissingPackage."""
    return NormalForms(normalization(), frozenset()) if node.current else MODELLED


FORMS: Final[tuple[Form, ...]] = ("NFC", "NFD", "NFKC", "NFKD")
"""The names of the forms."""
