"""Replace: every match of a pattern becomes a content, which stands for the match's last character.

The content of a match of nothing stands for the character before it; at the very start, where there
is none, for nothing: an empty range. There tokenizers loses count: a step that goes through the
text character by character, or spells it in bytes, panics or takes other ranges, so a text that
such a step follows on is refused.

Source: measured on tokenizers 0.23.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity.errors import Unsupported
from parity.reference.patterns import Pattern, read_pattern
from parity.reference.segments import Piece

if TYPE_CHECKING:
    from collections.abc import Callable

    from parity.reference.document import Node


def read_replace(node: Node, *, changed_after: bool = False) -> Callable[[Piece], Piece]:
    """Return the normaliser Replace.

    changed_after: a step that goes through the text character by character follows.
    """
    pattern = read_pattern(node.field("pattern"))
    content = node.field("content").expect(str)
    if pattern.text is not None and len(pattern.text) == len(content) == 1:
        old = pattern.text
        return lambda piece: piece._replace(text=piece.text.replace(old, content))

    def run(piece: Piece) -> Piece:
        made = replaced(piece, pattern, content)
        if changed_after and made.text and made.ends[0] == made.starts[0] == piece.base:
            raise Unsupported("Replace of nothing at the start, then a change; tokenizers panics")
        return made

    return run


def replaced(piece: Piece, pattern: Pattern, content: str) -> Piece:
    """Return the piece with each match replaced.

    >>> from parity.reference.patterns import literal
    >>> from parity.reference.segments import whole
    >>> replaced(whole("a--b"), literal("--"), "+")
    Piece(text='a+b', starts=[0, 2, 3], ends=[1, 3, 4], base=0)
    """
    found = pattern.matches(piece.text)
    if not found:
        return piece
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end in found:
        text += [piece.text[at:start], content]
        starts += piece.starts[at:start]
        ends += piece.ends[at:start]
        starts += [piece.starts[end - 1] if end else piece.base] * len(content)
        ends += [piece.ends[end - 1] if end else piece.base] * len(content)
        at = end
    starts += piece.starts[at:]
    ends += piece.ends[at:]
    return Piece("".join([*text, piece.text[at:]]), starts, ends, piece.base)
