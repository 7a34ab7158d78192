"""The normalisers that look at one character at a time.

    Lowercase        every character by its own mapping: no final sigma; U+0130 becomes two
    StripAccents     removes combining marks; decomposes nothing, so it is used behind NFD
    Strip            removes White_Space at the ends
    Prepend          puts a text in front, unless there is nothing to put it in front of
    Nmt              SentencePiece's nmt: drops some controls, turns some separators into spaces
    ByteLevel        spells the text in the byte alphabet
    BertNormalizer   clean_text drops controls and turns White_Space into spaces;
                     handle_chinese_chars puts spaces around ideographs; strip_accents (null: where
                     lowercase is on) is NFD without nonspacing marks; then lowercase

A new character stands for what the one before it stands for. Which characters are meant is in
unicode_tables, by measurement: the tables are of Unicode 8, 9 and 17.

Source: the format's documentation; BERT's tokenization.py for BertNormalizer; sentencepiece's
normalizer rule `nmt` for Nmt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from parity.reference import current
from parity.reference.byte_alphabet import BYTE_TO_CHAR
from parity.reference.normalizers.forms import forms_of
from parity.reference.segments import Piece, rebuilt
from parity.reference.tables import Table
from parity.reference.unicode_tables import (
    COMBINING,
    CONTROL,
    IDEOGRAPHS,
    LOWERED,
    NONSPACING,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from parity.reference.document import Node
    from parity.reference.segments import Part

SPACES: Final = Table("9-d 20 85 a0 1680 2000-200a 2028-2029 202f 205f 3000")
"""White_Space, the same since Unicode 6.3."""
NMT_DROPPED: Final = Table("1-8 b e-1f 7f 8f 9f")
NMT_SPACES: Final = Table("9-a c-d 1680 200b-200f 2028-2029 2581 feff fffd")

_COMBINING: Final = Table(COMBINING)
_NONSPACING: Final = Table(NONSPACING)
_CONTROL: Final = Table(CONTROL)
_IDEOGRAPHS: Final = Table(IDEOGRAPHS)


class _Lower(dict[str, str]):
    """The lower case of each character; Python's, and what Unicode 17 has more."""

    def __missing__(self, char: str) -> str:
        self[char] = lower = char.lower()
        return lower


_LOWER: Final = _Lower(
    (chr(int(upper, 16)), chr(int(lower, 16)))
    for upper, lower in (pair.split(">") for pair in LOWERED.split())
)


def lowercase(piece: Piece) -> Piece:
    r"""Return the piece in lower case.

    >>> from parity.reference.segments import whole
    >>> lowercase(whole("ΑΣ\u0130")).text == "ασi\u0307"
    True
    """
    return _mapped(piece, _LOWER)


def nmt(piece: Piece) -> Piece:
    """Return the piece as SentencePiece's rule `nmt` leaves it, before its NFKC."""
    return _spaced(_dropped(piece, NMT_DROPPED), NMT_SPACES)


def read_strip_accents(node: Node) -> Callable[[Piece], Piece]:
    """Return the normaliser StripAccents, which drops combining marks."""
    marks = current.COMBINING if node.current else _COMBINING
    return lambda piece: _dropped(piece, marks)


def byte_level(piece: Piece) -> Piece:
    """Return the piece in the byte alphabet.

    >>> from parity.reference.segments import whole
    >>> byte_level(whole("é x"))
    Piece(text='Ã©Ġx', starts=[0, 0, 1, 2], ends=[1, 1, 2, 3], base=0)
    """
    return _mapped(piece, SPELLINGS)


class _Spellings(dict[str, str]):
    def __missing__(self, char: str) -> str:
        self[char] = spelling = "".join([BYTE_TO_CHAR[byte] for byte in char.encode()])
        return spelling


SPELLINGS: Final[Mapping[str, str]] = _Spellings()
"""Each character in the byte alphabet."""


def prepended(piece: Piece, text: str) -> Piece:
    """Return a piece that is not empty with a text in front, which stands for what it precedes."""
    count = len(text)
    return Piece(
        text + piece.text,
        [piece.starts[0]] * count + list(piece.starts),
        [piece.ends[0]] * count + list(piece.ends),
        piece.base,
    )


def read_prepend(node: Node) -> Callable[[Piece], Piece]:
    """Return the normaliser Prepend."""
    text = node.field("prepend").expect(str)
    if not text:  # tokenizers moves the offset of the first character then
        raise node.field("prepend").unread("a prepend of nothing")
    return lambda piece: prepended(piece, text) if piece.text else piece


def read_strip(node: Node) -> Callable[[Piece], Piece]:
    """Return the normaliser Strip."""
    left = node.field("strip_left").expect(bool)
    right = node.field("strip_right").expect(bool)

    def run(piece: Piece) -> Piece:
        start, end = 0, len(piece.text)
        while left and start < end and SPACES[piece.text[start]]:
            start += 1
        while right and start < end and SPACES[piece.text[end - 1]]:
            end -= 1
        return piece if end - start == len(piece.text) else piece.kept(range(start, end))

    return run


def read_bert(node: Node) -> Callable[[Piece], Piece]:
    """Return the BertNormalizer; only strip_accents may be missing or null."""
    lowers = node.field("lowercase").expect(bool)
    accents = node.get("strip_accents")
    control = current.CONTROL if node.current else _CONTROL
    marks, forms = current.NONSPACING if node.current else _NONSPACING, forms_of(node)

    def clean(piece: Piece) -> Piece:
        return _spaced(_dropped(piece, control), SPACES)

    def bare(piece: Piece) -> Piece:
        return _dropped(forms.normalized(piece, "NFD"), marks)

    switches: dict[Callable[[Piece], Piece], bool] = {
        clean: node.field("clean_text").expect(bool),
        _ideographs: node.field("handle_chinese_chars").expect(bool),
        bare: lowers if accents.value is None else accents.expect(bool),
        lowercase: lowers,
    }
    steps = [step for step, on in switches.items() if on]

    def run(piece: Piece) -> Piece:
        for step in steps:
            piece = step(piece)
        return piece

    return run


def _ideographs(piece: Piece) -> Piece:
    if piece.text.isascii() or not _IDEOGRAPHS.places(piece.text):
        return piece
    parts: list[Part] = []
    for char in piece.text:
        parts += [(" ", 1), (char, 0), (" ", 0)] if _IDEOGRAPHS[char] else [(char, 1)]
    return rebuilt(piece, parts)


def _dropped(piece: Piece, table: Table) -> Piece:
    places = table.without(piece.text)
    return piece if len(places) == len(piece.text) else piece.kept(places)


def _spaced(piece: Piece, table: Table) -> Piece:
    text = "".join([" " if table[char] else char for char in piece.text])
    return piece._replace(text=text)


def _mapped(piece: Piece, mapping: Mapping[str, str]) -> Piece:
    """Return the piece with each character replaced by some, all standing for what it stood for."""
    made = [mapping[char] for char in piece.text]
    text = "".join(made)
    if len(text) == len(made):
        return piece._replace(text=text)
    return Piece(
        text,
        [start for start, chars in zip(piece.starts, made, strict=True) for _ in chars],
        [end for end, chars in zip(piece.ends, made, strict=True) for _ in chars],
        piece.base,
    )
