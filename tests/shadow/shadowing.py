"""Shadows of candidates that are each wrong in one way, and what was told of them."""

import itertools
import json
import threading

from parity.backend import Identity
from parity.backends.mock import Honest
from parity.shadow.backend import Shadow
from parity.shadow.records import FATES
from parity.types import Encoding

SOON = 20.0
"""Seconds that anything here may take at most, on a machine that is busy."""


class Mine(Honest):
    """Honest, and of a class of its own for each fault, so that no two sides are the same."""

    def identity(self):
        return Identity(self)


class Raises(Mine):
    """Raises on each call. error: what."""

    def __init__(self, error):
        self.error = error

    def encode(self, *_, **__):
        raise self.error


class Hangs(Mine):
    """Does not come back before `go` is set, where the text is `hang`."""

    def __init__(self):
        self.go, self.asked = threading.Event(), threading.Semaphore(0)
        self.calls = 0

    def encode(self, text, specials="parse"):
        self.calls += 1
        self.asked.release()
        if text == "hang":
            self.go.wait(SOON)
        return super().encode(text, specials)


class Gives(Mine):
    """Gives garbage. make: makes it."""

    def __init__(self, make):
        self.make = make

    def encode(self, *_, **__):
        return self.make()

    decode = encode


class ChangesItsInput(Mine):
    """Empties the ids that it is given, once it has read them."""

    def decode(self, ids, skip_special=True):
        text = super().decode(ids, skip_special)
        ids.clear()
        return text


class Hostile:
    """A value of which nothing can be asked."""

    def _raise(self, *_):
        raise RuntimeError("nothing can be asked")

    __eq__ = __repr__ = __str__ = __len__ = __iter__ = __bool__ = __getattr__ = (
        __class_getitem__
    ) = _raise
    __hash__ = None


class Endless(list):
    """A list whose items do not end, whatever its length says."""

    def __iter__(self):
        return itertools.repeat(7)


class Heard:
    """A listener that can be waited for."""

    def __init__(self):
        self.outcomes, self._more = [], threading.Condition()

    def __call__(self, outcome):
        with self._more:
            self.outcomes.append((outcome.fate, outcome.why))
            self._more.notify_all()

    def wait(self, number):
        """The first outcomes, so many, when they are there."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.outcomes) >= number, SOON), self.outcomes
            return self.outcomes[:number]


def shadow_of(candidate, report="", reference=None, **given):
    """A shadow that compares each call, and who hears of it."""
    given = {"rate": 1.0, "deadline": SOON, "timeout": SOON, **given}
    found = Shadow(reference or "mock:honest", candidate, report=str(report), **given)
    heard = Heard()
    found.watch.listeners.append(heard)
    return found, heard


def adds_up(counts):
    """Whether every number is where it belongs."""
    parts = [counts, *counts["surfaces"].values()]
    return all(
        one["calls"] == one["passed"] + one["sampled"]
        and one["sampled"] == sum(one[fate] for fate in FATES) + one["pending"]
        and min(one[name] for name in ("passed", "pending", *FATES)) >= 0
        for one in parts
    )


def rows(path):
    """The lines of a log."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def runs(path):
    """The lines of each run of a log, by what they are."""
    found = {}
    for row in rows(path):
        found.setdefault(row["run"], []).append(row)
    return list(found.values())


def ids_of(text):
    """What the reference makes of a text."""
    return Encoding(list(text.encode()), [(place, place + 1) for place in range(len(text))])
