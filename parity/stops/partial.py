"""How much of the end of a text could be the beginning of a stop string."""

from __future__ import annotations

from collections.abc import Iterable


def partial(text: str, strings: Iterable[str]) -> int:
    """Return the length of the longest end of a text that a string begins with but is not.

    >>> partial("hello ST", ["STOP", "TOP"])
    2
    """
    lengths = (
        length
        for string in strings
        for length in range(min(len(string) - 1, len(text)), 0, -1)
        if text.endswith(string[:length])
    )
    return max(lengths, default=0)
