"""Every emoji of emoji-test.txt, each joined sequence beside letters, each pair of variations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parity.deriving.rows import Family, Files, Row, code_points, data_lines

_FLAGS: Final = (range(0x1F1E6, 0x1F200), range(0xE0020, 0xE0080))
"""Regional indicators; tags."""
_MODIFIERS: Final = range(0x1F3FB, 0x1F400)
_JOINER: Final = "\u200d"
_SELECTORS: Final = "\ufe0e\ufe0f\u20e3"


def emoji(files: Files) -> Iterator[Row]:
    """Yield the emoji alone, then in context."""
    for place, line in data_lines(files, "emoji-test.txt"):
        sequence, status = line.split(";")
        text = code_points(sequence)
        yield Row(status.strip(), text, tags_of(text), place)
    for place, line in data_lines(files, "emoji-zwj-sequences.txt"):
        text = code_points(line.split(";")[0])
        yield Row("zwj-inside", f"a{text}b", (*tags_of(text), "emoji.context"), place)
    for place, line in data_lines(files, "emoji-variation-sequences.txt"):
        text = code_points(line.split(";")[0])
        yield Row("variation", text, tags_of(text), place)


def tags_of(text: str) -> tuple[str, ...]:
    """Return the traps that an emoji has.

    >>> tags_of("\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-6}")
    ('emoji.modifier',)
    """
    points = set(map(ord, text))
    found = {
        "emoji.zwj": _JOINER in text,
        "emoji.modifier": not points.isdisjoint(_MODIFIERS),
        "emoji.variation": not set(text).isdisjoint(_SELECTORS),
        "emoji.flag": any(not points.isdisjoint(flags) for flags in _FLAGS),
    }
    return tuple(tag for tag, has in found.items() if has) or ("emoji.single",)


FAMILY: Final = Family(
    emoji,
    (
        *("emoji.zwj", "emoji.modifier", "emoji.variation"),
        *("emoji.flag", "emoji.single", "emoji.context"),
    ),
    "unicode-data",
)
