"""Exact counts of what was asked and what became of it; nothing in them is capped.

For every surface `calls = passed + sampled`, and
`sampled = same + diverged + skipped + timeout + error + dropped + pending`.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from typing import Any

from parity.shadow.records import COMPARED, DIVERGED, FATES, Outcome


class Ticks:
    """A count that any number of threads add to: each `next()` is one step of the interpreter."""

    def __init__(self) -> None:
        self.next = itertools.count().__next__
        self._looked = 0
        self._lock = threading.Lock()

    def seen(self) -> int:
        """Return how often `next` was called, but for looking."""
        with self._lock:
            found = self.next() - self._looked
            self._looked += 1
            return found

    def reached(self) -> int:
        """Return the number that the next call of `next` gives."""
        with self._lock:
            self._looked += 1
            return self.next() + 1

    def after_fork(self) -> None:
        """Begin at nothing, in a process that was forked: whoever has `next` keeps it."""
        self._lock = threading.Lock()
        self._looked = self.next() + 1


class Counts:
    """What became of calls, by surface.

    inside, outside: calls in a request, and outside of any, by surface.
    sampled, fates: counts by surface, and by (surface, fate, why).
    """

    def __init__(self) -> None:
        self.inside: dict[str, Ticks] = {}
        self.outside: dict[str, Ticks] = {}
        self.sampled: Counter[str] = Counter()
        self.fates: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.RLock()

    def ticks(self, surface: str) -> tuple[Ticks, Ticks]:
        """Return what counts the calls of a surface, in a request and outside of any."""
        with self._lock:
            inside = self.inside.setdefault(surface, Ticks())
            return inside, self.outside.setdefault(surface, Ticks())

    def chose(self, surface: str) -> None:
        """Count a call that was sampled, before anything can become of it."""
        with self._lock:
            self.sampled[surface] += 1

    def settle(self, surface: str, fate: str, why: str = "") -> None:
        """Count what became of a sampled call."""
        with self._lock:
            self.fates[surface, fate, why] += 1

    def reached(self) -> dict[str, int]:
        """Return the number of the next call outside of any request, by surface."""
        with self._lock:
            return {surface: ticks.reached() for surface, ticks in self.outside.items()}

    def after_fork(self) -> None:
        """Begin at nothing, in a process that was forked, whoever held a lock there."""
        self._lock = threading.RLock()
        self.sampled.clear()
        self.fates.clear()
        for ticks in (*self.inside.values(), *self.outside.values()):
            ticks.after_fork()

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.settle(outcome.call.surface, outcome.fate, outcome.why)

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain data, as the log has it.

        {"calls", "passed", "sampled", "compared", each fate, "pending": numbers,
         "classes": divergences by class, "reasons": {fate: {why: number}},
         "surfaces": {surface: the same numbers and its classes}}
        """
        with self._lock:
            fates, sampled = Counter(self.fates), Counter(self.sampled)
            calls = {
                surface: ticks.seen() + self.outside[surface].seen()
                for surface, ticks in self.inside.items()
            }
        surfaces = {
            name: _numbers(calls.get(name, 0), sampled[name], _of(fates, name))
            for name in sorted({*calls, *sampled})
        }
        whole = _numbers(sum(calls.values()), sampled.total(), _of(fates, None))
        return {**whole, "surfaces": surfaces}


def _of(fates: Counter[tuple[str, str, str]], surface: str | None) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for (name, fate, why), number in fates.items():
        if surface in (None, name):
            found[fate, why] += number
    return found


def _numbers(calls: int, sampled: int, fates: Counter[tuple[str, str]]) -> dict[str, Any]:
    by_fate = {fate: sum(n for (one, _), n in fates.items() if one == fate) for fate in FATES}
    reasons = {
        fate: {why: n for (one, why), n in sorted(fates.items()) if one == fate}
        for fate in FATES
        if fate not in COMPARED and by_fate[fate]
    }
    return {
        "calls": calls,
        "passed": calls - sampled,
        "sampled": sampled,
        "compared": sum(by_fate[fate] for fate in COMPARED),
        **by_fate,
        "pending": sampled - sum(by_fate.values()),
        "classes": {why: n for (fate, why), n in sorted(fates.items()) if fate == DIVERGED},
        "reasons": reasons,
    }
