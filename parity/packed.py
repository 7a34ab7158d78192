"""Lists of ids as machine integers: a batch of them is compared and signed without an object a case.

Nearly every look is at ids, and nearly all of them agree. An array of 64-bit integers holds them
by value, is a copy of its own, and is compared byte by byte; Python's integers are made again only
of what somebody reads.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from parity.types import Observation


class PackedIds(Sequence[Observation]):
    """Observations of ids, one a case, none of them a failure; each is made when it is read.

    arrays: the ids of each case; array("q"), which takes integers and nothing else.

    >>> seen = PackedIds([array("q", [1, 2]), array("q")])
    >>> seen == [Observation([1, 2]), Observation([])]
    True
    """

    __slots__ = ("arrays",)
    __hash__ = None  # type: ignore[assignment]  # it equals lists, which have none

    def __init__(self, arrays: list[array[int]]) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays)

    @overload
    def __getitem__(self, place: int) -> Observation: ...

    @overload
    def __getitem__(self, place: slice) -> list[Observation]: ...

    def __getitem__(self, place: int | slice) -> Observation | list[Observation]:
        if isinstance(place, slice):
            return list(PackedIds(self.arrays[place]))
        return Observation(self.arrays[place].tolist())

    def __iter__(self) -> Iterator[Observation]:
        return (Observation(ids.tolist()) for ids in self.arrays)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedIds):
            return self.arrays == other.arrays
        return list(self) == other

    def differing(self, other: PackedIds) -> list[int]:
        """Return the places where the ids of two batches of one length differ."""
        rows = zip(self.arrays, other.arrays, strict=True)
        return [place for place, (one, another) in enumerate(rows) if one != another]
