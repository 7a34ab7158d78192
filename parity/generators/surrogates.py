"""Halves of UTF-16 in a Python string: alone, in the wrong order, and as a pair.

Such a text is none in UTF-8. Libraries refuse it, replace the half, or mend the pair, and the kind
of error is a part of their answer.
"""

from __future__ import annotations

from parity import alphabets
from parity.grammar import Grammar, Join, Pick


def grammar() -> Grammar:
    """Return one to three halves, mostly with text before or after them."""
    around = Pick(("", "a", " ", "世", "\U0001f44d", "\n"))
    return Join((around, Pick(alphabets.SURROGATES, 1, 3), around))
