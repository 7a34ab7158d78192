"""Characters that one version of Unicode knows otherwise than another, in several contexts.

A library has the tables of its year. What was assigned later is a letter here and nothing there;
what changed its category is cut here and kept there. Each is drawn alone, between letters, beside a
space, beside a number, and under a mark.
"""

from __future__ import annotations

from parity import alphabets
from parity.grammar import Grammar, Join, OneOf, Pick


def grammar() -> Grammar:
    """Return one or two such characters in a context."""
    edge = Pick(alphabets.edges())
    contexts: tuple[Grammar, ...] = (
        Pick(alphabets.edges(), 1, 2),
        Join(("a", edge, OneOf(("a", "A")))),
        Join((OneOf(("a ", " ")), edge)),
        Join((edge, OneOf((" a", "\n", ".")))),
        Join(("1", edge, OneOf(("1", "")))),
        Join((edge, Pick("\u0301\u0323\u200d\ufe0f"))),
    )
    return OneOf(contexts)
