"""Characters by their class: one of each kind in three contexts; digits; case; look-alikes."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from parity.deriving.rows import Family, Files, Row, code_points, data_lines

_LONGEST_RUN: Final = 8
"""Digits: past two groups of three, and two of four."""
_LOOK_ALIKES: Final = 7
"""Every how manyth pair is taken."""


class _Character(NamedTuple):
    place: str
    char: str
    category: str
    combining: str
    decomposition: str


def _characters(files: Files) -> Iterator[_Character]:
    for place, line in data_lines(files, "UnicodeData.txt"):
        point, _, category, combining, _, decomposition, *_ = line.split(";")
        if category != "Cs":  # no text that all libraries take
            yield _Character(place, chr(int(point, 16)), category, combining, decomposition)


def codepoints(files: Files) -> Iterator[Row]:
    """Yield one character of each block, category, combining class and kind of decomposition."""
    starts: list[int] = []
    for _, line in data_lines(files, "Blocks.txt"):
        starts.append(int(line.partition("..")[0], 16))
    seen = set()
    for found in _characters(files):
        kind = found.decomposition.partition(" ")[0] if "<" in found.decomposition else ""
        block = bisect_right(starts, ord(found.char))
        about = (block, found.category, found.combining, kind or bool(found.decomposition))
        if about not in seen:
            seen.add(about)
            trap, tags = found.category.lower(), ("class.one",)
            for text in (found.char, f"a{found.char}b", f" {found.char}\n"):
                yield Row(trap, text, tags, found.place)


def digits(files: Files) -> Iterator[Row]:
    """Yield runs of one digit to eight, of every script's decimal digits."""
    tags = ("digits.native", "digits.run")
    zero: list[str] = []
    for found in _characters(files):
        if found.category == "Nd":
            zero.append(found.char)
        if len(zero) == 10:  # noqa: PLR2004 (decimal digits)
            for length in range(1, _LONGEST_RUN + 1):
                yield Row(f"run-{length}", "".join(zero[1 : length + 1]), tags, found.place)
            zero = []


def case(files: Files) -> Iterator[Row]:
    """Yield each character beside what case folding makes of it."""
    for place, line in data_lines(files, "CaseFolding.txt"):
        char, status, folded, *_ = line.split(";")
        text = f"{code_points(char)} {code_points(folded)}"
        yield Row(f"fold-{status.strip().lower()}", text, ("script.case",), place)


def confusables(files: Files) -> Iterator[Row]:
    """Yield a character beside one that looks like it: one pair in seven."""
    (content,) = files.values()
    pairs = [
        (char, other["c"])
        for char, others in json.loads(content).items()
        for other in others
    ]  # fmt: skip
    for number, (char, other) in list(enumerate(pairs))[::_LOOK_ALIKES]:
        place = f"confusables.json#{number}"
        yield Row("pair", f"{char}{other}", ("script.look-alike",), place)


CODEPOINTS: Final = Family(codepoints, ("class.one",), "unicode-data")
DIGITS: Final = Family(digits, ("digits.native", "digits.run"), "unicode-data")
CASE: Final = Family(case, ("script.case",), "unicode-data")
CONFUSABLES: Final = Family(confusables, ("script.look-alike",), "confusable-homoglyphs")
