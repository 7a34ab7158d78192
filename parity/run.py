"""The loop: cases in batches, two observations of each, one verdict.

Every feature is a `Job` for this loop: two looks that must agree. A parity check looks at both
sides; a law looks twice at one side; a golden is a side that remembers. Within a batch a look is
made once, whatever number of jobs ask for it; the two sides are looked at in two threads where one
of them leaves Python for long.
What is equal is compared as whole lists and leaves no object behind; what differs is compared
again, one case at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from itertools import islice
from time import perf_counter
from typing import Any, Final, NamedTuple

from parity import ledger
from parity.backend import Backend
from parity.checks import CHECKS, LAWS, Check, Law
from parity.compare import Comparison, Verdict, compare
from parity.errors import UnknownCheck
from parity.looks import Look, batch_ids
from parity.packed import PackedIds
from parity.signature import sign_all
from parity.tally import Group, Tally, group_of
from parity.types import Case, Failure, Observation

BATCH: Final = 1024
"""Cases a batch: large enough to amortise a call, small enough to stay in the cache."""

Observer = Callable[[str, Look, Sequence[Case]], Sequence[Observation]]
"""(name of the check, look, cases) -> one observation a case: a live backend, or a golden."""

Row = tuple[Case, Observation, Observation]
"""A case, and what the reference and the candidate were seen to make of it."""


class View(NamedTuple):
    """Which cases a job is about, and as what: jobs with the same view share observations."""

    takes: frozenset[str]
    grounded: bool = False
    views: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()
    own: tuple[str, ...] = ()


class Job(NamedTuple):
    """Two looks that must agree.

    reference, candidate: which side is looked at (`reference`, `candidate`, `golden`), and how.
    judged: `both`, or the one side that a law is about.
    gates: false for a property that only informs.
    """

    name: str
    view: View
    reference: tuple[str, Look]
    candidate: tuple[str, Look]
    judged: str = "both"
    gates: bool = True
    cases: tuple[Case, ...] = ()
    known: Sequence[ledger.Entry] = ()


class live:  # noqa: N801 (a function in all but its one attribute)
    """The observer of a backend that runs here and now."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.overlaps = backend.releases_gil

    def __call__(self, _: str, look: Look, cases: Sequence[Case]) -> Sequence[Observation]:
        """Return what a look sees of the cases."""
        return look(self.backend, cases)


def jobs_for(names: Iterable[str], sides: Sequence[str] = ("reference", "candidate")) -> list[Job]:
    """Return the jobs that names of checks and laws mean; a law is one job a side.

    Raises UnknownCheck.
    """
    jobs: list[Job] = []
    for name in names:
        if name in CHECKS:
            check = CHECKS[name]
            view = _view_of(check)
            both = ("reference", check.look), ("candidate", check.look)
            jobs.append(Job(name, view, *both, cases=check.own))
        elif name in LAWS:
            law = LAWS[name]
            view = _view_of(law)
            jobs.extend(
                Job(name, view, (side, law.once), (side, law.again), side, law.gates, law.own)
                for side in sides
            )
        else:
            raise UnknownCheck(f"no check or law {name!r}; known: {', '.join([*CHECKS, *LAWS])}")
    return jobs


def _view_of(about: Check | Law) -> View:
    views = tuple((key, tuple(options.items())) for key, options in about.views.items())
    return View(about.takes, about.grounded, views, tuple(case.id for case in about.own))


def golden_jobs(names: Iterable[str]) -> list[Job]:
    """Return jobs that compare what the reference does now with what a golden remembers."""
    return [
        job._replace(reference=("golden", job.reference[1]), candidate=job.reference)
        for job in jobs_for(names)
        if job.judged == "both"
    ]


def run(
    cases: Iterable[Case],
    jobs: Sequence[Job],
    observers: Mapping[str, Observer],
    *,
    batch: int = BATCH,
    seen: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[Job, Tally, list[Comparison]]]:
    """Yield, for each batch and job, its counts and the comparisons that are not `same`.

    observers: by side; `reference` also grounds texts for the checks that take ids.
    seen: called with the number of cases of each batch that is done.
    """
    yield from _run_own(jobs, observers)
    wanted = [job for job in jobs if not job.cases]
    source = iter(cases)
    with ThreadPoolExecutor(1, "parity-candidate") as pool:
        while part := list(islice(source, batch)):
            looked = _Batch(part, observers, pool)
            for job in wanted:
                tally, differing = looked.judge(job)
                yield job, tally, differing
            seen(len(part))


def _run_own(
    jobs: Sequence[Job], observers: Mapping[str, Observer]
) -> Iterator[tuple[Job, Tally, list[Comparison]]]:
    with ThreadPoolExecutor(1, "parity-candidate") as pool:
        for job in jobs:
            if job.cases:
                tally, differing = _Batch(job.cases, observers, pool).judge(job)
                yield job, tally, differing


class _Batch:
    """The observations of one batch of cases, each made once."""

    def __init__(
        self, cases: Sequence[Case], observers: Mapping[str, Observer], pool: Executor
    ) -> None:
        self.cases = cases
        self.observers = observers
        self.pool = pool
        self.views: dict[View, tuple[Sequence[Case], Counter[str]]] = {}
        self.groups: dict[View, Counter[Group]] = {}
        self.looks: dict[tuple[str, str, Look, View], Sequence[Observation]] = {}
        self.signatures: dict[tuple[str, str, Look, View], list[str]] = {}

    def judge(self, job: Job) -> tuple[Tally, list[Comparison]]:
        """Return what one job comes to on this batch."""
        tally = Tally()
        cases, lost = self._view(job.view)
        looks = max(1, len(job.view.views))
        for reason, count in lost.items():
            tally.unsupported[reason] += count * looks
            tally.counts[Verdict.UNSUPPORTED] += count * looks
        if not cases:
            return tally, []
        tally.groups = self._groups_of(job.view, cases)
        reference, candidate = self._both(job, cases, tally)
        if job.judged == "both":
            reference, candidate = self._signed(job, reference, candidate, tally)
        rows: Iterable[Row] = zip(cases, reference, candidate, strict=True)
        if not job.known and not _has_failures(reference):
            rows = _unequal(cases, reference, candidate, tally)
        return tally, _differing(job, rows, tally)

    def _view(self, view: View) -> tuple[Sequence[Case], Counter[str]]:
        if view.own:
            return self.cases, Counter()
        if view not in self.views:
            cases: Sequence[Case] = self.cases
            lost: Counter[str] = Counter()
            if view.grounded:
                cases, lost = self._ground(cases)
            self.views[view] = _expand(view, cases), lost
        return self.views[view]

    def _groups_of(self, view: View, cases: Sequence[Case]) -> Counter[Group]:
        if view not in self.groups:
            self.groups[view] = Counter(map(group_of, cases))
        return self.groups[view]

    def _ground(self, cases: Sequence[Case]) -> tuple[list[Case], Counter[str]]:
        """Return the cases with the reference's ids in the place of texts."""
        texts, _ = self._view(ENCODED)
        seen = iter(self._look("reference", "ids_batched", batch_ids, ENCODED, texts))
        lost: Counter[str] = Counter()
        grounded = []
        for case in cases:
            if case.kind not in ENCODED.takes:
                grounded.append(case)
                continue
            ids = next(seen)
            if ids.failure:
                lost[f"no ids: the reference fails to encode it ({ids.failure.kind})"] += 1
            else:
                grounded.append(case._replace(kind="ids", payload=ids.value))
        return grounded, lost

    def _both(
        self, job: Job, cases: Sequence[Case], tally: Tally
    ) -> tuple[Sequence[Observation], Sequence[Observation]]:
        (left, once), (right, again) = job.reference, job.candidate
        if left == right:
            first = self._look(left, job.name, once, job.view, cases, tally)
            observer = self.observers[right]
            return first, _complete(observer(job.name, again, cases), len(cases))
        beside = partial(self._look, right, job.name, again, job.view, cases, tally)
        overlap = any(getattr(self.observers[side], "overlaps", False) for side in (left, right))
        future = self.pool.submit(beside) if overlap else None
        first = self._look(left, job.name, once, job.view, cases, tally)
        return first, future.result() if future else beside()

    def _look(
        self,
        side: str,
        name: str,
        look: Look,
        view: View,
        cases: Sequence[Case],
        tally: Tally | None = None,
    ) -> Sequence[Observation]:
        key = (side, name if side == "golden" else "", look, view)
        if key not in self.looks:
            start = perf_counter()
            seen = self.observers[side](name, look, cases)
            self.looks[key] = _complete(seen, len(cases))
            if tally is not None:
                tally.seconds[side] += perf_counter() - start  # type: ignore[assignment]
        return self.looks[key]

    def _signed(
        self,
        job: Job,
        reference: Sequence[Observation],
        candidate: Sequence[Observation],
        tally: Tally,
    ) -> tuple[Sequence[Observation], Sequence[Observation]]:
        """Count both sides into the digests; against a golden, give the live side signatures."""
        golden = job.reference[0] == "golden"
        left = self._signatures(job, job.reference, reference)
        equal = not golden and reference == candidate
        right = left if equal else self._signatures(job, job.candidate, candidate)
        tally.signed = {"reference": "".join(left), "candidate": "".join(right)}
        if not golden:
            return reference, reference if equal else candidate
        if left == right:
            return candidate, candidate
        signed = [
            seen._replace(signature=name) for seen, name in zip(candidate, right, strict=True)
        ]
        return reference, signed

    def _signatures(
        self, job: Job, side: tuple[str, Look], seen: Sequence[Observation]
    ) -> list[str]:
        key = (side[0], job.name, side[1], job.view)
        if key not in self.signatures:
            self.signatures[key] = sign_all(job.name, seen)
        return self.signatures[key]


ENCODED: Final = View(CHECKS["ids_batched"].takes)


def _expand(view: View, cases: Iterable[Case]) -> list[Case]:
    taken = [case for case in cases if case.kind in view.takes]
    if not view.views:
        return taken
    return [
        case._replace(id=f"{case.id}#{name}", options={**case.options, **dict(options)})
        for case in taken
        for name, options in view.views
    ]


def _complete(seen: Sequence[Observation], count: int) -> Sequence[Observation]:
    """Return as many observations as there are cases, whatever an observer returned."""
    if len(seen) == count:
        return seen
    failure = Failure("WrongCount", f"{count} cases, {len(seen)} observations", fault=True)
    return [Observation(failure=failure)] * count


def _has_failures(seen: Sequence[Observation]) -> bool:
    return not isinstance(seen, PackedIds) and any(one.failure for one in seen)


def _unequal(
    cases: Sequence[Case],
    reference: Sequence[Observation],
    candidate: Sequence[Observation],
    tally: Tally,
) -> Iterator[Row]:
    """Yield the rows that differ; the others, values on both sides, are counted as the same."""
    if reference == candidate:
        tally.counts[Verdict.SAME] += len(cases)
        return
    if isinstance(reference, PackedIds) and isinstance(candidate, PackedIds):
        places = reference.differing(candidate)
        tally.counts[Verdict.SAME] += len(cases) - len(places)
        yield from ((cases[place], reference[place], candidate[place]) for place in places)
        return
    yield from zip(cases, reference, candidate, strict=True)


def _differing(job: Job, rows: Iterable[Row], tally: Tally) -> list[Comparison]:
    differing = []
    for case, reference, candidate in rows:
        entry = ledger.find(job.known, case) if job.known else None
        if entry is not None:
            tally.known[entry.place] += 1
        if entry is None and reference.failure is None and reference == candidate:
            tally.counts[Verdict.SAME] += 1
            continue
        found = _judge(job, compare(case, job.name, reference, candidate), entry)
        tally.counts[found.verdict] += 1
        if found.verdict is Verdict.UNSUPPORTED:
            _count_unsupported(found, tally)
        elif found.verdict is Verdict.SAME:
            tally.failed += 1 if reference.failure else 0
        else:
            differing.append(found)
    return differing


def _judge(job: Job, found: Comparison, entry: ledger.Entry | None) -> Comparison:
    found = found._replace(judged=job.judged)
    diverged = found.verdict is Verdict.DIVERGED
    if not job.gates:
        return found._replace(verdict=Verdict.REPORTED) if diverged else found
    if diverged and (job.name, job.judged) == ("repeatable", "reference"):
        return found._replace(verdict=Verdict.NONDETERMINISTIC)
    breach = any(seen.failure and seen.failure.fault for seen in (found.reference, found.candidate))
    if entry is not None and not breach:  # a ledger excuses differences, never a broken contract
        return ledger.judge(found, entry)
    return found


def _count_unsupported(found: Comparison, tally: Tally) -> None:
    sides = [
        (side, seen.failure.message)
        for side, seen in (("reference", found.reference), ("candidate", found.candidate))
        if seen.failure and seen.failure.kind == "Unsupported"
    ]
    tally.unsupported[f"{sides[0][0]}: {sides[0][1]}"] += 1
    tally.refused.update((side, group_of(found.case)) for side, _ in sides)
