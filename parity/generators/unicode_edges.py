"""Characters that one version of Unicode knows otherwise than another, in several contexts.

A library has the tables of its year. What was assigned later is a letter here and nothing there;
what changed its category is cut here and kept there. Each is drawn alone, between letters, beside a
space, beside a number and punctuation, and under a mark.
"""

from __future__ import annotations

from typing import Final

from parity import alphabets
from parity.grammar import Grammar, Join, Pick

BEFORE: Final = ("", "a", " ", "1", "a ", ".", "世")
AFTER: Final = ("", "a", " ", "1", "A", ".", "\n", "\u0301", "\u0323", "\u200d", "\ufe0f")


def grammar() -> Grammar:
    """Return one or two such characters in a context."""
    return Join((Pick(BEFORE), Pick(alphabets.edges(), 1, 2), Pick(AFTER)))
