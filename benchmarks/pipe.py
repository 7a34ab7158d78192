"""How many short texts a second go through the pipe of a harness, in three ways.

Two harnesses: `at_once` has its answers ready, so that what is measured is the pipe and our side of
it; `echo` is harnesses/python/echo.py, which makes them in Python. A run asks in `looks` (a call a
text, many texts a message) and in `batches` of 1,024 texts; `alone` is one message a text, each
waited for.

    goal: 100,000 texts a second in looks and in batches, of `at_once`

    python -m benchmarks.pipe [TEXTS [ROUNDS]]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median

import benchmarks
from parity import backends
from parity.backend import Backend
from parity.looks import single_ids
from parity.run import BATCH
from parity.types import Case

HARNESSES = {
    "at_once": benchmarks.ROOT / "benchmarks" / "at_once.py",
    "echo": benchmarks.ROOT / "harnesses" / "python" / "echo.py",
}
LENGTH = 12
"""Characters of a short text."""
HALF = re.compile("[\ud800-\udfff]")
GOAL = 100_000
ALONE = 20
"""Of so many texts, one is asked alone."""


def ways(backend: Backend, cases: list[Case]) -> dict[str, tuple[int, Callable[[], object]]]:
    """Return what is measured: how many texts each call asks about, and the call."""
    lists = [cases[at : at + BATCH] for at in range(0, len(cases), BATCH)]

    def looks() -> None:
        for rows in lists:
            single_ids(backend, rows)

    def batches() -> None:
        for rows in lists:
            backend.encode_batch([case.payload for case in rows])

    def alone() -> None:
        for case in cases[::ALONE]:
            backend.encode(case.payload)

    return {
        "looks": (len(cases), looks),
        "batches": (len(cases), batches),
        "alone": (len(cases[::ALONE]), alone),
    }


def measure(program: Path, cases: list[Case], rounds: int) -> dict[str, dict[str, float]]:
    """Return texts a second, and what a text costs us in microseconds of CPU."""
    with closing(backends.load(f"command:{sys.executable} {program}")) as backend:
        asked = ways(backend, cases)
        spent = benchmarks.interleaved({name: call for name, (_, call) in asked.items()}, rounds)
    return {
        name: {
            "per_second": round(median(asked[name][0] / one.wall for one in rows)),
            "our_microseconds": round(median(1e6 * one.cpu / asked[name][0] for one in rows), 2),
        }
        for name, rows in spent.items()
    }


def main(arguments: Iterable[str]) -> None:
    """Measure both harnesses."""
    count, rounds = [*map(int, arguments), *(100_000, 5)[len(sys.argv) - 1 :]]
    short = (text[:LENGTH] for text in benchmarks.texts() if not HALF.search(text))
    cases = list(benchmarks.cases(count, islice(short, count)))
    found = {}
    for name, program in HARNESSES.items():
        benchmarks.say(name)
        found[name] = measure(program, cases, rounds)
    benchmarks.finish(
        "pipe", ("orjson",), n=count, rounds=rounds, length=LENGTH, goal=GOAL, harnesses=found
    )


if __name__ == "__main__":
    main(sys.argv[1:])
