"""Split: cuts by a pattern, in one of five behaviours, and what else is said as such a cut.

How a cut treats what it matched ("-" in "a-b-"):

    Removed              a | b               the matches vanish
    Isolated             a | - | b | -       the matches are pieces
    MergedWithPrevious   a- | b-             a match closes the piece before it
    MergedWithNext       a | -b | -          a match opens the piece after it
    Contiguous           a | - | b | -       neighbouring matches are one piece ("--")

Two matches in a row are not merged by MergedWith...: "a--b" with MergedWithPrevious is a- | - | b.
`invert` swaps the matches and what lies between them; in tokenizers 0.23.3 the empty ranges between
neighbouring matches are not seen.

Source: measured on tokenizers 0.23.3; the names are those of its documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from parity.reference.patterns import read_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from parity.reference.document import Node
    from parity.reference.segments import Piece

Range = tuple[int, int, bool]
"""Start, end, and whether the pattern matched there."""
Finder = Callable[[str], list[tuple[int, int]]]
"""Returns ranges in a text, from left to right: what matches, or what is to be a piece."""


class Cut(NamedTuple):
    """A step of a pre-tokenizer: what it does to a piece, and then where it cuts it.

    change: what is done to the piece before; None for nothing.
    spans: the ranges of a text that become pieces; None where nothing is cut.
    """

    change: Callable[[Piece], Piece] | None = None
    spans: Finder | None = None

    def __call__(self, piece: Piece) -> list[Piece]:
        """Return the pieces of a piece."""
        piece = self.change(piece) if self.change else piece
        spans = self.spans(piece.text) if self.spans else [(0, len(piece.text))]
        return [piece.slice(start, end) for start, end in spans]


def read_split(node: Node) -> Cut:
    """Return the pre-tokenizer Split."""
    behaviour = read_behaviour(node.field("behavior"))
    pattern = read_pattern(node.field("pattern"))
    return cutter(pattern.matches, behaviour, inverted=node.field("invert").expect(bool))


def read_behaviour(node: Node) -> str:
    """Return the name of a behaviour; raises BadSpec."""
    if node.expect(str) not in BEHAVIOURS:
        raise node.bad(f"{node.value!r} is none of {', '.join(BEHAVIOURS)}")
    return node.expect(str)


def cutter(find: Finder, behaviour: str, *, inverted: bool = False) -> Cut:
    """Return what cuts a piece where `find` says, in a behaviour.

    >>> from parity.reference.patterns import compiled
    >>> from parity.reference.segments import whole
    >>> cut = cutter(compiled("-").matches, "MergedWithNext")
    >>> [piece.text for piece in cut(whole("a-b-"))]
    ['a', '-b', '-']
    """
    arranged = BEHAVIOURS[behaviour]

    def spans(text: str) -> list[tuple[int, int]]:
        ranges = [(at, end, hit != inverted) for at, end, hit in _ranges(find(text), len(text))]
        return [(start, end) for start, end, _ in arranged(ranges) if start < end]

    if arranged is _isolated:
        return Cut(None, lambda text: isolated(find(text), len(text)))
    return Cut(None, spans)


def isolated(found: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Return the matches in a text of some length, and what lies between them.

    >>> isolated([(1, 2), (2, 2)], 4)
    [(0, 1), (1, 2), (2, 4)]
    """
    spans: list[tuple[int, int]] = []
    at = 0
    for span in found:
        start, end = span
        if at < start:
            spans.append((at, start))
        if start < end:
            spans.append(span)
        at = end
    if at < length:
        spans.append((at, length))
    return spans


def _ranges(found: Iterable[tuple[int, int]], length: int) -> Iterator[Range]:
    """Yield the matches, empty ones too, and what lies between them, from left to right."""
    at = 0
    for start, end in found:
        if at < start:
            yield at, start, False
        yield start, end, True
        at = end
    if at < length:
        yield at, length, False


def _isolated(ranges: Iterable[Range]) -> Iterable[Range]:
    return ranges


def _removed(ranges: Iterable[Range]) -> Iterator[Range]:
    return (each for each in ranges if not each[2])


def _contiguous(ranges: Iterable[Range]) -> Iterator[Range]:
    return _joined(ranges, lambda before, here: before == here)


def _merged_with_previous(ranges: Iterable[Range]) -> Iterator[Range]:
    return _joined(ranges, lambda before, here: here and not before)


def _merged_with_next(ranges: Iterable[Range]) -> Iterator[Range]:
    return _joined(ranges, lambda before, here: before and not here)


def _joined(ranges: Iterable[Range], belongs: Callable[[bool, bool], bool]) -> Iterator[Range]:
    """Join each range to the one before it where `belongs(before matched, here matched)`."""
    start = end = 0
    before: bool | None = None
    for here in ranges:
        if before is None or not belongs(before, here[2]):
            yield start, end, False
            start = here[0]
        end, before = here[1], here[2]
    yield start, end, False


BEHAVIOURS: Final[dict[str, Callable[[Iterable[Range]], Iterable[Range]]]] = {
    "Removed": _removed,
    "Isolated": _isolated,
    "MergedWithPrevious": _merged_with_previous,
    "MergedWithNext": _merged_with_next,
    "Contiguous": _contiguous,
}
