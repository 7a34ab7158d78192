"""The search: batches of generated cases through both sides, and what is new among what differs.

What is drawn depends on the seed, the strategy, the number of its batch and the vocabulary alone.
It is the turn of the strategy with the fewest batches, the first of them, so a search that was
stopped after whole turns goes on as if it had not been. Of what differs in a batch the first few of
each check are examined (`examine`); a kind of divergence is a check, a cause and a smallest case,
and is kept once. All that differs is counted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from parity.causes import UNCLASSIFIED
from parity.compare import Comparison, Verdict
from parity.concluding import PairResult
from parity.coverage import Coverage, Covering
from parity.errors import UsageError
from parity.examine import UNEXAMINED, Examined, Examiner, identity
from parity.generators import GENERATORS, Known, known
from parity.grammar import Sampler
from parity.jobs import Job, jobs_for, kinds_of
from parity.run import Observer, live, run
from parity.seeing import observe
from parity.session import Loaded, related
from parity.tally import Tally
from parity.training import BYTES
from parity.types import SPECIALS, Case

SIZES: Final[Mapping[str, int]] = {"text": 1024, "ids": 1024, "stream": 64, "stop": 256,
                                   "template": 256}  # fmt: skip
"""Cases of a batch, by their kind; what is not here has 64."""
LONG: Final[Mapping[str, int]] = {"long_runs": 8}
"""The same of strategies whose texts are long."""
EXAMINED: Final = 8
"""Divergences of one batch and check that are examined, spread over the batch."""
FORMS: Final = 6
"""Smallest cases of one cause and check that are looked for; of no named cause, UNNAMED."""
UNNAMED: Final = 24
CHECKS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("ids_batched", "offsets_batched", "text"),
    "ids": ("text",),
    "stream": ("joined",),
    "stop": ("stop_final", "stop_matched"),
    "messages": ("prompt",),
    "template": ("prompt",),
    "train": ("merges", "trained_ids"),
}
"""What is compared of each kind of case, where nothing is named."""
OF_IDS: Final = {"messages": ("prompt_ids",)}
"""What more of it, where the reference encodes."""
CHEAP: Final = frozenset({"text", "ids"})
"""Kinds of cases that are drawn where no strategy is named."""
RENDERED: Final = frozenset({"messages", "template"})
"""The same of a side that encodes nothing."""
TRAINED: Final = frozenset({"train"})
"""The same of one that trains, and encodes nothing else."""


class Finding(NamedTuple):
    """A new kind of divergence; id: the same on every run that finds it."""

    id: str
    strategy: str
    found: Comparison
    examined: Examined


@dataclass
class State:
    """How far a search has come: it goes on from here as if it had not been stopped.

    batches: whole ones done of each strategy. within: cases done of the one that is begun.
    causes: examined divergences by check and cause. found: the ids of what is kept.
    forms: smallest texts of no named cause, by check: what has one in it is not looked at again.
    cases, differing: how many cases there were, and how many comparisons differed.
    """

    batches: Counter[str] = field(default_factory=Counter)
    within: Counter[str] = field(default_factory=Counter)
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: set[str] = field(default_factory=set)
    forms: set[tuple[str, str]] = field(default_factory=set)
    cases: int = 0
    differing: int = 0

    def copy(self) -> State:
        """Return another state that is like this one."""
        counted = Counter(self.batches), Counter(self.within), Counter(self.causes)
        sets = set(self.found), set(self.forms)
        return State(*counted, *sets, self.cases, self.differing)


class Hunt:
    """The search between the two sides of a pair."""

    def __init__(
        self, loaded: Loaded, strategies: Sequence[str], checks: Sequence[str], seed: int
    ) -> None:
        """Draw nothing yet.

        strategies: the cheap ones that can be drawn and compared, where none is named.
        Raises Unsupported where a strategy needs what the reference does not show, UsageError
        where no check takes what it draws.
        """
        self.loaded, self.seed = loaded, seed
        self.known: Known = known(loaded.reference)
        self.encodes = _has(loaded.reference.encode, "a")
        self.trains = _has(loaded.reference.train, [], BYTES)
        self.jobs: dict[str, list[Job]] = {
            kind: self._jobs_of(kind, checks or self._usual(kind)) for kind in CHECKS
        }
        self.strategies = tuple(strategies) or self._cheap()
        self._refuse_idle(checks)
        self.draw: dict[str, Sampler] = {
            name: GENERATORS[name].make(self.known) for name in self.strategies
        }
        self.draw_options: dict[str, Sampler] = {
            name: GENERATORS[name].make_options(self.known) for name in self.strategies
        }
        every = {
            (job.name, job.judged): job
            for kind in {GENERATORS[name].kind for name in self.strategies}
            for job in self.jobs[kind]
        }
        self.examiner = Examiner(loaded.reference, loaded.candidate, list(every.values()))
        self.coverage = Coverage(loaded.reference)
        self.state = State()
        self.drawn: Counter[str] = Counter()
        self.result = PairResult(loaded.pair.name)
        self.result.rows.update((key, Tally()) for key in sorted(every))
        self.observers: Mapping[str, Observer] = {
            "reference": Covering(live(loaded.reference), self.coverage.encoded),
            "candidate": live(loaded.candidate),
        }

    def _jobs_of(self, kind: str, names: Sequence[str]) -> list[Job]:
        """Return the jobs of checks that take a kind of case."""
        jobs = (job for job in jobs_for(names) if kind in kinds_of(job.view))
        return [related(job, self.loaded) for job in jobs]

    def _usual(self, kind: str) -> tuple[str, ...]:
        """Return what is compared of a kind of case, where nothing is named."""
        return (*CHECKS[kind], *(OF_IDS.get(kind, ()) if self.encodes else ()))

    def _cheap(self) -> tuple[str, ...]:
        others = TRAINED if self.trains else RENDERED
        kinds = CHEAP if self.encodes else others
        return tuple(
            name
            for name, one in GENERATORS.items()
            if one.kind in kinds
            and self.jobs[one.kind]
            and not (one.needs_ids and not self.known.pools.uniform)
        )

    def _refuse_idle(self, checks: Sequence[str]) -> None:
        if not self.strategies:
            raise UsageError(f"no strategy of texts or ids draws what is compared by "
                             f"{', '.join(checks)}; name one with --strategy")  # fmt: skip
        for name in self.strategies:
            kind = GENERATORS[name].kind
            if not self.jobs[kind]:
                raise UsageError(f"the strategy {name!r} draws cases of the kind {kind}, and none "
                                 f"of the checks takes them: {', '.join(checks)}")  # fmt: skip

    def turn(self, most: int | None = None) -> Iterator[Finding]:
        """Compare the next batch, or `most` cases of it; yield what is new.

        A turn that is not gone through to its end is none: the state is what it was before.
        """
        state = self.state.copy()
        name = min(self.strategies, key=state.batches.__getitem__)
        cases = self._cases(name, most, state)
        kind = GENERATORS[name].kind
        kept: list[Comparison] = []
        for job, tally, differing in run(cases, self.jobs[kind], self.observers):
            self.result.rows[job.name, job.judged].add(tally)
            found = [one for one in differing if one.verdict not in UNEXAMINED]
            state.differing += len(found)
            kept += found[:: max(len(found) // EXAMINED, 1)][:EXAMINED]
        self.drawn[kind] += len(cases)
        if kind == "text":
            self.coverage.texts([case.payload for case in cases])
        for one in kept:
            yield from self._new(name, one, state)
        self.state = state

    def inputs(self) -> int:
        """Return how many inputs were drawn that every check for their kind has answers to."""
        total = 0
        for kind, drawn in self.drawn.items():
            rows = (self.result.rows[job.name, job.judged] for job in self.jobs[kind])
            total += min([drawn, *(row.proved for row in rows)])
        return total

    def _cases(self, name: str, most: int | None, state: State) -> list[Case]:
        """Draw the cases that are next of a strategy, and count them."""
        kind, number, done = GENERATORS[name].kind, state.batches[name], state.within[name]
        draw = random.Random(f"{self.seed}/{name}/{number}")  # noqa: S311 (texts, not secrets)
        size = batch_size(name)
        drawn = [(self.draw[name](draw), self._own_options(name, draw)) for _ in range(size)]
        drawn = drawn[done:][: most or size]
        state.cases += len(drawn)
        state.within[name] = (done + len(drawn)) % size
        state.batches[name] += not state.within[name]
        options, start = self._options(kind, number), f"fuzz/{name}-{number}"
        return [
            Case(f"{start}-{place}", kind, payload, {**options, **own} if own else options)
            for place, (payload, own) in enumerate(drawn, done)
        ]

    def _own_options(self, name: str, draw: random.Random) -> dict[str, Any]:
        """Return what a chat asks for beside its messages, such as tools."""
        if GENERATORS[name].kind != "messages":
            return {}
        found: dict[str, Any] = self.draw_options[name](draw)
        return found

    def _options(self, kind: str, number: int) -> dict[str, Any]:
        """Return what the cases of a batch ask for: each mode in turn, unless the pair says one."""
        wanted = self.loaded.pair.specials
        mode = SPECIALS[number % len(SPECIALS)] if wanted == SPECIALS[0] else wanted
        return {"specials": mode} if kind == "text" and mode != SPECIALS[0] else {}

    def _new(self, name: str, found: Comparison, state: State) -> Iterator[Finding]:
        text = found.case.payload if found.case.kind == "text" else ""
        if any(check == found.check and form in text for check, form in state.forms):
            return
        cause = self.examiner.cause(found)
        state.causes[found.check, cause] += 1
        named = cause not in ("", UNCLASSIFIED)
        if state.causes[found.check, cause] > (FORMS if named else UNNAMED):
            return
        examined = self.examiner.whole(found, cause)
        least = examined.minimal.found if examined.minimal else None
        if least and not named and text and least.case.payload:
            state.forms.add((found.check, least.case.payload))
        pair = self.loaded.pair
        id = identity(
            found.check, examined.cause, (least or found).case, (pair.reference, pair.candidate)
        )
        if id not in state.found:
            state.found.add(id)
            yield Finding(id, name, found, examined)


def _has(call: Callable[..., Any], *args: Any) -> bool:
    """Say whether a side has an operation, whatever it makes of this."""
    seen = observe(call, *args)
    return not (seen.failure and seen.failure.kind == "Unsupported")


def batch_size(name: str) -> int:
    """Return how many cases a batch of a strategy has."""
    return LONG.get(name, SIZES.get(GENERATORS[name].kind, 64))


def differ(result: PairResult) -> int:
    """Return how many comparisons of a result differ."""
    rows = result.rows.values()
    return sum(row.counts[Verdict.DIVERGED] + row.counts[Verdict.NONDETERMINISTIC] for row in rows)


def compared(result: PairResult) -> int:
    """Return how many comparisons there were."""
    return sum(row.compared for row in result.rows.values())
