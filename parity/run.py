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
from typing import Final, NamedTuple

from parity import afar, ledger
from parity.backend import Backend
from parity.checks import CHECKS
from parity.compare import Comparison, Verdict, compare
from parity.grounding import GROUNDINGS
from parity.jobs import Job, View, expand, recorded_view
from parity.looks import Look
from parity.packed import PackedIds
from parity.remote.isolated import Isolated
from parity.signature import sign_all
from parity.stream_looks import Of, erred
from parity.tally import Group, Tally, group_of
from parity.types import Case, Failure, Observation

BATCH: Final = 1024
"""Cases a batch: large enough to amortise a call, small enough to stay in the cache."""
FEW: Final = 16
"""Cases that are not worth a thread: some libraries set up tens of megabytes for each new one."""

Observer = Callable[[str, Look, Sequence[Case]], Sequence[Observation]]
"""(name of the check, look, cases) -> one observation a case: a live backend, or a golden."""

Row = tuple[Case, Observation, Observation]
"""A case, and what the reference and the candidate were seen to make of it."""


class live:  # noqa: N801 (a function in all but its one attribute)
    """The observer of a backend that runs here and now."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.overlaps = backend.releases_gil

    def __call__(self, _: str, look: Look, cases: Sequence[Case]) -> Sequence[Observation]:
        """Return what a look sees of the cases; of a backend in another process, it looks there."""
        there = afar.seen(self.backend, look, cases) if isinstance(self.backend, Isolated) else None
        return look(self.backend, cases) if there is None else there


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
    with ThreadPoolExecutor(1, "parity-candidate") as pool:
        for part in _parts(cases, batch):
            looked = _Batch(part, observers, pool)
            for job in wanted:
                tally, differing = looked.judge(job)
                yield job, tally, differing
            seen(len(part))


class Memory(NamedTuple):
    """Cases as a look saw them (grounded, one a view), and what it saw."""

    cases: list[Case]
    observations: Sequence[Observation]


def remember(observer: Observer, cases: Iterable[Case], name: str) -> Memory:
    """Return what an observer sees of cases under a check."""
    check = CHECKS[name]
    view = recorded_view(check)
    seen: list[Sequence[Observation]] = []
    taken: list[Case] = []
    with ThreadPoolExecutor(1) as pool:
        for part in _parts(check.own or cases, BATCH):
            looked = _Batch(part, {"reference": observer}, pool)
            chosen, _ = looked.view(view)
            if chosen:
                taken.extend(chosen)
                seen.append(looked.look("reference", name, check.look, view, chosen))
    return Memory(taken, _joined(seen))


def _joined(parts: Sequence[Sequence[Observation]]) -> Sequence[Observation]:
    packed = [part.packed for part in parts if isinstance(part, PackedIds)]
    if len(packed) == len(parts):
        return PackedIds([ids for part in packed for ids in part])
    return [seen for part in parts for seen in part]


def _parts(cases: Iterable[Case], size: int) -> Iterator[list[Case]]:
    source = iter(cases)
    while part := list(islice(source, size)):
        yield part


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
        cases, lost = self.view(job.view)
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
        if not (job.known or job.related or job.view.grounded or _has_failures(reference)):
            rows = _unequal(cases, reference, candidate, tally)
        return tally, _differing(job, rows, tally)

    def view(self, view: View) -> tuple[Sequence[Case], Counter[str]]:
        """Return the cases as a view has them, and why it lost others."""
        if view.own:
            return self.cases, Counter()
        if view not in self.views:
            cases: Sequence[Case] = self.cases
            lost: Counter[str] = Counter()
            if view.grounded:
                cases, lost = self._ground(view.grounded)
            self.views[view] = expand(view, cases), lost
        return self.views[view]

    def _groups_of(self, view: View, cases: Sequence[Case]) -> Counter[Group]:
        if view not in self.groups:
            self.groups[view] = Counter(map(group_of, cases))
        return self.groups[view]

    def _ground(self, name: str) -> tuple[list[Case], Counter[str]]:
        """Return the cases as a grounding has them, by the reference."""
        grounding = GROUNDINGS[name]
        plain = View(grounding.takes)
        taken, _ = self.view(plain)
        seen = iter(self.look("reference", "grounding", grounding.look, plain, taken))
        lost: Counter[str] = Counter()
        grounded = []
        for case in self.cases:
            if case.kind not in grounding.takes:
                grounded.append(case)
                continue
            made = next(seen)
            if made.failure:
                lost[_no_ids(made.failure)] += 1
            else:
                grounded.append(grounding.grounded(case, made.value))
        return grounded, lost

    def _both(
        self, job: Job, cases: Sequence[Case], tally: Tally
    ) -> tuple[Sequence[Observation], Sequence[Observation]]:
        (left, once), (right, again) = job.reference, job.candidate
        if (left, once) == (right, again):
            first = self.look(left, job.name, once, job.view, cases, tally)
            observer = self.observers[right]
            return first, _complete(observer(job.name, again, cases), len(cases))
        beside = partial(self.look, right, job.name, again, job.view, cases, tally)
        overlap = (
            left != right
            and len(cases) > FEW
            and any(getattr(self.observers[side], "overlaps", False) for side in (left, right))
        )
        future = self.pool.submit(beside) if overlap else None
        first = self.look(left, job.name, once, job.view, cases, tally)
        return first, future.result() if future else beside()

    def look(
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
            call = look
            if isinstance(look, Of) and side != "golden":
                before = self.look(side, name, look.look, view, cases, tally)
                call = partial(look.again, before)
            start = perf_counter()
            seen = self.observers[side](name, call, cases)
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


def _no_ids(failure: Failure) -> str:
    if failure.kind == "Unresolved":
        return f"no ids: {failure.message}"
    return f"no ids: the reference fails to encode it ({failure.kind})"


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
        reason = _obstacle(job, case, reference, candidate)
        if reason:
            tally.incomparable[reason] += 1
            tally.counts[Verdict.INCOMPARABLE] += 1
            continue
        entry = ledger.find(job.known, case) if job.known else None
        if entry is None and reference.failure is None and reference == candidate:
            tally.counts[Verdict.SAME] += 1
            tally.failed += erred(reference.value)
            continue
        found = _judge(job, compare(case, job.name, reference, candidate), entry)
        tally.counts[found.verdict] += 1
        if entry is not None and job.gates and found.verdict is not Verdict.UNSUPPORTED:
            tally.known[entry.place] += 1  # what is not compared, or decides nothing, holds nothing
        if found.verdict is Verdict.UNSUPPORTED:
            _count_unsupported(found, tally)
        elif found.verdict is Verdict.SAME:
            tally.failed += 1 if reference.failure else 0
        else:
            differing.append(found)
    return differing


def _obstacle(job: Job, case: Case, reference: Observation, candidate: Observation) -> str:
    """Return why two answers cannot be compared; an error is one that can, on either side."""
    if job.related is None or reference.failure or candidate.failure:
        return ""
    if erred(reference.value) or erred(candidate.value):
        return ""
    return job.related(case)


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
