"""The key `pre_tokenizer`: cuts a text into the pieces that the model may not join.

    Split                        splitting.py, with what all cuts have in common
    ByteLevel                    byte_level.py
    Metaspace                    metaspace.py
    Whitespace WhitespaceSplit BertPreTokenizer Punctuation Digits CharDelimiterSplit FixedLength
    UnicodeScripts               characters.py
    Sequence                     hands every piece of one step to the next

Pieces without text vanish. ByteLevel does two things: it cuts, and it spells what it cut in the
byte alphabet. Where it is the last step the spelling is left to the caller, who can then keep what
the model made of a piece as the text spells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from parity.reference.normalizers.characters import byte_level as in_bytes
from parity.reference.pre_tokenizers.byte_level import read_byte_level
from parity.reference.pre_tokenizers.characters import (
    one_by_one,
    punctuation_of,
    read_delimiter,
    read_digits,
    read_fixed_length,
    read_punctuation,
    read_words,
    scripts,
    white_space,
)
from parity.reference.pre_tokenizers.metaspace import read_metaspace
from parity.reference.pre_tokenizers.splitting import Cut, cutter, read_split
from parity.reference.segments import Piece

if TYPE_CHECKING:
    from collections.abc import Callable

    from parity.reference.document import Node

__all__ = ["PreTokenizer", "read_pre_tokenizer"]

Cutting = tuple[Piece, int, int]
"""A piece, and the range of it that is meant: what is not changed need not be copied."""

PLAIN: Final[dict[str, list[Cut]]] = {
    "UnicodeScripts": [scripts],
    "WhitespaceSplit": [white_space],
}
"""Those that have no options."""

READERS: Final[dict[str, Callable[[Node], Cut]]] = {
    "ByteLevel": read_byte_level,
    "CharDelimiterSplit": read_delimiter,
    "Digits": read_digits,
    "FixedLength": read_fixed_length,
    "Metaspace": read_metaspace,
    "Punctuation": read_punctuation,
    "Split": read_split,
    "Whitespace": read_words,
}


SPELLING: Final = Cut(in_bytes)


class PreTokenizer(NamedTuple):
    """Steps that cut, and whether the pieces are then to be spelt in the byte alphabet."""

    steps: tuple[Cut, ...]
    spells: bool

    @property
    def spells_anywhere(self) -> bool:
        """Whether any step spells the text in the byte alphabet, character by character."""
        return self.spells or SPELLING in self.steps

    def cut(self, piece: Piece) -> list[Cutting]:
        """Return the pieces of a text, as the text spells them, in a form that costs little."""
        parts: list[Cutting] = [(piece, 0, len(piece.text))]
        for change, spans in self.steps:
            if change:
                changed = [change(whole.slice(start, end)) for whole, start, end in parts]
                parts = [(each, 0, len(each.text)) for each in changed]
            if spans:
                parts = [
                    (whole, begin + start, begin + end)
                    for whole, begin, stop in parts
                    for start, end in spans(whole.text[begin:stop])
                ]
        return [part for part in parts if part[1] < part[2]]

    def __call__(self, piece: Piece) -> list[Piece]:
        """Return the pieces of a text, as the model reads them."""
        pieces = [whole.slice(start, end) for whole, start, end in self.cut(piece)]
        return [in_bytes(each) for each in pieces] if self.spells else pieces


def read_pre_tokenizer(node: Node) -> PreTokenizer:
    """Return the pre-tokenizer that the node describes; raises BadSpec, Unsupported."""
    steps = _steps(node)
    if steps and steps[-1] is SPELLING:
        return PreTokenizer(tuple(steps[:-1]), spells=True)
    return PreTokenizer(tuple(steps), spells=False)


def _steps(node: Node) -> list[Cut]:
    if node.value is None:
        return []
    kind = node.kind()
    if kind == "Sequence":
        return [step for item in node.field("pretokenizers").steps() for step in _steps(item)]
    if kind in PLAIN:
        return PLAIN[kind]
    if kind == "BertPreTokenizer":
        return [white_space, cutter(one_by_one(punctuation_of(node)), "Isolated")]
    if kind not in READERS:
        raise node.unknown("pre_tokenizer", [*PLAIN, *READERS, "BertPreTokenizer", "Sequence"])
    return [READERS[kind](node), *([SPELLING] if kind == "ByteLevel" else [])]
