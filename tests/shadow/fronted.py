"""A front without a watch's thread: what was put can be looked at, and nothing is compared."""

from parity.shadow.counts import Counts
from parity.shadow.front import Asked, front
from parity.shadow.sampling import Sampler
from parity.shadow.settings import settings
from parity.shadow.surfaces import SURFACES
from parity.shadow.waiting import Waiting


class Watched:
    """What a front needs of a watch. put: the calls that came, in `calls`."""

    def __init__(self, **arguments):
        self.settings = found = settings({}, **arguments)
        self.counts = Counts()
        self.forks = 0
        self.sampler = Sampler(found.rate, found.rates, found.ramp, found.every_n)
        self.waiting = Waiting(found.calls, found.bytes)
        self.put = self.waiting.put
        self.asker = self

    @property
    def calls(self):
        """All that waits, oldest first."""
        found = []
        while (call := self.waiting.take()) is not None:
            found.append(call)
        return found

    def front(self, call, name="encode"):
        """What callers call in the place of `call`."""
        return front(Asked(call, name, SURFACES[name], self))


def balanced(counts):
    """Whether the equations hold, of everything and of each surface."""
    fates = ("same", "diverged", "skipped", "timeout", "error", "dropped", "pending")
    rows = (counts, *counts["surfaces"].values())
    whole = all(
        counts[name] == sum(row[name] for row in counts["surfaces"].values())
        for name in ("calls", "passed", "sampled", *fates)
    )
    return whole and all(
        row["calls"] == row["passed"] + row["sampled"]
        and row["sampled"] == sum(row[fate] for fate in fates)
        and row["compared"] == row["same"] + row["diverged"]
        and row["diverged"] == sum(row["classes"].values())
        and all(row[fate] == sum(found.values()) for fate, found in row["reasons"].items())
        for row in rows
    )
