"""Short texts on the borders of classes: what a pattern splits, and what another splits elsewhere.

Patterns of pre-tokenizers are written in classes of characters (letters, marks, numbers, white
space, the rest), and libraries part where one class ends and another begins.
"""

from __future__ import annotations

from typing import Final

from parity import alphabets
from parity.grammar import Grammar, OneOf, Pick, Repeat

COMMON: Final = "aA0 '.\n\t-_,é世あ한я\u0301\u0660\xa0\u200d\u3000\ufe0f😀"
"""One or two characters of each class that texts have."""
APOSTROPHES: Final = "'\u2019\u02bc\uff07"
HAN: Final = "世\u3005\u3007\u3021\ufa0e\U00020000\U0002a6df"
"""Ideographs, and what some call ideographs."""
CLASSES: Final = (
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cn", "Co",
)  # fmt: skip


def grammar() -> Grammar:
    """Return texts of 1 to 12 characters, of 1 to 6 classes one after the other."""
    special = (
        COMMON,
        alphabets.SPACES + alphabets.NOT_SPACES,
        APOSTROPHES,
        HAN,
        alphabets.NONCHARACTERS,
    )
    classes = [Pick(chars, 1, 2) for chars in (*special, *map(alphabets.category, CLASSES))]
    weights = (len(CLASSES), 6, 2, 2, 1, *[1] * len(CLASSES))
    return Repeat(OneOf(classes, weights), 1, 6)
