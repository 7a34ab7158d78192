"""Texts of the vocabulary at hand: its tokens joined, cut and doubled, and those nobody reaches.

Where two tokens meet, a merge may cross the border; a token cut short leaves what other tokens must
spell; a token that its own text does not encode to shows the order of merges, a normalizer or a
pre-tokenizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from parity.generators.known import Known
from parity.grammar import Changed, Choose, Fields, Grammar, Join, OneOf, Pick

CUTS: Final = (1, 2, 3, 4, -1, -2)
"""Where a token is cut: so many characters from its start, or from its end."""


def grammar(known: Known) -> Grammar:
    """Return tokens next to one another, parts of tokens, and borders that a merge may cross."""
    token = Pick(known.tokens)
    starts = Pick(tuple(dict.fromkeys(text[0] for text in known.tokens)))
    ends = Pick(tuple(dict.fromkeys(text[-1] for text in known.tokens)))
    cut = Changed(Fields({"token": token, "at": Choose(CUTS)}), _cut)
    doubled = Changed(Fields({"token": token, "times": Choose((1, 2, 3))}), _repeated)
    options: list[Grammar] = [
        Pick(known.tokens, 1, 4),
        Join((OneOf(("", ends)), token, OneOf(("", starts)))),
        Join((OneOf(("", token)), cut)),
        doubled,
    ]
    weights = [4, 4, 2, 1]
    if known.unreachable:
        before = OneOf(("", " ", "a", token))
        options.append(Join((before, Pick(known.unreachable), OneOf(("", starts)))))
        weights.append(2)
    return OneOf(options, weights)


def _cut(drawn: Mapping[str, Any]) -> str:
    text: str = drawn["token"][: drawn["at"]]
    return text


def _repeated(drawn: Mapping[str, Any]) -> str:
    text: str = drawn["token"] * drawn["times"]
    return text
