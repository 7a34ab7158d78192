"""Long runs: one character or a short cycle, again and again, in sizes that double.

A pattern that backtracks, a merge that looks at every pair and a recursion that is as deep as the
text are found by size, not by content; ask for time as well as for ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from parity.grammar import Changed, Choose, Fields, Grammar, Join, OneOf, Pick

CHARS: Final = "aA0 \n.'-_=^世あé\t\u0301\u200d\U0001f468😀\ufffd"
SIZES: Final = tuple(2**power for power in range(16))
"""How often the cycle comes, the longest 32,768 times: a server fell over 26,000."""


def grammar() -> Grammar:
    """Return a run, and now and then one character that ends it."""
    run = Changed(Fields({"cycle": Pick(CHARS, 1, 3), "times": Choose(SIZES)}), _run)
    return Join((run, OneOf(("", Pick(CHARS)))))


def _run(drawn: Mapping[str, Any]) -> str:
    text: str = drawn["cycle"] * drawn["times"]
    return text
