"""The texts of Unicode's break tests; of the 7,654 for lines, one in three.

Rows with surrogates are left out: their code points are no text that all libraries take.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parity.deriving.rows import Family, Files, Row, code_points, data_lines

_TESTS: Final = {"Grapheme": 1, "Word": 1, "Sentence": 1, "Line": 3}
"""Each test, and every how manyth row is taken."""
_SURROGATES: Final = {chr(point) for point in range(0xD800, 0xE000)}


def segmentation(files: Files) -> Iterator[Row]:
    """Yield the texts, test by test."""
    for test, step in _TESTS.items():
        rows = list(data_lines(files, f"{test}BreakTest.txt"))
        for place, line in rows[::step]:
            text = code_points(line)
            if _SURROGATES.isdisjoint(text):
                yield Row(test.lower(), text, (f"break.{test.lower()}",), place)


FAMILY: Final = Family(
    segmentation, tuple(f"break.{test.lower()}" for test in _TESTS), "unicode-data"
)
