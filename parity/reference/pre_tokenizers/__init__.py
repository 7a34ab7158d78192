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
    bert,
    read_delimiter,
    read_digits,
    read_fixed_length,
    read_punctuation,
    scripts,
    white_space,
    words,
)
from parity.reference.pre_tokenizers.metaspace import read_metaspace
from parity.reference.pre_tokenizers.splitting import read_split

if TYPE_CHECKING:
    from collections.abc import Callable

    from parity.reference.document import Node
    from parity.reference.pre_tokenizers.splitting import Cut
    from parity.reference.segments import Piece

__all__ = ["PreTokenizer", "read_pre_tokenizer"]

PLAIN: Final[dict[str, Cut]] = {
    "BertPreTokenizer": bert,
    "UnicodeScripts": scripts,
    "Whitespace": words,
    "WhitespaceSplit": white_space,
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
}


class PreTokenizer(NamedTuple):
    """Steps that cut, and whether the pieces are then to be spelt in the byte alphabet."""

    steps: tuple[Cut, ...]
    spells: bool

    def cut(self, piece: Piece) -> list[Piece]:
        """Return the pieces of a text, as the text spells them."""
        pieces = [piece]
        for step in self.steps:
            pieces = [part for each in pieces for part in step(each)] if pieces else []
        return [each for each in pieces if each.text]

    def __call__(self, piece: Piece) -> list[Piece]:
        """Return the pieces of a text, as the model reads them."""
        pieces = self.cut(piece)
        return [in_bytes(each) for each in pieces] if self.spells else pieces


def read_pre_tokenizer(node: Node) -> PreTokenizer:
    """Return the pre-tokenizer that the node describes; raises BadSpec, Unsupported."""
    steps = _steps(node)
    if steps and steps[-1] is _spelt:
        return PreTokenizer(tuple(steps[:-1]), spells=True)
    return PreTokenizer(tuple(steps), spells=False)


def _steps(node: Node) -> list[Cut]:
    if node.value is None:
        return []
    kind = node.kind()
    if kind == "Sequence":
        return [step for item in node.field("pretokenizers").items() for step in _steps(item)]
    if kind in PLAIN:
        return [PLAIN[kind]]
    if kind not in READERS:
        raise node.unknown("pre_tokenizer", [*PLAIN, *READERS, "Sequence"])
    return [READERS[kind](node), *([_spelt] if kind == "ByteLevel" else [])]


def _spelt(piece: Piece) -> list[Piece]:
    return [in_bytes(piece)]
