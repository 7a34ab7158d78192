"""Logs of shadows, as a service would leave them; each test spoils one in its way."""

import json
from functools import partial

from parity import fingerprint
from parity.backends import load
from parity.seeing import observe
from parity.shadow.counts import Counts
from parity.shadow.judging import judged, lost
from parity.shadow.log import Log
from parity.shadow.records import DIVERGED, Call
from parity.shadow.settings import settings
from parity.shadow.surfaces import SURFACES

CANDIDATE = "mock:drops_last_id"


def about(spec):
    """A side's fingerprint as plain data."""
    return fingerprint.take(spec, load(spec))._asdict()


class Told:
    """A run that is told line by line: the log's own writer, and counts of its own.

    Told(path).same(20_000).ask("abc").footer() has one divergence of 20,001.
    """

    def __init__(self, path, reference="mock:honest", candidate=CANDIDATE, how="thread", **named):
        self.path = path
        self.settings = settings({}, report=str(path), **{"rate": 1.0, **named})
        self.sides = [load(side) for side in (reference, candidate)]
        header = {
            "reference": about(reference),
            "candidate": about(candidate),
            "surfaces": list(SURFACES),
            "how": how,
        }
        self.log = Log(self.settings, header)
        self.log.begin()
        self.counts = Counts()

    def _chose(self, surface):
        self.counts.ticks(surface)[0].next()
        self.counts.chose(surface)

    def same(self, number, surface="encode"):
        """So many calls that agree."""
        return self.fate("same", number, "", surface)

    def fate(self, fate, number=1, why="full", surface="encode"):
        """So many calls of a fate; "" is pending."""
        for _ in range(number):
            self._chose(surface)
        if fate:
            self.counts.fates[surface, fate, why] += number
        return self

    def ask(self, *args, surface="encode", request="r-1", **named):
        """One call that both sides are really asked."""
        reference, candidate = self.sides
        seen = observe(partial(getattr(reference, surface), *args, **named))
        call = Call(request, surface, args, named, seen, 0.001, 0.0, 1)
        outcome = judged(
            call, lambda name, a, n: getattr(candidate, name)(*a, **n), SURFACES[surface].plain
        )
        self._chose(surface)
        self.counts.add(outcome)
        if outcome.fate == DIVERGED:
            self.log.divergence(outcome)
        return self

    def lose(self, fate="timeout", why="TimedOut", request="r-9"):
        """One call that was asked and not compared."""
        self._chose("encode")
        outcome = lost(Call(request, "encode", ("a",), {}, observe(str), 0.1, 0.0, 1), fate, why)
        self.counts.add(outcome)
        self.log.lost(outcome)
        return self

    def beat(self):
        """A heartbeat."""
        self.log.heartbeat(self.counts.snapshot())
        return self

    def footer(self, closed="close", **missing):
        """The end; returns the path."""
        counts = self.counts.snapshot()
        self.log.footer(counts, closed, {"pending": counts["pending"], "in_flight": 0, **missing})
        return self.path


def rows(path):
    """The lines of a log."""
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def spoilt(path, change):
    """Rewrite a log: `change` gets each line, changes it or returns what stands in its place."""
    kept = []
    for row in rows(path):
        found = change(row)
        kept += [row] if found is None else found
    path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="ascii")
    return path
