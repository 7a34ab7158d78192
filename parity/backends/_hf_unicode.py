"""Which Unicode a build of tokenizers has, found out by asking: a witness for each version.

A library that compiles its tables in says nothing of their version. A mark that is younger than a
table has no combining class in it, so a mark before it is not sorted behind it; a letter that is
younger than a table is no letter in a pattern.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import tokenizers
from tokenizers import normalizers, pre_tokenizers

MARKS: Final = {
    "9": "a\u08d4\u0323", "10": "a\u0301\u1df9", "11": "a\u0301\u07fd", "13": "a\u0301\u1abf",
    "14": "a\u1ac1\u0323", "15": "a\u0301\U00010efd", "16": "a\u0897\u0323", "17": "a\u1acf\u0323",
}  # fmt: skip
"""By version: two marks, one of them of that version, in the order that NFD changes."""
LETTERS: Final = {
    "9": "\u1c80", "10": "\u0860", "11": "\u10d0\u1c90", "12": "\ua7ba", "13": "\ua7c7",
    "14": "\ua7c0", "15": "\U0001e4d0", "16": "\ua7da", "17": "\ua7ce",
}  # fmt: skip
"""By version: letters of that version."""


@cache
def versions() -> dict[str, str]:
    """Return the last version of each table whose witness, and all before it, is known."""
    form = normalizers.NFD()
    letters = pre_tokenizers.Split(tokenizers.Regex(r"\p{L}+"), "removed")
    known = {
        "unicode normalization": [form.normalize_str(text) != text for text in MARKS.values()],
        "unicode patterns": [not letters.pre_tokenize_str(text) for text in LETTERS.values()],
    }
    names = {"unicode normalization": list(MARKS), "unicode patterns": list(LETTERS)}
    return {part: _last(names[part], seen) for part, seen in known.items()}


def _last(names: list[str], seen: list[bool]) -> str:
    count = seen.index(False) if False in seen else len(seen)
    return names[count - 1] if count else "before 9"
