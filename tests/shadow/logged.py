"""Logs for tests, and what is told in them."""

from parity.compare import Difference
from parity.shadow.log import Log
from parity.shadow.records import DIVERGED, Call, Outcome
from parity.shadow.settings import Settings
from parity.types import Observation

SIDE = {"spec": "mock:honest", "native": "m.A", "file": "a.py", "file_sha256": "1",
        "artefacts": {}, "packages": {}, "facts": {}}  # fmt: skip
OTHER = {**SIDE, "native": "m.B"}
HEADER = {"reference": SIDE, "candidate": OTHER, "surfaces": ["encode"], "how": "thread"}
FATES = ("same", "diverged", "skipped", "timeout", "error", "dropped")


def log_of(path, header=HEADER, **fields):
    """A log at a path."""
    return Log(Settings(report=str(path), **fields), header)


def diverged(text="abc", why="ids.value", **parts):
    """An encode whose second id differs."""
    call = Call("r-1", "encode", (text,), {}, Observation(), 0.001, 0.0, 3)
    place = Difference("value", ("ids", 1), 2, 3, (2, 2))
    sides = Observation({"ids": [1, 2]}), Observation({"ids": [1, 3]})
    return Outcome(call, DIVERGED, why, place, *sides, 0.002)._replace(**parts)


def counts(**numbers):
    """A snapshot in which so many calls diverged or had another fate, and all were sampled."""
    fates = {fate: numbers.get(fate, 0) for fate in FATES}
    total = sum(fates.values())
    return {
        "calls": total, "passed": 0, "sampled": total, "pending": 0,
        "compared": fates["same"] + fates["diverged"], **fates,
        "classes": {"ids.value": fates["diverged"]} if fates["diverged"] else {}, "reasons": {},
    }  # fmt: skip
