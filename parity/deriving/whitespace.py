"""White space by enumeration: every pair inside and around a text, and runs of known lengths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parity.deriving.rows import Family, Files, Row

SPACES: Final = "".join(
    map(
        chr,
        (
            *range(0x09, 0x0E),
            *range(0x1C, 0x20),
            *(0x20, 0x85, 0xA0, 0x1680),
            *range(0x2000, 0x200C),
            *(0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
        ),
    )
)
"""White_Space, what Python's `str` takes for it besides (U+001C to U+001F), and U+200B."""
_LENGTHS: Final = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 99, 100)


def whitespace(_: Files) -> Iterator[Row]:
    """Yield pairs, edges, runs."""
    for one in SPACES:
        for two in SPACES:
            yield _row("pair", f"a{one}{two}b", one + two, "pairs")
            yield _row("edge", f"{one}a{two}", one + two, "leading and trailing", "ws.edge")
        for length in _LENGTHS:
            yield _row("run", f"{one * length}a", one, f"runs of {length}", "ws.run")


def _row(trap: str, text: str, spaces: str, place: str, tag: str = "") -> Row:
    found = {
        "ws.line-separator": not set(spaces).isdisjoint("\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"),
        "ws.crlf": "\r" in spaces,
        "ws.newline": "\n" in spaces,
    }
    tags = [name for name, has in found.items() if has]
    plain = set(spaces) <= {" ", "\t"}
    kind = tags or (["ws.before-word"] if plain else ["ws.unicode"])
    return Row(trap, text, (*([tag] if tag else []), *kind), f"white space, {place}")


FAMILY: Final = Family(
    whitespace,
    (
        *("ws.line-separator", "ws.crlf", "ws.newline", "ws.before-word", "ws.unicode"),
        *("ws.edge", "ws.run"),
    ),
)
