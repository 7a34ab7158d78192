"""Oniguruma's symbols, as the `regex` module spells them; see patterns.py for what each means.

Measured on tokenizers 0.23.3, over every code point.
"""

from __future__ import annotations

from typing import Final

import regex

SPACE: Final = r"\t-\r\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
WORD: Final = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"
SIX: Final = r"\xb2\xb3\xb9\xbc-\xbe"

CLASSES: Final = {
    "s": SPACE,
    "d": r"\p{Nd}",
    "w": WORD,
    "h": "0-9A-Fa-f",
}
BRACKETS: Final = {
    "alnum": r"\p{Alphabetic}\p{Nd}",
    "alpha": r"\p{Alphabetic}",
    "ascii": r"\x00-\x7f",
    "blank": r"\t\p{Zs}",
    "cntrl": r"\p{Cc}",
    "digit": r"\p{Nd}",
    "graph": rf"[^{SPACE}\p{{Cc}}\p{{Cn}}\p{{Cs}}]",
    "lower": r"\p{Lowercase}\u0295",
    "print": rf"[^{SPACE}\p{{Cc}}\p{{Cn}}\p{{Cs}}]\p{{Zs}}",
    "punct": r"\p{P}\p{S}",
    "space": SPACE,
    "upper": r"\p{Uppercase}",
    "word": WORD,
    "xdigit": "0-9A-Fa-f",
}
CATEGORY: Final = regex.compile(r"L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfon]?")
OTHERWISE: Final = {"Ll": r"\p{Ll}\u0295", "Lo": r"\p{Lo}--\u0295"}
"""U+0295 was a lower case letter in Unicode 16."""
CONTROLS: Final = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "a": 7, "e": 27}
NUMBERS: Final = (r"x\{([0-9A-Fa-f]{1,6})\}", r"x([0-7][0-9A-Fa-f])", r"u([0-9A-Fa-f]{4})")
ANCHORS: Final = {
    "A": r"\A",
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "b": "(?:(?<=[{w}])(?![{w}])|(?<![{w}])(?=[{w}]))".replace("{w}", WORD + SIX),
    "B": "(?:(?<=[{w}])(?=[{w}])|(?<![{w}])(?![{w}]))".replace("{w}", WORD + SIX),
}
POINTS: Final = {"^": r"(?:\A|(?<=\n)(?!\Z))", "$": r"(?=\n|\Z)", ".": r"[^\n]"}
QUANTIFIER: Final = regex.compile(r"[?*+][?+]?|\{(?:\d+,\d*|,\d+)\}\??|\{\d+\}")
COUNTS: Final = regex.compile(r"\d+")
MOST: Final = 100_000
"""Repetitions that Oniguruma counts to."""
LAST: Final = 0x10FFFF
FOLDED: Final = {"s": "sS\u017f", "k": "kK\u212a"}
LIGATURES: Final = ("ss", "st", "ff", "fi", "fl")
"""Pairs of letters that Oniguruma also finds as one character (ß, ﬆ, ﬀ, ﬁ, ﬂ) when it folds."""
