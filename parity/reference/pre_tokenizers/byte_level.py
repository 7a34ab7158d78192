"""ByteLevel: cuts by GPT-2's own pattern, then spells every character in bytes.

Each byte stands for the range of its character. With `add_prefix_space` every piece that does not
start with a space gets one, which stands for the character that it precedes. With `use_regex` off
(where it is missing it is on) nothing is cut.

Source: openai/gpt-2, src/encoder.py, for the pattern and the alphabet; measured on tokenizers
0.23.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from parity.reference.normalizers.characters import prepended
from parity.reference.patterns import compiled
from parity.reference.pre_tokenizers.splitting import Cut, isolated

if TYPE_CHECKING:
    from parity.reference.document import Node
    from parity.reference.segments import Piece

GPT2: Final = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"  # openai/gpt-2
)


def read_byte_level(node: Node) -> Cut:
    """Return the cuts of a ByteLevel; the spelling is `normalizers.characters.byte_level`."""
    prefixed, _, split = read_options(node)
    find = compiled(GPT2).read_as(node).matches
    return Cut(
        with_space if prefixed else None,
        (lambda text: isolated(find(text), len(text))) if split else None,
    )


def read_options(node: Node) -> tuple[bool, bool, bool]:
    """Return add_prefix_space, trim_offsets and use_regex, which every ByteLevel has.

    Pre-tokenizers use the first and the last, post-processors the first two, decoders none.
    """
    return (
        node.field("add_prefix_space").expect(bool),
        node.field("trim_offsets").expect(bool),
        node.get("use_regex", default=True).expect(bool),
    )


def with_space(piece: Piece) -> Piece:
    """Return the piece with a space in front, unless it starts with one or is empty."""
    return piece if piece.text[:1] in ("", " ") else prepended(piece, " ")
