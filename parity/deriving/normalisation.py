"""Rows of NormalizationTest.txt: all whose text NFC changes, and one in five of the others.

A row has a text and its forms NFC, NFD, NFKC and NFKD. The forms decide what the trap is, so that
no table of the machine at hand has a say.
"""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from typing import Final

from parity.deriving.rows import Family, Files, Row, code_points, data_lines

_OTHERS: Final = 5
_JAMO: Final = range(0x1100, 0x1200)
_NAME: Final = "NormalizationTest.txt"


def normalisation(files: Files) -> Iterator[Row]:
    """Yield the first column of the rows."""
    unpacked = {
        path.removesuffix(".bz2"): _unpacked(data) for path, data in files.items() if _NAME in path
    }
    unchanged = 0
    for place, line in data_lines(unpacked, _NAME):
        text, nfc, nfd, nfkc, *_ = map(code_points, line.split(";"))
        unchanged += text == nfc
        if text != nfc or unchanged % _OTHERS == 1:
            trap = _trap(text, nfc, nfd, nfkc)
            yield Row(trap, text, (f"norm.{trap}",), place)


def _unpacked(data: bytes) -> bytes:
    try:
        return bz2.decompress(data)
    except OSError as error:
        raise ValueError(f"{_NAME}.bz2: {error}") from error


def _trap(text: str, nfc: str, nfd: str, nfkc: str) -> str:
    if text != nfc:
        if not {ord(char) for char in text}.isdisjoint(_JAMO):
            return "hangul"
        return "singleton" if len(text) == 1 else "order"
    if nfkc != nfc:
        return "compat"
    if {ord(char) for char in nfd}.isdisjoint(_JAMO):
        return "pair" if text != nfd else "stable"
    return "hangul"


FAMILY: Final = Family(
    normalisation,
    tuple(f"norm.{trap}" for trap in ("hangul", "singleton", "order", "compat", "pair", "stable")),
    "unicode-data",
)
