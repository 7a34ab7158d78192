"""The watch: takes what was sampled, lets the candidate answer, counts and logs what came of it.

    put ──▶ waiting ──▶ next ──▶ the candidate, in a thread ──▶ settle ──▶ counts, log, listeners
                         │ the breaker is open: dropped            │
                         └──────── look: it hangs: timeout ────────┘

What the caller does here is `put`. All else is done in two threads (`asking`), and nothing that
the candidate, the log or a listener does comes back to the caller. A watch that nobody holds any
more writes its footer without asking what waits.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from parity.shadow import asking, same
from parity.shadow.asking import Asked
from parity.shadow.breaker import Breaker
from parity.shadow.counts import Counts
from parity.shadow.ends import Ends
from parity.shadow.judging import lost
from parity.shadow.log import Log
from parity.shadow.records import DIVERGED, DROPPED, ERROR, TIMEOUT, Call, Outcome, Parts
from parity.shadow.sampling import Sampler
from parity.shadow.settings import Settings
from parity.shadow.sides import Side
from parity.shadow.surfaces import SURFACES, Surface
from parity.shadow.waiting import Waiting

GRACE: Final = 1.0
"""Seconds that an end waits, past its deadline, for a line that is being written."""
NOBODY: Final = threading.Thread()
"""Who asks where each that asked hangs; it is never started."""
UNKNOWN: Final[Mapping[str, str]] = {"failed": "NotLoaded"}
"""The fingerprint of a candidate that was never asked, and is loaded when it is asked first."""


class Watch:
    """One candidate beside one reference.

    reference: its fingerprint as plain data. surfaces: what can be asked, by name.
    listeners: are told every outcome, in the watch's threads; what they raise is counted. One that
        holds a lock of its own is to give it up at a fork, or the child's thread waits for it.
    clock: seconds that only grow; nothing here goes by the time of day.
    asker: the thread that asks, None where none was needed yet.
    """

    def __init__(
        self,
        settings: Settings,
        reference: Mapping[str, Any],
        side: Side,
        surfaces: Mapping[str, Surface] = SURFACES,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings, self.reference = settings, reference
        self.side, self.surfaces, self.clock = side, surfaces, clock
        self.counts = Counts()
        self.sampler = Sampler(settings.rate, settings.rates, settings.ramp, settings.every_n)
        self.waiting = Waiting(settings.calls, settings.bytes)
        self.breaker = Breaker(settings.breaker, settings.pause, clock)
        self.listeners: list[Callable[[Outcome], None]] = []
        self.log: Log | None = None
        self.forks = 0
        self._begin()
        self._ends = Ends(self)
        if settings.enabled:
            if not side.lazy:
                self._open(side.about())
            self._ends.of_child()
            self._start("look")

    def _begin(self) -> None:
        """Have nothing in flight, no thread, and locks that nobody holds."""
        self.listeners_failed = 0
        self._headed = False
        self.stopped, self._drained, self._closed = (threading.Event() for _ in range(3))
        self._starting, self._telling = threading.RLock(), threading.RLock()
        self.asker: threading.Thread | None = None
        self._looker: threading.Thread | None = None
        self._hung: list[threading.Thread] = []
        self._asked: Asked | None = None
        self._closing = self._gave_up = False
        self._begun = self.clock()
        self._beat = self._begun + self.settings.heartbeat

    def put(self, call: Call | Parts) -> str:
        """Take a sampled call in, and return "", or why it is refused. Raises nothing."""
        refused = self.waiting.put(call)
        if self.asker is None and not refused:
            self.ask()
        return refused

    def ask(self) -> None:
        """Start the thread that asks; where there can be none, the next put tries."""
        self._start("ask")

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as plain data, and how often a listener failed."""
        return {**self.counts.snapshot(), "listeners_failed": self.listeners_failed}

    def has(self, thread: threading.Thread) -> bool:
        """Say whether a thread is the one that asks now."""
        with self._starting:  # one that just starts is named when that is done
            return self.asker is thread

    def next(self) -> Asked | None:
        """Return what the candidate is asked now, or None where nothing waits."""
        if self.log is None:
            self._open(self.side.about())
        elif self.forks and not self._headed:  # a child that is killed leaves its header at least
            self.log.begin()
        self._headed = True
        while (call := self.waiting.take()) is not None:
            if not self.breaker.lets():
                self._drop(call, "breaker")
                continue
            self._asked = Asked(call, self.clock(), self.side, self.surfaces)
            return self._asked
        if self.waiting.closed:
            self._drained.set()
        return None

    def settle(self, asked: Asked, outcome: Outcome) -> bool:
        """Count, log and tell an outcome, and say whether nobody did so before."""
        with self._telling:
            if not asked.taken():
                return False
            if self._asked is asked:
                self._asked = None
            self.counts.add(outcome)
            self.breaker.settled(outcome.fate)
            self._tell(outcome)
        return True

    def look(self) -> None:
        """Leave a candidate that hangs, write a heartbeat when it is due, move the ramp."""
        now, asked = self.clock(), self._asked
        if asked and not self.side.bounded and now - asked.begun >= self.settings.timeout:
            late = lost(asked.call, TIMEOUT, "TimedOut")._replace(seconds=now - asked.begun)
            if self.settle(asked, late) and self.asker:
                self._hung.append(self.asker)
                self.asker, self._gave_up = NOBODY, True
        if self._gave_up:
            self._try_again()
        elif self.asker and not self.asker.is_alive():  # no memory was left to it, or the like
            self.asker = None
            self._start("ask")
        if self.settings.ramp:
            self.sampler.moved(now - self._begun, self.counts.reached())
        if now >= self._beat:
            self._beat = now + self.settings.heartbeat
            self._heartbeat()

    def close(self, deadline: float | None = None, why: str = "close") -> dict[str, Any]:
        """Take nothing more in, ask what waits within so many seconds, and return the counts.

        Whoever calls this first ends the watch, with a footer that says `why`; the others wait for
        that, no longer than their own deadline.
        """
        seconds = self.settings.deadline if deadline is None else deadline
        self.waiting.close()
        self.sampler.stop()
        with self._starting:
            first, self._closing = not self._closing, True
        if not first:
            self._closed.wait(seconds)
            return self.snapshot()
        try:
            if self.asker is None and len(self.waiting):
                self._start("ask")
            if self.asker is not None and not self.has(threading.current_thread()):
                self._drained.wait(seconds)
        finally:
            self._end(why)
        return self.snapshot()

    def after_fork(self) -> None:
        """Begin at nothing, in a process that was forked; its parent has all that was begun."""
        self.counts.after_fork()
        self.sampler.after_fork(self.counts.reached())
        self.waiting.after_fork()
        self.breaker.after_fork()
        self.side.after_fork()
        self.forks += 1
        if self.log is not None:
            self.log.after_fork()
        self._begin()
        if self.waiting.closed:
            self._closing = True
            self._closed.set()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close(0, "collected")

    def _start(self, loop: str) -> None:
        """Start a thread, with the one that looks; where there can be none, the next put tries."""
        with contextlib.suppress(RuntimeError), self._starting:
            if self._looker is None:
                if loop == "ask":
                    self._ends.of_child()
                self._looker = asking.start(self, "look")
            if loop == "ask" and self.asker is None:
                self.asker = asking.start(self, "ask")

    def _open(self, candidate: Mapping[str, Any]) -> None:
        """Begin the log, now that it is known who the candidate is."""
        found = same.is_same(self.reference, candidate)
        header = {
            "reference": dict(self.reference),
            "candidate": dict(candidate),
            "surfaces": sorted(self.surfaces),
            "how": self.side.how,
            "same": found,
        }
        log = Log(self.settings, header)
        log.begin()
        self.log = log
        if found:
            same.warn(str(self.reference.get("spec", "")))

    def _drop(self, call: Call, why: str) -> None:
        with self._telling:
            outcome = lost(call, DROPPED, why)
            self.counts.add(outcome)
            self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        """Tell the log, and whoever listens."""
        if self.log is not None and outcome.fate == DIVERGED:
            self.log.divergence(outcome)
        elif self.log is not None and outcome.fate in (TIMEOUT, ERROR):
            self.log.lost(outcome)
        for listener in self.listeners:
            try:
                listener(outcome)
            except Exception:  # noqa: BLE001 (who listens must not end the watch)
                self.listeners_failed += 1

    def _try_again(self) -> None:
        """Let another thread ask in the place of one that hangs, if not too many do."""
        self._hung = [thread for thread in self._hung if thread.is_alive()]
        if len(self._hung) < asking.HUNG:
            self._gave_up, self.asker = False, None
            self._start("ask")
            return
        while (call := self.waiting.take()) is not None:
            self._drop(call, "hung")
        if self.waiting.closed:
            self._drained.set()

    def _heartbeat(self) -> None:
        found = self.snapshot()
        if self.log is not None:
            self.log.heartbeat(found)
        elif found["calls"]:
            self._start("ask")  # which finds out who the candidate is

    def _end(self, why: str) -> None:
        """Let go of what is in flight, and write the footer."""
        held = self._telling.acquire(timeout=GRACE)
        try:
            self.stopped.set()
            asked = self._asked
            in_flight = int(asked is not None and asked.taken())
            found = self.snapshot()
            silent = self.forks and not found["calls"]
            if self.log is None and self.settings.enabled and not silent:
                self._open(UNKNOWN)
            if self.log is not None and not silent:
                missing = {"pending": found["pending"], "in_flight": in_flight}
                self.log.footer(found, why, missing)
        finally:
            if held:
                self._telling.release()
            self._ends.forget()
            self.side.close()
            self._closed.set()
