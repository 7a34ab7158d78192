"""Sets of characters that are asked for one character at a time."""

from __future__ import annotations

from bisect import bisect_right

from parity.reference.unicode_tables import ranges


class Table(dict[str, bool]):
    """Whether a character is in a table; what was asked once is not searched again.

    >>> letters = Table("41-5a 61-7a")
    >>> letters["k"], letters["4"]
    (True, False)
    """

    def __init__(self, table: str) -> None:
        super().__init__()
        self._bounds = [bound for first, last in ranges(table) for bound in (first, last + 1)]

    def __missing__(self, char: str) -> bool:
        self[char] = found = bisect_right(self._bounds, ord(char)) % 2 == 1
        return found

    def places(self, text: str) -> list[int]:
        """Return where in a text characters of the table are."""
        return [place for place, char in enumerate(text) if self[char]]

    def without(self, text: str) -> list[int]:
        """Return where in a text there are other characters."""
        return [place for place, char in enumerate(text) if not self[char]]
