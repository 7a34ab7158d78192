"""Many calls under a shadow whose candidate misbehaves: memory stays flat, every count adds up.

Threads call encode, decode and a batch, in requests and outside of them, of a reference that
answers from memory; of the sampled ones the candidate diverges, raises and is late in turn. The
process's memory is told at each tenth, and in the end every equation of the counts is asserted, the
log's numbers too: a footer, and as many lines of divergences as the limit lets through.

    python -m benchmarks.shadow_soak [CALLS [RATE]]
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import benchmarks
from parity.backend import Backend, Identity
from parity.shadow.backend import Shadow
from parity.shadow.sampling import request
from parity.types import Encoding, Specials

THREADS: Final = 4
TENTHS: Final = 10
CALLS_OF_A_REQUEST: Final = 4
LATE: Final = 0.05
"""Seconds that a late answer takes; the limit is a fifth of that."""
GROWTH: Final = 1.25
"""By how much the memory of the last tenth may stand above that of the second."""
FATES: Final = ("same", "diverged", "skipped", "timeout", "error", "dropped", "pending")


class Known(Backend):
    """A reference that answers from memory."""

    def __init__(self) -> None:
        self.answer = Encoding(list(range(64)), [(at, at + 1) for at in range(64)])

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:  # noqa: ARG002
        """Answer the same, always."""
        return self.answer

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False  # noqa: ARG002, FBT001, FBT002
    ) -> list[Encoding]:  # fmt: skip
        """Answer the same, always."""
        return [self.answer for _ in texts]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:  # noqa: ARG002, FBT001, FBT002
        """Answer the same, always."""
        return "text"

    def identity(self) -> Identity:
        """Say what this is."""
        return Identity(self, facts={"which": type(self).__name__})


class Misbehaved(Known):
    """A candidate that diverges, raises, and is late, each once in a while."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = itertools.count(1).__next__

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:  # noqa: ARG002
        """Answer, or not."""
        turn = self.turn()
        if not turn % 4_001:
            time.sleep(LATE)
        if not turn % 101:
            raise ValueError("now and then")
        if not turn % 53:
            return Encoding(self.answer.ids[:-1], self.answer.offsets)
        return self.answer


def calls(shadow: Shadow, thread: int, count: int) -> None:
    """Make so many calls, half of them in requests."""
    batch, ids = ["a", "b", "c"], list(range(64))
    for number in range(0, count, CALLS_OF_A_REQUEST * 2):
        with request(f"{thread}-{number}"):
            some(shadow, batch, ids)
        some(shadow, batch, ids)


def some(shadow: Shadow, batch: list[str], ids: list[int]) -> None:
    """Make the calls of a request."""
    shadow.encode("a text")
    shadow.encode("a text", specials="plain")
    shadow.decode(ids)
    shadow.encode_batch(batch)


def memory() -> float:
    """Return how many MiB of this process are in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * 4096 / (1 << 20), 1)


def soak(shadow: Shadow, count: int) -> list[float]:
    """Make all calls, and return the memory after each tenth."""
    step, found = count // (TENTHS * THREADS), list[float]()
    for tenth in range(TENTHS):
        threads = [
            threading.Thread(target=calls, args=(shadow, tenth * THREADS + number, step))
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found.append(memory())
        told = {name: shadow.snapshot()[name] for name in ("calls", "sampled", *FATES)}
        benchmarks.say(f"{tenth + 1}/{TENTHS}: {found[-1]} MiB, {told}")
    return found


def holds(law: bool, seen: object) -> None:  # noqa: FBT001 (as of assert)
    """Raise where a law does not hold."""
    if not law:
        raise AssertionError(seen)


def add_up(counts: Mapping[str, Any], made: int) -> None:
    """Assert every equation of the counts, for all calls and for those of each surface."""
    holds(counts["calls"] == made, (counts["calls"], made))
    for row in (counts, *counts["surfaces"].values()):
        holds(row["calls"] == row["passed"] + row["sampled"], row)
        holds(row["sampled"] == sum(row[fate] for fate in FATES), row)
        holds(row["diverged"] == sum(row["classes"].values()), row)
        for fate, reasons in row["reasons"].items():
            holds(row[fate] == sum(reasons.values()), row)
    for name in ("calls", "passed", "sampled", *FATES):
        holds(counts[name] == sum(row[name] for row in counts["surfaces"].values()), name)


def main(arguments: Iterable[str]) -> None:
    """Make the calls, and see what is left of them."""
    given = [*arguments]
    count = int(given[0]) if given else 10_000_000
    rate = float(given[1]) if len(given) > 1 else 0.02
    unit = TENTHS * THREADS * CALLS_OF_A_REQUEST * 2
    count = -(-count // unit) * unit
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "shadow.jsonl")
        begun = perf_counter()
        shadow = Shadow(
            Known(), Misbehaved(), rate=rate, report=str(log), timeout=LATE / 5, breaker=1000
        )
        found = soak(shadow, count)
        shadow.close(60)
        spent = perf_counter() - begun
        counts, size = shadow.snapshot(), log.stat().st_size
        lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    add_up(counts, count)
    kinds = [line["what"] for line in lines]
    holds(kinds[0] == "header", kinds)
    holds(kinds[-1] == "footer", kinds)
    holds(lines[-1]["counts"] == counts, lines[-1])
    told = kinds.count("divergence")
    holds(told == min(counts["diverged"], shadow.watch.settings.max_diffs), told)
    holds(not counts["pending"], counts)
    holds(found[-1] <= found[1] * GROWTH, found)
    benchmarks.finish(
        "shadow_soak", calls=count, rate=rate, threads=THREADS, seconds=round(spent, 1),
        mib_by_tenth=found, log={"bytes": size, **{kind: kinds.count(kind) for kind in kinds}},
        counts={name: value for name, value in counts.items() if name != "surfaces"},
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
