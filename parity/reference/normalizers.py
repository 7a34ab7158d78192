r"""The key `normalizer`: NFC, Sequence and null, with the place of each new character.

Theory. Normalisation form C (Unicode Standard Annex 15) decomposes every character, sorts each run
of combining marks by combining class, and composes again. To say where a character of the result
came from, the *first* part of each decomposed character is its head and takes that character's
place in the source with it; the other parts are tails and take nothing. A composed character owns
as many heads as were merged into it. tokenizers then hands out the source characters strictly from
left to right, whatever sorting did:

    a character that owns n >= 1 heads   takes n source characters, stands for the first of them
    a character that owns no head        takes none, stands for the last that was taken

So a composed character is reported shorter than what it was made of: of "e\u0301x" the é has the
offsets (0, 1) and not (0, 2), and x has (2, 3). And where marks are sorted, offsets stay in
source order while the marks do not. Found by experiment on tokenizers 0.23.3, and kept, since the
offsets are what is compared.

Tables are those of the running Python (`unicodedata.unidata_version`). tokenizers' NFC has older
ones: against Python 3.11 (Unicode 14) it sorts 98 younger combining marks otherwise (U+07FD,
U+0898, U+16FF0 ...) and does not compose U+11938. That difference is real and is not hidden here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

from parity.reference.segments import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parity.reference.document import Node

Normalizer = Callable[[Piece], Piece]
Part = tuple[str, int]
"""A character and the number of heads, that is of source characters, that it owns."""


def read_normalizer(node: Node) -> Normalizer:
    """Return the normaliser that the node describes; raises Unsupported for all but NFC."""
    if node.value is None:
        return unchanged
    if node.kind() == "NFC":
        return nfc
    if node.kind() != "Sequence":
        raise node.unread(f"normalizer {node.kind()}")
    steps = [read_normalizer(item) for item in node.field("normalizers").items()]
    return lambda piece: reduce(lambda done, step: step(done), steps, piece)


def unchanged(piece: Piece) -> Piece:
    """Return the piece as it is: what null means."""
    return piece


def nfc(piece: Piece) -> Piece:
    r"""Return the piece in normalisation form C.

    >>> from parity.reference.segments import whole
    >>> nfc(whole("e\u0301x"))
    Piece(text='éx', starts=[0, 2], ends=[1, 3])
    """
    if unicodedata.is_normalized("NFC", piece.text):
        return piece  # every character then takes itself
    parts = list(composed(piece.text))
    places = list(_places(heads for _, heads in parts))
    return Piece(
        "".join(char for char, _ in parts),
        [piece.starts[place] for place in places],
        [piece.ends[place] for place in places],
    )


def composed(text: str) -> Iterator[Part]:
    """Yield the characters of NFC(text), each with the number of source characters it owns."""
    marks: list[Part] = []
    starter: Part | None = None
    for part in _sorted(_decomposed(text)):
        blocking = unicodedata.combining(marks[-1][0]) if marks else -1
        merged = _merged(starter, part, blocking)
        if merged is not None:
            starter = merged
        elif unicodedata.combining(part[0]) == 0:
            yield from _cluster(starter, marks)
            starter, marks = part, []
        else:
            marks.append(part)
    yield from _cluster(starter, marks)


def _decomposed(text: str) -> Iterator[Part]:
    for char in text:
        parts = unicodedata.normalize("NFD", char)
        yield parts[0], 1
        for tail in parts[1:]:
            yield tail, 0


def _sorted(parts: Iterable[Part]) -> Iterator[Part]:
    run: list[Part] = []
    for part in parts:
        if unicodedata.combining(part[0]) == 0:
            yield from sorted(run, key=_combining_class)
            run = []
            yield part
        else:
            run.append(part)
    yield from sorted(run, key=_combining_class)


def _combining_class(part: Part) -> int:
    return unicodedata.combining(part[0])


def _merged(starter: Part | None, part: Part, blocking: int) -> Part | None:
    """Return the starter with `part` composed into it; None where it must stand alone."""
    if starter is None or blocking >= unicodedata.combining(part[0]):
        return None
    char = _pair(starter[0], part[0])
    return (char, starter[1] + part[1]) if char else None


@lru_cache(maxsize=4096)
def _pair(first: str, second: str) -> str:
    """Return the primary composite of two characters, or the empty string."""
    char = unicodedata.normalize("NFC", first + second)
    if len(char) != 1:
        return ""
    if "\uac00" <= char <= "\ud7a3":  # Hangul syllables are composed by arithmetic, not by table
        return char
    return char if unicodedata.decomposition(char) == f"{ord(first):04X} {ord(second):04X}" else ""


def _cluster(starter: Part | None, marks: list[Part]) -> list[Part]:
    return marks if starter is None else [starter, *marks]


def _places(heads: Iterable[int]) -> Iterator[int]:
    taken = 0
    for count in heads:
        yield taken if count else taken - 1
        taken += count
