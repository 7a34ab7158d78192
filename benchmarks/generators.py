"""How many payloads a second each generator draws, on one core, for a tiny and a large vocabulary.

    python -m benchmarks.generators [SPEC ...]     default: hf:tiny:byte-bpe-600

Goal: 60,000 texts a second of every generator of short texts. What `known` costs is told too.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from benchmarks import finish, say, spend
from parity import backends, generators
from parity.generators import GENERATORS, Generator, Known
from parity.grammar import Sampler

GOAL: Final = 60_000
COUNT: Final = {"text": 60_000}
"""Payloads of a round, by kind; fewer of what is larger."""
FEWER: Final = 6_000
LONG: Final = "long_runs"
ROUNDS: Final = 3


def a_second(row: Generator, known: Known) -> int:
    """Return the payloads a second of CPU time, of the best of a few rounds."""
    draw, numbers = row.make(known), random.Random(1)  # noqa: S311 (texts, not secrets)
    count = FEWER if row.name == LONG else COUNT.get(row.kind, FEWER)
    drawn = partial(_drawn, draw, numbers, count)
    return round(count / min(spend(drawn).cpu for _ in range(ROUNDS)))


def _drawn(draw: Sampler, numbers: random.Random, count: int) -> None:
    for _ in range(count):
        draw(numbers)


def main(specs: Sequence[str]) -> None:
    """Measure each tokenizer; see the module."""
    found: dict[str, Any] = {}
    for spec in specs:
        backend, told = backends.load(spec), []
        spent = spend(lambda backend=backend, told=told: told.append(generators.known(backend)))
        found[spec] = {"known_s": round(spent.cpu, 2), "a_second": {}}
        for row in GENERATORS.values():
            found[spec]["a_second"][row.name] = speed = a_second(row, told[0])
            short = row.kind == "text" and row.name != LONG
            say(f"{spec} {row.name}: {speed:,} a second{' (goal)' * (short and speed >= GOAL)}")
    finish("generators", ["tokenizers"], goal=GOAL, found=found)


if __name__ == "__main__":
    main(sys.argv[1:] or ["hf:tiny:byte-bpe-600"])
