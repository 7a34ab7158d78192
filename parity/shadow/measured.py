"""One shadow's numbers: what its counts say now, and what its outcomes have added so far."""

from __future__ import annotations

import os
import threading
import weakref
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import Any, Final, NamedTuple

from parity.shadow.metrics import HISTOGRAM, TABLE, Reading, Words, counted, observed
from parity.shadow.records import Outcome
from parity.shadow.watch import Watch

Key = tuple[str, tuple[str, ...]]
"""The name of a metric, and the values of its labels."""
LOG: Final = ("lines", "capped", "failed", "rotated")
"""What a log says of itself that is told."""


class Filled(NamedTuple):
    """A histogram. below: values up to each bound, and last all. sum: of the values."""

    below: tuple[int, ...]
    sum: float


class Measured:
    """What one watch measures.

    told: gets each reading of an outcome, too; it runs in the watch's threads.

    The watch is held weakly: a shadow that nobody else holds can go, and says so in its log.
    Of a process: a child that was forked begins at 0, as the watch's own counts do.
    """

    def __init__(self, watch: Watch, told: Callable[[Reading], None] | None = None) -> None:
        self._watch, self._surfaces, self.told = weakref.ref(watch), watch.surfaces, told
        self._begin()
        watch.listeners = [*watch.listeners, self.hear]
        after_fork(self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()  # a new one: the old may be held by a thread that is gone
        self._words = Words()
        self._added: Counter[Key] = Counter()
        self._buckets: dict[Key, list[int]] = {}

    @property
    def watch(self) -> Watch | None:
        """The watch, None where it is gone."""
        return self._watch()

    @property
    def closed(self) -> bool:
        """Whether the watch takes nothing more in; something may be pending still."""
        watch = self.watch
        return watch is None or watch.waiting.closed

    @property
    def over(self) -> bool:
        """Whether the watch has ended: no number changes any more."""
        watch = self.watch
        return watch is None or watch.stopped.is_set()

    def close(self) -> None:
        """Hear nothing more; what was heard can be read still."""
        watch, heard = self.watch, self.hear
        if watch is not None:
            watch.listeners = [one for one in watch.listeners if one != heard]

    def hear(self, outcome: Outcome) -> None:
        """Take in what an outcome adds."""
        surface = self._surfaces.get(outcome.call.surface)
        with self._lock:
            found = list(observed(outcome, surface and surface.plain, self._words))
            for one in found:
                self._add(one)
        if self.told is not None:
            for one in found:
                self.told(one)

    def _add(self, reading: Reading) -> None:
        key = reading.name, reading.labels
        self._added[key] += reading.value  # type: ignore[assignment]
        metric = TABLE[reading.name]
        if metric.kind == HISTOGRAM:
            counts = self._buckets.setdefault(key, [0] * (len(metric.buckets) + 1))
            counts[bisect_left(metric.buckets, reading.value)] += 1

    def counts(self) -> list[Reading]:
        """Return what the watch says of itself, as counters and gauges; one snapshot of it."""
        watch = self.watch
        if watch is None:
            return []
        found = watch.snapshot()
        with self._lock:
            return [*counted(found, self._words), *_state(watch, found)]

    def added(self) -> tuple[list[Reading], dict[Key, Filled]]:
        """Return the counters, and the histograms, that outcomes have added to."""
        with self._lock:
            counters = [
                Reading(*key, value)
                for key, value in self._added.items()
                if key not in self._buckets
            ]
            filled = {
                key: Filled(tuple(accumulate(numbers)), self._added[key])
                for key, numbers in self._buckets.items()
            }
        return counters, filled


def _state(watch: Watch, snapshot: Mapping[str, Any]) -> Iterable[Reading]:
    numbers = {
        "queue_length": len(watch.waiting),
        "queue_bytes": watch.waiting.held,
        "enabled": watch.settings.enabled,
        "breaker_open": watch.breaker.open,
        "listeners_failed": snapshot["listeners_failed"],
    }
    if watch.log is not None:
        state = watch.log.state()
        numbers |= {f"log_{name}": state[name] for name in LOG}
    for name, number in numbers.items():
        yield Reading(f"parity_shadow_{name}", (), float(number))


def after_fork(method: Callable[[], None]) -> None:
    """Call a method in every child that is forked, as long as its object lives."""
    known = weakref.WeakMethod(method)

    def begin() -> None:
        found = known()
        if found is not None:
            found()

    os.register_at_fork(after_in_child=begin)
