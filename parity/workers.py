"""Workers: what several are asked at once must be what one is told alone.

A worker is a thread or a process. Each is asked every case, in an order of its own, and every one
of its answers is compared. What a case comes to is what one alone says, by the names of the looks
that were made; where a worker said something else, that, and `by`: which worker, in which order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from parity.backend import Backend
from parity.compare import part
from parity.errors import Unsupported
from parity.looks import Look
from parity.seeing import failed
from parity.types import Case, Failure, Observation

Amount = TypeVar("Amount", int, float)
Looks = Mapping[str, Look]
"""What workers are asked, by name: the first worker the first of them, the next one the next."""

SILENT: Final = 20.0
"""Seconds without any answer of any worker after which those that owe one are said to hang: less
than the 60 that a side in a process of its own may take for all of them."""


class Order(NamedTuple):
    """The order in which a worker is asked: from a place on, round and round, or backwards."""

    start: int
    backwards: bool

    def of(self, count: int) -> list[int]:
        """Return the places of so many cases in this order.

        >>> Order(1, backwards=False).of(3), Order(1, backwards=True).of(3)
        ([1, 2, 0], [0, 2, 1])
        """
        places = [(self.start + place) % count for place in range(count)]
        return places[::-1] if self.backwards else places

    def __str__(self) -> str:
        return f"{'backwards to' if self.backwards else 'from'} case {self.start + 1}"


class Told(NamedTuple):
    """What a worker said of a case: by whom, which look, the place of the case, and what."""

    by: str
    name: str
    place: int
    seen: Observation


def order_of(worker: int, workers: int, count: int) -> Order:
    """Return the order of a worker: no two of them begin at one place, each second runs back."""
    return Order(worker * count // workers, backwards=bool(worker % 2))


def option(cases: Sequence[Case], name: str, default: Amount) -> Amount:
    """Return an amount that the view of a law says, such as how many threads."""
    found: Amount = cases[0].options.get(name, default)
    return found


def serially(looks: Looks) -> Look:
    """Return the look at what one alone says, by the names of the looks."""

    def look(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
        return together(alone(looks, backend, cases), len(cases))

    return look


def alone(
    looks: Looks, backend: Backend, cases: Sequence[Case]
) -> dict[str, Sequence[Observation]]:
    """Make each look, one after the other."""
    return {name: list(look(backend, cases)) for name, look in looks.items()}


def together(serial: Mapping[str, Sequence[Observation]], count: int) -> list[Observation]:
    """Return one observation a case: the first failure, or all values by name."""
    found = []
    for place in range(count):
        seen = {name: observations[place] for name, observations in serial.items()}
        failed = next((one for one in seen.values() if one.failure), None)
        found.append(failed or Observation({name: one.value for name, one in seen.items()}))
    return found


def askable(serial: Mapping[str, Sequence[Observation]]) -> bool:
    """Say whether there is anything that workers can be asked."""
    return all(
        any(not (one.failure and one.failure.kind == "Unsupported") for one in observations)
        for observations in serial.values()
    )


def agreed(
    serial: Mapping[str, Sequence[Observation]], count: int, told: Iterable[Told]
) -> list[Observation]:
    """Return what one alone says, but for each case that a worker is told otherwise, that."""
    found, odd = together(serial, count), set[int]()
    for by, name, place, seen in told:
        right = serial[name][place]
        if place in odd or seen == right or part("", right, seen) is None:
            continue
        odd.add(place)
        if seen.failure:
            message = f"{by}: {seen.failure.message}"
            found[place] = Observation(failure=seen.failure._replace(message=message))
        elif right.failure:
            found[place] = Observation({name: seen.value, "by": by})
        else:
            found[place] = Observation({**found[place].value, name: seen.value, "by": by})
    return found


def unsupported(message: str, count: int) -> list[Observation]:
    """Return the answers where there is nothing that several workers could be asked."""
    return [Observation(failure=failed(Unsupported(message)))] * count


def not_here(backend: Backend, count: int) -> list[Observation]:
    """Return the answers where the work is done in another process, one call after the other."""
    return unsupported(f"{backend.name} works in another process, one call after the other", count)


def lost(kind: str, message: str) -> Observation:
    """Return what is seen of a worker that gives no answer: it hangs, or it died."""
    return Observation(failure=Failure(kind, message))


def told_by(seen: Observation) -> str:
    """Return which worker an observation is of, "" where all of them say it."""
    value: Any = seen.value
    return str(value["by"]) if isinstance(value, dict) and "by" in value else ""
