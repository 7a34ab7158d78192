"""Exact counts of what was asked and what became of it; no number in them is capped.

For every surface `calls = passed + sampled`, and
`sampled = same + diverged + skipped + timeout + error + dropped + pending`.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from typing import Any, Final

from parity.shadow.records import COMPARED, DIVERGED, FATES, SAME, Outcome

WORDS: Final = 1000
"""Reasons that are told apart; a candidate that makes up a new one each time fills no memory."""
OTHER: Final = "other"
"""The reason of what comes beyond them; it is counted all the same."""


class Ticks:
    """A count that any number of threads add to: each `next()` is one step of the interpreter.

    `next()` returns how often it was called before, in this process and those that it was forked
    from.

    >>> ticks = Ticks()
    >>> ticks.next(), ticks.next(), ticks.seen(), ticks.next()
    (0, 1, 2, 2)
    """

    def __init__(self) -> None:
        self._count = itertools.count()
        self._begun = 0
        self.next = self._count.__next__

    def reached(self) -> int:
        """Return the number that the next call of `next` gives; looking moves nothing."""
        return int(repr(self._count)[len("count(") : -1])

    def seen(self) -> int:
        """Return how often `next` was called in this process."""
        return self.reached() - self._begun

    def after_fork(self) -> None:
        """Begin at nothing, in a process that was forked: whoever has `next` keeps it."""
        self._begun = self.reached()


class Counts:
    """What became of calls, by surface.

    inside, outside, sampled: calls in a request, outside of any, and sampled, by surface.
    fates: counts by (surface, fate, why).
    """

    def __init__(self) -> None:
        self.inside: dict[str, Ticks] = {}
        self.outside: dict[str, Ticks] = {}
        self.sampled: dict[str, Ticks] = {}
        self.fates: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.RLock()

    def ticks(self, surface: str) -> tuple[Ticks, Ticks]:
        """Return what counts the calls of a surface, in a request and outside of any."""
        with self._lock:
            self.sampled.setdefault(surface, Ticks())
            inside = self.inside.setdefault(surface, Ticks())
            return inside, self.outside.setdefault(surface, Ticks())

    def choosing(self, surface: str) -> Ticks:
        """Return what counts the calls of a surface that were sampled."""
        with self._lock:
            return self.sampled.setdefault(surface, Ticks())

    def chose(self, surface: str) -> None:
        """Count a call that was sampled, before anything can become of it."""
        self.choosing(surface).next()

    def settle(self, surface: str, fate: str, why: str = "") -> None:
        """Count what became of a sampled call."""
        with self._lock:
            if len(self.fates) >= WORDS and (surface, fate, why) not in self.fates:
                why = OTHER
            self.fates[surface, fate, why] += 1

    def reached(self) -> dict[str, int]:
        """Return the number of the next call outside of any request, by surface."""
        with self._lock:
            return {surface: ticks.reached() for surface, ticks in self.outside.items()}

    def after_fork(self) -> None:
        """Begin at nothing, in a process that was forked, whoever held a lock there."""
        self._lock = threading.RLock()
        self.fates.clear()
        for ticks in itertools.chain(*map(dict.values, (self.inside, self.outside, self.sampled))):
            ticks.after_fork()

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.settle(outcome.call.surface, outcome.fate, outcome.why)

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain data, as the log has it.

        {"calls", "passed", "sampled", "compared", each fate, "pending": numbers,
         "classes": divergences by class, "alike": those of `same` that failed alike, by kind,
         "reasons": {fate: {why: number}},
         "surfaces": {surface: the same numbers and its classes}}
        """
        with self._lock:  # what comes later first: nothing has a fate that was not sampled yet
            fates = Counter(self.fates)
            sampled = {surface: ticks.seen() for surface, ticks in self.sampled.items()}
            calls = {
                surface: ticks.seen() + self.outside[surface].seen()
                for surface, ticks in self.inside.items()
            }
        surfaces = {
            name: _numbers(calls.get(name, 0), sampled[name], _of(fates, name))
            for name in sorted(sampled)
        }
        whole = _numbers(sum(calls.values()), sum(sampled.values()), _of(fates, None))
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
        "alike": {why: n for (fate, why), n in sorted(fates.items()) if fate == SAME and why},
        "reasons": reasons,
    }
