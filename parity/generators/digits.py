r"""Numbers: runs of digits of every script, between what numbers stand between.

Some vocabularies group digits by three from the left, some by three from the right, some keep each
alone, and `\d`, `\p{N}` and "is numeric" are three different sets.
"""

from __future__ import annotations

from typing import Final

from parity import alphabets
from parity.grammar import Grammar, Join, OneOf, Pick, Repeat

BETWEEN: Final = (
    "", " ", ".", ",", "-", "a", "A", "_", "世", "\u0301", "%", "e", "x", ":", "/", "+",
)  # fmt: skip
SCRIPTS: Final = ("Arabic", "Devanagari", "Bengali", "Thai", "Khmer", "Myanmar", "Adlam")
FULLWIDTH: Final = "０１２３４５６７８９"
OTHER: Final = "²³¹¼½¾Ⅷⅷ①⑴〇三十百ↂ\u0bf0\u1372\U0001d7ce\U0001f100"
"""Numbers that are no digits, and what only some count among them."""
LONGEST: Final = 9


def grammar() -> Grammar:
    """Return one to three runs of digits with something between them."""
    native = OneOf([Pick(alphabets.script(name, "Nd"), 1, LONGEST) for name in SCRIPTS])
    others = alphabets.category("Nd", "Nl", "No")
    run = OneOf(
        (
            Pick("0123456789", 1, LONGEST),
            native,
            Pick(FULLWIDTH, 1, 4),
            Pick(OTHER, 1, 2),
            Pick(others, 1, 3),
        ),
        (6, 2, 1, 2, 1),
    )
    return Join((Pick(BETWEEN), Repeat(Join((run, Pick(BETWEEN))), 1, 3)))
