"""White space: runs of it between words, and at both ends.

Patterns leave the last space of a run to the word behind it, keep a newline with the punctuation
before it, or take a run whole; and libraries differ in what is white space at all.
"""

from __future__ import annotations

from typing import Final

from parity import alphabets
from parity.grammar import Grammar, Join, OneOf, Pick, Repeat

WORDS: Final = ("a", "b", "A", "0", ".", "1", "'s", "ab", "):", "é", "世", "\u0301", "😀")
RUN: Final = (" ", "\n", "\t", "\r\n", "\r", "  ", "\n\n")
LONGEST: Final = 17
"""Spaces of a run, at most: vocabularies have tokens of 16."""


def grammar() -> Grammar:
    """Return words with white space between them and, mostly, around them."""
    odd = alphabets.SPACES + alphabets.NOT_SPACES
    run = OneOf(
        (Pick(RUN, 0, 3), Pick(odd, 1, 2), Pick(" ", 1, LONGEST), Pick("\n", 1, 4)), (6, 3, 1, 1)
    )
    word = Pick(WORDS)
    return OneOf((Join((run, Repeat(Join((word, run)), 0, 3))), Join((word, run, word))), (3, 1))
