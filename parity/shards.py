"""Shards: a run cut into N parts that several machines run, each case in exactly one of them.

Which one is a hash of the case's id and of nothing else: the same on every platform and Python, in
every pair and check, whatever else a corpus holds. `merging` makes one run of all parts again.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

from parity.errors import UsageError
from parity.types import Case

MOST: Final = 9_999
"""Shards that a run can be cut into; more would hardly be meant."""
_WRITTEN: Final = re.compile(r"([0-9]{1,9})/([0-9]{1,9})", re.ASCII)
_DIGEST: Final = 8
"""Bytes of the hash: 64 bits, of which a remainder is taken evenly enough for any N."""


class Shard(NamedTuple):
    """Part `number` (from 1) of `of` parts."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"shard {self.number} of {self.of}"

    def holds(self, id: str) -> bool:
        """Say whether what has this id is in this part."""
        return place(id, self.of) == self.number

    def takes(self, case: Case) -> bool:
        """Say whether a case is in this part."""
        return self.holds(case.id)


def read(text: str) -> Shard:
    """Return the shard that `I/N` means. Raises UsageError.

    >>> read("2/4")
    Shard(number=2, of=4)
    """
    found = _WRITTEN.fullmatch(text)
    number, of = (int(digits) for digits in found.groups()) if found else (0, 0)
    if not 1 <= number <= of <= MOST:
        raise UsageError(
            f"a shard is I/N, part I of N, with I from 1 to N and N to {MOST:,}; this is {text!a}"
        )
    return Shard(number, of)


def place(id: str, of: int) -> int:
    """Return which of `of` parts has what has this id, from 1.

    >>> [place(id, 4) for id in ("cjk/han-00000001", "cjk/han-00000002", "vocabulary/tokens")]
    [4, 2, 1]
    """
    digest = hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
    return int.from_bytes(digest, "big") % of + 1
