"""Which calls are compared: decided once a request, by a hash of its id.

A request is drawn where the hash of its id is below the rate, so that every process decides alike,
all surfaces of a chosen request are compared, and one that is chosen at some rate is chosen at
every greater one. A call outside of any request is a request of its own: the gaps between those
that are sampled are drawn as independent draws at the rate would leave them, so that no cycle of
calls can hide a surface.

`every_n` is the older way, every N-th call of all surfaces by one counter, and its flaw is known:
where a request always makes the same three calls and N is 3, one of the three surfaces is compared
and the others never are. It is here for who must compare with such a log.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
import random
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Final, NamedTuple

WHOLE: Final = 1 << 64
NEVER: Final = 1 << 62
"""A number of calls that is not reached."""


class Request(NamedTuple):
    """A request that is being answered.

    place: the hash of its id, in [0, WHOLE). forced: it is compared whatever the rate says.
    """

    id: str
    place: int
    forced: bool = False


CURRENT: Final[ContextVar[Request | None]] = ContextVar("request", default=None)
"""The request that calls belong to, of this thread or task."""


class Ramp(NamedTuple):
    """Rates that rise, or fall, from one to another within so many seconds."""

    start: float
    end: float
    seconds: float

    def at(self, elapsed: float) -> float:
        """Return the rate after so many seconds.

        >>> Ramp(0.0, 0.1, 100.0).at(50.0), Ramp(0.0, 0.1, 100.0).at(900.0)
        (0.05, 0.1)
        """
        if self.seconds <= 0 or elapsed >= self.seconds:
            return self.end
        return self.start + (self.end - self.start) * max(elapsed, 0.0) / self.seconds


def place_of(id: str) -> int:
    """Return where a request's id lies in [0, 2^64): the first 8 bytes of its SHA-256.

    >>> place_of("request-1") == place_of("request-1"), place_of("request-1") / 2**64 < 1
    (True, True)
    """
    return int.from_bytes(hashlib.sha256(id.encode("utf-8", "surrogatepass")).digest()[:8], "big")


@contextlib.contextmanager
def request(id: str, *, forced: bool = False) -> Iterator[Request]:
    """Say which request the calls of this block belong to, in this thread or task."""
    found = Request(id, place_of(id), forced)
    token = CURRENT.set(found)
    try:
        yield found
    finally:
        CURRENT.reset(token)


class Gate:
    """Decides for one surface.

    below: places under this are chosen. due: of calls outside of any request, the number of the
        next that is sampled.
    """

    __slots__ = ("_lock", "_random", "below", "due", "rate")

    def __init__(self, rate: float, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 (nobody is kept out by it)
        self._lock = threading.RLock()  # a signal's handler may ask in the middle of a draw
        self.set(rate, 0)

    def set(self, rate: float, calls: int) -> None:
        """Sample at another rate from now on, where so many calls were made so far.

        calls: outside of any request, of this surface.
        """
        with self._lock:
            self.rate = rate
            self.below = math.ceil(rate * WHOLE)
            self.due = 0 if rate >= 1 else calls + self._gap()

    def taken(self, number: int) -> bool:
        """Say whether call `number`, outside of any request, is sampled; draw the next if so.

        Where a later call of another thread comes first, it is sampled in the place of this one:
        as many are sampled as were drawn. At a rate of 1 all are, in whatever order.
        """
        with self._lock:
            if number < self.due:
                return False  # another thread was here first
            if self.rate < 1:
                self.due += 1 + self._gap()
            return True

    def after_fork(self, calls: int) -> None:
        """Draw what its parent does not, in a process that was forked; nobody holds its lock."""
        self._lock = threading.RLock()
        self._random = random.Random(secrets.token_hex(16))  # noqa: S311 (as above)
        self.set(self.rate, calls)

    def _gap(self) -> int:
        """Return how many calls are passed before one is sampled: geometric."""
        if self.rate <= 0:
            return NEVER
        drawn = 1.0 - self._random.random()
        return int(min(math.log(drawn) / math.log1p(-self.rate), NEVER))


class Sampler:
    """Gates by surface.

    rate: of requests that are compared; rates: of single surfaces. ramp: stands before `rate`.
    every_n: the older way, in the place of all of these; 0 is not that.
    seed: of the draws of calls outside of any request; "" is another one in each process.
    """

    def __init__(
        self,
        rate: float,
        rates: Mapping[str, float] | None = None,
        ramp: Ramp | None = None,
        every_n: int = 0,
        seed: str = "",
    ) -> None:
        self.rate, self.rates, self.ramp, self.every_n = rate, dict(rates or {}), ramp, every_n
        self.seed = seed or secrets.token_hex(16)
        self.gates: dict[str, Gate] = {}
        self.turn = itertools.count(1).__next__

    def gate(self, surface: str) -> Gate:
        """Return the gate of a surface."""
        if surface not in self.gates:
            begun = self.ramp.at(0.0) if self.ramp else self.rate
            rate = self.rates.get(surface, begun)
            self.gates[surface] = Gate(rate, f"{self.seed} {surface}")
        return self.gates[surface]

    def after_fork(self, calls: Mapping[str, int]) -> None:
        """Draw anew, with locks that nobody holds, in a process that was forked.

        calls: outside of any request, of each surface so far.
        """
        for surface, gate in self.gates.items():
            gate.after_fork(calls.get(surface, 0))

    def stop(self) -> None:
        """Choose nothing any more, but what is forced and what `every_n` counts."""
        self.ramp = None
        for gate in self.gates.values():
            gate.set(0.0, 0)

    def moved(self, elapsed: float, calls: Mapping[str, int]) -> None:
        """Set what the ramp says after so many seconds; surfaces with a rate of their own keep it.

        calls: outside of any request, of each surface so far.
        """
        if self.ramp is None:
            return
        rate = self.ramp.at(elapsed)
        for surface, gate in self.gates.items():
            if surface not in self.rates and gate.rate != rate:
                gate.set(rate, calls.get(surface, 0))
