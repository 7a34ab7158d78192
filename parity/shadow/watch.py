"""The watch: takes what was sampled, lets the candidate answer, counts and logs what came of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from parity.shadow.counts import Counts
from parity.shadow.judging import lost
from parity.shadow.records import ERROR, Call, Outcome
from parity.shadow.sampling import Sampler
from parity.shadow.settings import Settings
from parity.shadow.sides import Side
from parity.shadow.surfaces import SURFACES, Surface
from parity.shadow.waiting import Waiting

TICK: Final = 0.002
"""Seconds between two looks at what waits, when nothing does."""


class Watch:
    """One candidate beside one reference.

    reference: its fingerprint as plain data. surfaces: what can be asked, by name.
    listeners: are told every outcome, in the watch's thread.
    """

    def __init__(
        self,
        settings: Settings,
        reference: Mapping[str, Any],
        side: Side,
        surfaces: Mapping[str, Surface] = SURFACES,
    ) -> None:
        self.settings, self.reference = settings, reference
        self.side, self.surfaces = side, surfaces
        self.counts = Counts()
        self.sampler = Sampler(settings.rate, settings.rates, settings.ramp, settings.every_n)
        self.waiting = Waiting(settings.calls, settings.bytes)
        self.listeners: list[Callable[[Outcome], None]] = []
        self.listeners_failed = 0
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def put(self, call: Call) -> str:
        """Take a sampled call in, and return "", or why it is refused."""
        refused = self.waiting.put(call)
        if self._thread is None:
            self._start()
        return refused

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return self.counts.snapshot()

    def close(self, deadline: float | None = None) -> dict[str, Any]:
        """Take nothing more in, ask what waits within so many seconds, and return the counts."""
        self.waiting.close()
        if self._thread is not None:
            self._thread.join(self.settings.deadline if deadline is None else deadline)
        return self.snapshot()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="parity-shadow", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            call = self.waiting.take()
            if call is not None:
                self._settle(call)
            elif self.waiting.closed:
                return
            else:
                time.sleep(TICK)

    def _settle(self, call: Call) -> None:
        try:
            outcome = self.side.judged(call, self.surfaces[call.surface])
        except Exception as error:  # noqa: BLE001 (what the candidate does must not end the watch)
            outcome = lost(call, ERROR, error)
        self.counts.add(outcome)
        for listener in self.listeners:
            try:
                listener(outcome)
            except Exception:  # noqa: BLE001 (who listens must not end the watch)
                self.listeners_failed += 1
