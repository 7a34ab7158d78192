"""One text in its normal forms: composed, decomposed, by compatibility, its marks in another order.

What is one text to Unicode are several to a tokenizer that normalizes not, or otherwise. Marks of
different classes may change places; characters that compose only with a third are left; the ones
that Unicode excludes from composition stay apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parity import alphabets
from parity.alphabets import Forms
from parity.grammar import Changed, Choose, Grammar, Join, OneOf, Pick

BASES: Final = "aAeoszαиأकかㅏ \u00aa\u212b1世"
"""Letters that compose, and what does not."""
COMMONEST: Final = (
    "\u0301\u0300\u0323\u0302\u0307\u0308\u0327\u0328\u0338\u3099\u05b4\u0651\u064b\u093c"
)
"""Marks of several classes."""
LEADS, VOWELS, TAILS = "\u1100\u1112\u115f", "\u1161\u1175\u1160", "\u11a8\u11c2"


def grammar() -> Grammar:
    """Return characters in one form, in all forms at once, or with marks in any order."""
    known = alphabets.forms()
    marks = COMMONEST + "".join(alphabets.marks())
    any_form = [
        Pick(_different(known, form), 1, 2) for form in ("nfd", "char", "nfkd", "nfkc", "nfc")
    ]
    options: list[Grammar] = [
        Join((Pick(BASES), Pick(COMMONEST, 1, 3), OneOf(("", Pick(BASES))))),
        *any_form,
        Join((Pick(BASES), Pick(marks, 1, 3))),
        Join((Pick([form.char for form in known]), Pick(COMMONEST))),
        Join((Pick(LEADS), Pick(VOWELS), Pick(TAILS, 0, 1))),
        Changed(Choose(known), _all_forms),
    ]
    return OneOf(options, (3, *[1] * len(any_form), 2, 1, 1, 1))


def _different(known: Sequence[Forms], form: str) -> tuple[str, ...]:
    """Return one form of all characters, each once."""
    return tuple(dict.fromkeys(getattr(row, form) for row in known))


def _all_forms(row: Forms) -> str:
    return f"{row.nfc} {row.nfd} {row.nfkc} {row.nfkd}"
