"""The key `pre_tokenizer`: cuts a text into the pieces that BPE may not merge across.

Split and Digits cut and leave the characters as they are; ByteLevel cuts by GPT-2's own pattern,
then spells every character in bytes (see byte_alphabet), each byte standing for the range of its
character. A Sequence hands every piece of one step to the next. Pieces without text vanish.

How a Split treats what it matched ("-" in "a-b-"):

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
from functools import partial
from typing import TYPE_CHECKING, Final

from parity.reference.byte_alphabet import BYTE_TO_CHAR
from parity.reference.patterns import compiled, literal, matches
from parity.reference.segments import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import regex

    from parity.reference.document import Node

PreTokenizer = Callable[[Piece], list[Piece]]
Range = tuple[int, int, bool]
"""Start, end, and whether the pattern matched there."""

GPT2: Final = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"  # openai/gpt-2
)


def read_pre_tokenizer(node: Node) -> PreTokenizer:
    """Return the pre-tokenizer that the node describes; raises Unsupported for other types."""
    if node.value is None:
        return lambda piece: [piece]
    readers = {"Sequence": _sequence, "Split": _split, "Digits": _digits, "ByteLevel": _byte_level}
    if node.kind() not in readers:
        raise node.unread(f"pre_tokenizer {node.kind()}")
    return readers[node.kind()](node)


def _sequence(node: Node) -> PreTokenizer:
    steps = [read_pre_tokenizer(item) for item in node.field("pretokenizers").items()]

    def run(piece: Piece) -> list[Piece]:
        pieces = [piece]
        for step in steps:
            pieces = [part for each in pieces for part in step(each)]
        return pieces

    return run


def _split(node: Node) -> PreTokenizer:
    behaviour = node.field("behavior")
    arranged = BEHAVIOURS.get(behaviour.expect(str))
    if arranged is None:
        raise behaviour.bad(f"{behaviour.value!r} is none of {', '.join(BEHAVIOURS)}")
    pattern = _pattern(node.field("pattern"))
    inverted = node.field("invert").expect(bool)
    return partial(cut, pattern=pattern, arranged=arranged, inverted=inverted)


def _pattern(node: Node) -> regex.Pattern[str]:
    for key, compile_ in (("Regex", compiled), ("String", literal)):
        found = node.get(key)
        if found.value is not None:
            return compile_(found.expect(str))
    raise node.bad("expected {'Regex': ...} or {'String': ...}")


def _digits(node: Node) -> PreTokenizer:
    single = node.field("individual_digits").expect(bool)
    arranged = BEHAVIOURS["Isolated" if single else "Contiguous"]
    return partial(cut, pattern=compiled(r"\p{N}"), arranged=arranged)


def _byte_level(node: Node) -> PreTokenizer:
    prefixed = node.field("add_prefix_space").expect(bool)
    node.field("trim_offsets").expect(bool)  # tokenizers wants it here, and reads it in processors
    split = node.get("use_regex", default=True).expect(bool)
    pattern = compiled(GPT2)

    def run(piece: Piece) -> list[Piece]:
        if prefixed:
            piece = with_space(piece)
        pieces = cut(piece, pattern, BEHAVIOURS["Isolated"]) if split else [piece]
        return [spelt(each) for each in pieces]

    return run


def with_space(piece: Piece) -> Piece:
    """Return the piece with a space in front, unless it starts with one or is empty.

    The new space stands for the character that it precedes.
    """
    if not piece.text or piece.text.startswith(" "):
        return piece
    starts, ends = list(piece.starts), list(piece.ends)
    return Piece(f" {piece.text}", [starts[0], *starts], [ends[0], *ends])


def spelt(piece: Piece) -> Piece:
    """Return the piece in the byte alphabet.

    >>> from parity.reference.segments import whole
    >>> spelt(whole("é x"))
    Piece(text='Ã©Ġx', starts=[0, 0, 1, 2], ends=[1, 1, 2, 3])
    """
    spellings = ["".join(BYTE_TO_CHAR[byte] for byte in char.encode()) for char in piece.text]
    return Piece(
        "".join(spellings),
        [start for start, chars in zip(piece.starts, spellings, strict=True) for _ in chars],
        [end for end, chars in zip(piece.ends, spellings, strict=True) for _ in chars],
    )


def cut(
    piece: Piece,
    pattern: regex.Pattern[str],
    arranged: Callable[[Iterable[Range]], Iterable[Range]],
    inverted: bool = False,  # noqa: FBT001, FBT002 - bound by partial, never passed by position
) -> list[Piece]:
    """Return the parts of a piece; `arranged` is one of BEHAVIOURS."""
    ranges = [(start, end, found != inverted) for start, end, found in _ranges(pattern, piece.text)]
    return [piece.slice(start, end) for start, end, _ in arranged(ranges) if start < end]


def _ranges(pattern: regex.Pattern[str], text: str) -> Iterator[Range]:
    """Yield the matches, empty ones too, and what lies between them, from left to right."""
    at = 0
    for start, end in matches(pattern, text):
        if at < start:
            yield at, start, False
        yield start, end, True
        at = end
    if at < len(text):
        yield at, len(text), False


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
