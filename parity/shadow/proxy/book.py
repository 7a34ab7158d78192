"""What a proxy counts and logs, and the one thread of its own that reads, compares and writes.

The loop that serves clients never parses an answer, and never waits for a disk.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from parity.shadow.counts import Counts
from parity.shadow.log import Log
from parity.shadow.proxy.dialects import OTHER, SURFACES
from parity.shadow.records import DIVERGED, ERROR, TIMEOUT, Outcome
from parity.shadow.sampling import Sampler, place_of
from parity.shadow.settings import Settings

Found = TypeVar("Found")


class Book:
    """Counts, log and sampling of one proxy.

    own: what else it saw: `no_primary` answers that were the proxy's own, `refused` websockets,
        `cut` answers of the primary that broke off, `left` clients that went away, `unframed`
        comparisons without chunks, as frames had other ids.
    """

    def __init__(self, settings: Settings, header: Mapping[str, Any]) -> None:
        self.settings = settings
        self.counts, self.own = Counts(), Counter[str]()
        self.log = Log(settings, {**header, "surfaces": list(SURFACES), "how": "proxy"})
        self.sampler = Sampler(settings.rate, settings.rates, settings.ramp, settings.every_n)
        self.begun = time.monotonic()
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="parity-shadow")
        self._ticks = {name: self.counts.ticks(name)[0].next for name in SURFACES}

    def chosen(self, surface: str, request: str, *, forced: bool) -> bool:
        """Count a request, and say whether it is sampled."""
        self._ticks[surface]()
        if surface == OTHER or not self.settings.enabled:
            return False
        gate = self.sampler.gate(surface)
        self.sampler.moved(time.monotonic() - self.begun, {})
        if self.sampler.every_n:
            due = self.sampler.turn() % self.sampler.every_n == 0
        else:
            due = place_of(request) < gate.below
        if due or forced:
            self.counts.chose(surface)
        return due or forced

    async def apart(self, call: Callable[..., Found], *args: Any) -> Found:
        """Return what a call gives, made in the thread of this book."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, call, *args)

    def tell(self, outcome: Outcome) -> None:
        """Count an outcome, and write it where it is a line of the log."""
        self.counts.add(outcome)
        if outcome.fate == DIVERGED:
            self.log.divergence(outcome)
        elif outcome.fate in (TIMEOUT, ERROR):
            self.log.lost(outcome)

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as plain data, what else was seen under `proxy`."""
        return {**self.counts.snapshot(), "proxy": dict(sorted(self.own.items()))}

    def beat(self) -> None:
        """Write how things stand."""
        self.log.heartbeat(self.snapshot())

    def close(self, in_flight: int) -> None:
        """Write the footer: `in_flight` were being asked and are not any more."""
        self.pool.shutdown(wait=True)
        found = self.snapshot()
        missing = {"pending": found["pending"], "in_flight": in_flight}
        self.log.footer(found, "close", missing)
