"""How long 10,000 prompts take that two template engines render and that are compared.

    python -m benchmarks.rendering [PROMPTS]     default: 10,000

On one core: this process and the engines' share it, so that wall time is what all of it costs. The
chats of the corpus, again and again under other ids, by each of the fourteen styles in turn: jinja
against minijinja. What differs is counted and not looked into.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Final

from benchmarks import finish, say
from parity import artefact, corpus, session
from parity.jobs import jobs_for
from parity.plan import Pair
from parity.run import live, run
from parity.types import Case

PROMPTS: Final = 10_000
GOAL: Final = 30.0
"""Seconds for 10,000."""


def chats(count: int) -> Iterator[Case]:
    """Yield so many cases of chats, each under an id of its own."""
    found = list(corpus.read(artefact.shipped() / "chat.jsonl"))
    for number, case in enumerate(islice(cycle(found), count)):
        yield case._replace(id=f"{case.id}-{number}")


def compared(style: str, cases: Sequence[Case]) -> tuple[float, int]:
    """Return the seconds that it takes to compare a style's prompts, and how many differ."""
    pair = Pair("benchmark", f"jinja:style:{style}", f"minijinja:style:{style}")
    with session.opened(pair) as loaded:
        sides = {"reference": live(loaded.reference), "candidate": live(loaded.candidate)}
        start = time.perf_counter()
        differing = sum(len(rows) for *_, rows in run(cases, jobs_for(["prompt"]), sides))
        return time.perf_counter() - start, differing


def main(count: int) -> None:
    """Measure; see the module."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    styles = artefact.styles()
    each = -(-count // len(styles))
    rows = {}
    for style in styles:
        rows[style] = compared(style, list(chats(each)))
        say(f"{style}: {each} prompts in {rows[style][0]:.2f} s, {rows[style][1]} differ")
    seconds = sum(spent for spent, _ in rows.values())
    finish(
        "rendering",
        ["jinja2", "minijinja"],
        goal=GOAL,
        prompts=each * len(styles),
        seconds_for_10_000=round(seconds * PROMPTS / (each * len(styles)), 2),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else PROMPTS)
