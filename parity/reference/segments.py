"""What flows through the stages: pieces of text that know where they came from, and tokens.

Theory. tokenizer.json stages change the text (NFC, the byte alphabet, a prefixed space), while
offsets are promised in the original. So every character of a piece carries the half-open range of
the original that it stands for. Slicing a piece slices its ranges; a stage that replaces
characters says which ranges the new ones inherit. A token's offsets are then the start of its first
character and the end of its last.

    original     e  U+0301  x          NFC      é    x
    ranges     0-1  1-2     2-3                0-1  2-3      (U+0301 is nobody's: see normalizers)

A piece of unchanged text keeps its ranges as two `range` objects, so that slicing it is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Piece(NamedTuple):
    """Text that no added token took, on its way to the model.

    starts, ends: for each character the half-open range of the original text that it stands for,
        in code points; both are as long as the text.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def slice(self, start: int, end: int) -> Piece:
        """Return the characters from `start` to `end` with their ranges.

        >>> whole("abcd").slice(1, 3)
        Piece(text='bc', starts=range(1, 3), ends=range(2, 4))
        """
        return Piece(self.text[start:end], self.starts[start:end], self.ends[start:end])


class Token(NamedTuple):
    """A token found in the text, or put there by a template.

    text: the vocabulary's spelling; for an added token the text that it took, stripped spaces
        included. ByteLevel's offset trimming looks at it.
    start, end: half-open range of the original text, in code points.
    """

    id: int
    text: str
    start: int
    end: int


def whole(text: str) -> Piece:
    """Return an original text as one piece, each character standing for itself."""
    return Piece(text, range(len(text)), range(1, len(text) + 1))
