"""Which id an entry of log-probabilities belongs to, where there are fewer entries than ids.

llama.cpp's server gives an entry only for a token whose text it could send: none for one that ends
inside a character, and after a stop string none for as many tokens as that string has by itself. An
entry names the id that it is of, so entries are ids in their order with some left out; which ones
is not said. An id that comes twice may then fit in two places. An entry is put in a place only
where no other would do: what cannot be told is a step without any, and no place ever shifts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from parity.backend import Breach
from parity.decoding.records import Step


class Misaligned(Breach):
    """Log-probabilities are of other ids than those that were given."""


class Entry(NamedTuple):
    """One entry.

    id: the new id that it is of.
    top: (id, log-probability), best first.
    alone: whether its text is that of its id alone, so that nothing was left out before it.
    """

    id: int
    top: tuple[tuple[int, float], ...]
    alone: bool = False


def aligned(ids: Sequence[int], entries: Sequence[Entry]) -> tuple[Step, ...]:
    """Return a step for each id. Raises Misaligned where entries are not ids in their order.

    >>> aligned([7, 8, 7], [Entry(8, ((8, -0.5),))])
    (Step(top=(), row=''), Step(top=((8, -0.5),), row=''), Step(top=(), row=''))
    >>> aligned([7, 8, 7], [Entry(7, ((7, -0.5),))])
    (Step(top=(), row=''), Step(top=(), row=''), Step(top=(), row=''))
    """
    steps = [Step()] * len(ids)
    before = _reached(ids, entries)
    for number, place in enumerate(_certain(entries, before)):
        if place is not None:
            steps[place] = Step(entries[number].top)
    return tuple(steps)


def _reached(ids: Sequence[int], entries: Sequence[Entry]) -> list[set[int]]:
    """Return the places that each entry can have, by those before it."""
    found: list[set[int]] = []
    last = {-1}
    for entry in entries:
        here = {place for place, id in enumerate(ids) if id == entry.id and place > min(last)}
        last = {place for place in here if place - 1 in last} if entry.alone else here
        if not last:
            raise Misaligned(
                f"entry {len(found)} of log-probabilities is of the id {entry.id}, which is not "
                f"where it must be among the {len(ids)} ids"
            )
        found.append(last)
    return found


def _certain(entries: Sequence[Entry], before: Sequence[set[int]]) -> list[int | None]:
    """Return the one place that each entry can have, by those behind it too; None for several."""
    found: list[int | None] = []
    after: set[int] | None = None
    follower: Entry | None = None
    for entry, places in zip(reversed(entries), reversed(before), strict=True):
        left = places
        if after is not None and follower is not None:
            left = {
                place
                for place in places
                if (place + 1 in after if follower.alone else place < max(after))
            }
        found.append(next(iter(left)) if len(left) == 1 else None)
        after, follower = left, entry
    return found[::-1]
