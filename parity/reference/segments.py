"""What flows through the stages: pieces of text that know where they came from, and tokens.

Theory. tokenizer.json stages change the text (NFC, the byte alphabet, a prefixed space), while
offsets are promised in the original. So every character of a piece carries the half-open range of
the original that it stands for. Slicing a piece slices its ranges; a stage that replaces
characters says which ranges the new ones inherit. A token's offsets are then the start of its first
character and the end of its last.

    original     e  U+0301  x          NFC      é    x
    ranges     0-1  1-2     2-3                0-1  2-3      (U+0301 is nobody's: see `rebuilt`)

A piece of unchanged text keeps its ranges as two `range` objects, so that slicing it is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Part = tuple[str, int]
"""A character of a changed text, and how many characters of the text before it takes; 0 if it is
inserted."""


class Piece(NamedTuple):
    """Text that no added token took, on its way to the model.

    starts, ends: for each character the half-open range of the original text that it stands for,
        in code points; both are as long as the text.
    base: where the piece starts in the original, whatever was removed from it since.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    base: int = 0

    def slice(self, start: int, end: int) -> Piece:
        """Return the characters from `start` to `end` with their ranges.

        >>> whole("abcd").slice(1, 3)
        Piece(text='bc', starts=range(1, 3), ends=range(2, 4), base=1)
        """
        starts = self.starts[start:end]
        base = starts[0] if starts else self.base
        return Piece(self.text[start:end], starts, self.ends[start:end], base)

    def kept(self, places: Sequence[int]) -> Piece:
        """Return the characters at some places, each still standing for what it stood for.

        >>> whole("abcd").kept([1, 3])
        Piece(text='bd', starts=[1, 3], ends=[2, 4], base=0)
        """
        text, starts, ends = self.text, self.starts, self.ends
        return Piece(
            "".join([text[place] for place in places]),
            [starts[place] for place in places],
            [ends[place] for place in places],
            self.base,
        )


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


def rebuilt(piece: Piece, parts: Iterable[Part]) -> Piece:
    r"""Return the piece with its text replaced, part by part, from left to right.

    The characters of the piece are handed out strictly in order:

        a part that takes n >= 1   takes the next n characters, stands for the *first* of them
        a part that takes none     stands for the *last* character that was taken

    So what is merged is reported shorter than what it was made of. Found by experiment on
    tokenizers 0.23.3, and kept, since the offsets are what is compared.

    >>> rebuilt(whole("e\u0301x"), [("é", 2), ("x", 1), ("!", 0)])
    Piece(text='éx!', starts=[0, 2, 2], ends=[1, 3, 3], base=0)
    """
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    taken = 0
    for char, takes in parts:
        place = taken if takes else taken - 1
        text.append(char)
        starts.append(piece.starts[place] if place >= 0 else piece.base)
        ends.append(piece.ends[place] if place >= 0 else piece.base)
        taken += takes
    return Piece("".join(text), starts, ends, piece.base)
