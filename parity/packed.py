"""Lists of ids as bytes: a batch of them is compared and signed without an object a case.

Nearly every look is at ids, and nearly all of them agree. Packed, they are a copy of their own and
integers by value, and two batches are equal exactly when their bytes are. Python's integers are
made again only of what somebody reads.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, overload

from parity.types import Observation


def pack(ids: list[Any] | tuple[Any, ...]) -> bytes:
    """Return each id as i64, little-endian.

    Raises TypeError for what is not an integer by value (a float is none), OverflowError for one
    that needs more than 64 bits.

    >>> pack([1, -1]).hex()
    '0100000000000000ffffffffffffffff'
    """
    packed = array("q", ids)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(data: bytes) -> list[int]:
    """Return the ids that `pack` was given, each of them an `int`."""
    packed = array("q", data)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tolist()


class PackedIds(Sequence[Observation]):
    """Observations of ids, one a case, none of them a failure; each is made when it is read.

    packed: the ids of each case, as `pack` makes them.

    >>> PackedIds([pack([1, 2]), pack([])]) == [Observation([1, 2]), Observation([])]
    True
    """

    __slots__ = ("packed",)
    __hash__ = None  # type: ignore[assignment]  # it equals lists, which have none

    def __init__(self, packed: list[bytes]) -> None:
        self.packed = packed

    def __len__(self) -> int:
        return len(self.packed)

    @overload
    def __getitem__(self, place: int) -> Observation: ...

    @overload
    def __getitem__(self, place: slice) -> list[Observation]: ...

    def __getitem__(self, place: int | slice) -> Observation | list[Observation]:
        if isinstance(place, slice):
            return list(PackedIds(self.packed[place]))
        return Observation(unpack(self.packed[place]))

    def __iter__(self) -> Iterator[Observation]:
        return (Observation(unpack(data)) for data in self.packed)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedIds):
            return self.packed == other.packed
        return list(self) == other

    def differing(self, other: PackedIds) -> list[int]:
        """Return the places where two batches of one length differ."""
        rows = zip(self.packed, other.packed, strict=True)
        return [place for place, (one, another) in enumerate(rows) if one != another]
