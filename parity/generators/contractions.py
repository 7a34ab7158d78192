"""Contractions: apostrophes of every kind, and what patterns list behind them, in any case.

GPT-2's pattern knows `'s` and not `'S`; newer ones ignore case, and then the long s is an s too.
"""

from __future__ import annotations

from typing import Final

from parity.grammar import Grammar, Join, OneOf, Pick, Repeat

APOSTROPHES: Final = ("'", "\u2019", "\u02bc", "\uff07", "`", "\u2032", "''")
ENDINGS: Final = (
    "s", "S", "t", "T", "m", "d", "re", "ve", "ll", "M", "D", "RE", "VE", "LL", "Re", "lL",
    "\u017f", "sd", "til", "tis", "em", "x", "", " s", "\ns", "\u0301s", "1", "世",
)  # fmt: skip
BEFORE: Final = ("a", "I", "A", "it", "CAN", "0", " ", "", ".", "\n", "é", "世", "_", "a ", "'")


def grammar() -> Grammar:
    """Return words with an apostrophe and an ending, one or two, and now and then what follows."""
    one = Join((Pick(BEFORE), Pick(APOSTROPHES), Pick(ENDINGS)))
    return Join((Repeat(one, 1, 2), OneOf(("", Pick(BEFORE)))))
