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
U+11938 ...). So `NFKC` leaves the Reiwa era sign U+32FF alone, and current Unicode does not.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, Literal

from parity.reference.segments import rebuilt
from parity.reference.unicode_tables import INERT, members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parity.reference.segments import Part, Piece

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_INERT: Final = members(INERT)
_DECOMPOSED: Final[dict[Form, Literal["NFD", "NFKD"]]] = {
    "NFC": "NFD",
    "NFD": "NFD",
    "NFKC": "NFKD",
    "NFKD": "NFKD",
}


def normalized(piece: Piece, form: Form) -> Piece:
    r"""Return the piece in one of the four forms.

    >>> from parity.reference.segments import whole
    >>> normalized(whole("e\u0301x"), "NFC")
    Piece(text='éx', starts=[0, 2], ends=[1, 3], base=0)
    """
    if unicodedata.is_normalized(form, piece.text):
        return piece  # every character then takes itself, and with fewer marks known it still does
    return rebuilt(piece, parts(piece.text, form))


def parts(text: str, form: Form) -> Iterator[Part]:
    """Return the characters of a normal form, each with the source characters that it takes."""
    decomposed = _sorted(_decomposed(text, _DECOMPOSED[form]))
    return _composed(decomposed) if form in ("NFC", "NFKC") else decomposed


def combining(char: str) -> int:
    """Return the canonical combining class of a character in Unicode 9."""
    return 0 if char in _INERT else unicodedata.combining(char)


@lru_cache(maxsize=1 << 14)
def _decomposition(char: str, form: Literal["NFD", "NFKD"]) -> tuple[Part, ...]:
    if char in _INERT:
        return ((char, 1),)
    parts = unicodedata.normalize(form, char)
    return ((parts[0], 1), *((tail, 0) for tail in parts[1:]))


def _decomposed(text: str, form: Literal["NFD", "NFKD"]) -> Iterator[Part]:
    for char in text:
        yield from _decomposition(char, form)


def _sorted(parts: Iterable[Part]) -> Iterator[Part]:
    run: list[Part] = []
    for part in parts:
        if combining(part[0]) != 0:
            run.append(part)
            continue
        if run:
            yield from sorted(run, key=_combining_class)
            run = []
        yield part
    yield from sorted(run, key=_combining_class)


def _combining_class(part: Part) -> int:
    return combining(part[0])


def _composed(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the parts with each starter composed with what follows it and is not blocked."""
    marks: list[Part] = []
    starter: Part | None = None
    for part in parts:
        blocking = combining(marks[-1][0]) if marks else -1
        merged = _merged(starter, part, blocking)
        if merged is not None:
            starter = merged
        elif combining(part[0]) == 0:
            yield from _cluster(starter, marks)
            starter, marks = part, []
        else:
            marks.append(part)
    yield from _cluster(starter, marks)


def _merged(starter: Part | None, part: Part, blocking: int) -> Part | None:
    """Return the starter with `part` composed into it; None where it must stand alone."""
    if starter is None or blocking >= combining(part[0]):
        return None
    char = _pair(starter[0], part[0])
    return (char, starter[1] + part[1]) if char else None


@lru_cache(maxsize=1 << 14)
def _pair(first: str, second: str) -> str:
    """Return the primary composite of two characters, or the empty string."""
    char = unicodedata.normalize("NFC", first + second)
    if len(char) != 1 or char in _INERT:
        return ""
    if "\uac00" <= char <= "\ud7a3":  # Hangul syllables are composed by arithmetic, not by table
        return char
    return char if unicodedata.decomposition(char) == f"{ord(first):04X} {ord(second):04X}" else ""


def _cluster(starter: Part | None, marks: list[Part]) -> list[Part]:
    return marks if starter is None else [starter, *marks]


FORMS: Final[dict[str, Callable[[Piece], Piece]]] = {
    form: partial(normalized, form=form) for form in _DECOMPOSED
}
