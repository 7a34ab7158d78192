"""The search: batches of generated cases through both sides, and what is new among what differs.

What is drawn depends on the seed, the strategy, the number of its batch and the vocabulary alone.
Each strategy has its turn, a batch of its kind a turn. Of what differs in a batch the first few of
each check are examined (`examine`); a kind of divergence is a check, a cause and a smallest case,
and is kept once. All that differs is counted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, NamedTuple

from parity.causes import UNCLASSIFIED
from parity.compare import Comparison, Verdict
from parity.coverage import Coverage
from parity.examine import UNEXAMINED, Examined, Examiner, identity
from parity.generators import GENERATORS, Known, known
from parity.grammar import Sampler
from parity.jobs import Job, jobs_for, kinds_of
from parity.looks import Look, batch_ids, single_ids
from parity.packed import PackedIds, unpack
from parity.run import Observer, live, run
from parity.session import Loaded, PairResult, related
from parity.tally import Tally
from parity.types import SPECIALS, Case, Observation

SIZES: Final[Mapping[str, int]] = {"text": 1024, "ids": 1024, "stream": 64, "stop": 256}
"""Cases of a batch, by their kind; what is not here has 64."""
LONG: Final[Mapping[str, int]] = {"long_runs": 8}
"""The same of strategies whose texts are long."""
EXAMINED: Final = 8
"""Divergences of one batch and check that are examined."""
FORMS: Final = 6
"""Smallest cases of one cause and check that are looked for; of no named cause, UNNAMED."""
UNNAMED: Final = 24
CHECKS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("ids_batched", "offsets_batched", "text"),
    "ids": ("text",),
    "stream": ("joined",),
    "stop": ("stop_final", "stop_matched"),
    "messages": ("prompt_ids",),
}
"""What is compared of each kind of case, where nothing is named."""


class Finding(NamedTuple):
    """A new kind of divergence; id: the same on every run that finds it."""

    id: str
    strategy: str
    found: Comparison
    examined: Examined


@dataclass
class State:
    """How far a search has come: it goes on from here as if it had not been stopped.

    batches: done of each strategy. causes: examined divergences by check and cause. found: the
    ids of what is kept. examined, differing: how many were, and how many there were.
    """

    batches: Counter[str] = field(default_factory=Counter)
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: set[str] = field(default_factory=set)
    cases: int = 0
    differing: int = 0


class Hunt:
    """The search between the two sides of a pair."""

    def __init__(
        self, loaded: Loaded, strategies: Sequence[str], checks: Sequence[str], seed: int
    ) -> None:
        """Draw nothing yet. Raises Unsupported where a strategy needs what a side does not show."""
        self.loaded, self.seed, self.strategies = loaded, seed, strategies
        self.known: Known = known(loaded.reference)
        self.draw: dict[str, Sampler] = {
            name: GENERATORS[name].make(self.known) for name in strategies
        }
        self.jobs: dict[str, list[Job]] = {}
        for kind in {GENERATORS[name].kind for name in strategies}:
            found = jobs_for(checks or CHECKS[kind])
            self.jobs[kind] = [related(job, loaded) for job in found if kind in kinds_of(job.view)]
        every = list(
            {job.name + job.judged: job for jobs in self.jobs.values() for job in jobs}.values()
        )
        self.examiner = Examiner(loaded.reference, loaded.candidate, every)
        self.coverage = Coverage(loaded.reference)
        self.state = State()
        self.result = PairResult(loaded.pair.name)
        for job in every:
            self.result.rows[job.name, job.judged] = Tally()
        self.observers: Mapping[str, Observer] = {
            "reference": _Covering(live(loaded.reference), self.coverage),
            "candidate": live(loaded.candidate),
        }

    def turn(self, name: str, most: int | None = None) -> Iterator[Finding]:
        """Compare the next batch of a strategy; yield what is new."""
        cases = self._cases(name, most)
        kind = GENERATORS[name].kind
        self.state.batches[name] += 1
        self.state.cases += len(cases)
        if kind == "text":
            self.coverage.texts([case.payload for case in cases])
        kept: list[Comparison] = []
        for job, tally, differing in run(cases, self.jobs[kind], self.observers):
            self.result.rows[job.name, job.judged].add(tally)
            found = [one for one in differing if one.verdict not in UNEXAMINED]
            self.state.differing += len(found)
            kept += found[:EXAMINED]
        for one in kept:
            yield from self._new(name, one)

    def _cases(self, name: str, most: int | None) -> list[Case]:
        kind, number = GENERATORS[name].kind, self.state.batches[name]
        draw = random.Random(f"{self.seed}/{name}/{number}")  # noqa: S311 (texts, not secrets)
        size = LONG.get(name, SIZES.get(kind, 64))
        payloads = [self.draw[name](draw) for _ in range(min(size, most or size))]
        mode = SPECIALS[number % len(SPECIALS)]
        options: dict[str, Any] = {"specials": mode} if kind == "text" and mode != "parse" else {}
        start = f"fuzz/{name}-{number}"
        return [
            Case(f"{start}-{place}", kind, payload, options)
            for place, payload in enumerate(payloads)
        ]

    def _new(self, name: str, found: Comparison) -> Iterator[Finding]:
        cause = self.examiner.cause(found)
        self.state.causes[found.check, cause] += 1
        limit = FORMS if cause not in ("", UNCLASSIFIED) else UNNAMED
        if self.state.causes[found.check, cause] > limit:
            return
        examined = self.examiner.whole(found, cause)
        least = examined.minimal.found if examined.minimal else None
        pair = self.loaded.pair
        id = identity(
            found.check, examined.cause, (least or found).case, (pair.reference, pair.candidate)
        )
        if id not in self.state.found:
            self.state.found.add(id)
            yield Finding(id, name, found, examined)


class _Covering:
    """An observer of the reference that counts the ids it gives."""

    overlaps = False

    def __init__(self, observer: Observer, coverage: Coverage) -> None:
        self.observer, self.coverage = observer, coverage

    def __call__(self, name: str, look: Look, cases: Sequence[Case]) -> Sequence[Observation]:
        seen = self.observer(name, look, cases)
        if look in (batch_ids, single_ids):
            if isinstance(seen, PackedIds):
                self.coverage.encoded([unpack(b"".join(seen.packed))])
            else:
                self.coverage.encoded(one.value for one in seen if one.failure is None)
        return seen


def differ(result: PairResult) -> int:
    """Return how many comparisons of a result differ."""
    rows = result.rows.values()
    return sum(row.counts[Verdict.DIVERGED] + row.counts[Verdict.NONDETERMINISTIC] for row in rows)


def compared(result: PairResult) -> int:
    """Return how many comparisons there were."""
    return sum(row.compared for row in result.rows.values())


Turns = Callable[[], Iterator[str]]


def turns(strategies: Sequence[str]) -> Iterator[str]:
    """Yield whose turn it is, without end."""
    yield from chain.from_iterable(iter(lambda: strategies, None))
