"""A whole run of a plan: load, know what was loaded, release the canaries, compare, conclude.

Whatever stops one pair from proving anything is kept as that pair's problem, and the other pairs
go on; what the user wrote wrongly stops everything before anything is compared.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import artefact, backends, corpus, expected, fingerprint, ledger, places, terms
from parity.backend import Backend
from parity.checks import CHECKS, LAWS
from parity.compare import Comparison, Verdict
from parity.concluding import PairResult, conclude
from parity.coverage import Covering, of_ids
from parity.errors import (
    BadCorpus,
    EvidenceLost,
    GoldenError,
    Inconclusive,
    LoadFailed,
    NothingSelected,
    NotWhatWasAsked,
    Unsupported,
)
from parity.examine import Examiner, as_data
from parity.fingerprint import Fingerprint
from parity.jobs import Job, jobs_for, kinds_of, view_of
from parity.parts import EVERYTHING, Part
from parity.plan import Pair, Plan
from parity.relations import RELATIONS, obstacle
from parity.run import Observer, live, run
from parity.runfile import Writer, divergence_line
from parity.seeing import observe
from parity.select import Predicate, select
from parity.stream_looks import scheduled
from parity.streaming import decoder_of
from parity.tally import Tally
from parity.types import Case


class Loaded(NamedTuple):
    """Both sides of a pair, and what they were when they were loaded.

    resolved: what a target turned out to be that names no path: a commit of the hub, a model's.
    """

    pair: Pair
    reference: Backend
    candidate: Backend
    fingerprints: tuple[Fingerprint, Fingerprint]
    resolved: Mapping[str, str] = {}


Record = Callable[[str, Comparison, Mapping[int, str]], None]


@contextlib.contextmanager
def opened(pair: Pair, reference: Backend | None = None) -> Iterator[Loaded]:
    """Yield both sides of a pair; at the end they must still be what they were.

    reference: one that somebody has loaded already, for several pairs, and closes.
    Raises what `load_pair` raises.
    """
    loaded = load_pair(pair, reference)
    try:
        yield loaded
        check_unchanged(loaded)
    finally:
        close(loaded, kept=reference)


def load_pair(pair: Pair, reference: Backend | None = None) -> Loaded:
    """Return both sides of a pair, loaded and known.

    Raises what loading raises, SelfComparison, NotWhatWasAsked.
    """
    with terms.under(pair.terms) as resolved, contextlib.ExitStack() as loading:
        if reference is None:
            reference = backends.load(pair.reference)
            loading.callback(observe, reference.close)
        candidate = backends.load(pair.candidate)
        loading.callback(observe, candidate.close)
        marks = _fingerprints(pair, reference, candidate)
        if not pair.self_check:
            fingerprint.refuse_equal(*marks)
        loading.pop_all()
    return Loaded(pair, reference, candidate, marks, resolved)


def close(loaded: Loaded, *, kept: Backend | None = None) -> None:
    """Let both sides go, whatever one of them does, but one that is kept.

    Raises LoadFailed with what it did.
    """
    sides = [side for side in (loaded.reference, loaded.candidate) if side is not kept]
    ends = [observe(side.close) for side in sides]
    for seen in ends:
        if seen.failure:
            raise LoadFailed(
                f"pair {loaded.pair.name!r}: a side cannot be closed: "
                f"{seen.failure.kind}: {seen.failure.message}"
            )


def check_unchanged(loaded: Loaded) -> None:
    """Raise NotWhatWasAsked where a side is not what it was when it was loaded."""
    if _fingerprints(loaded.pair, loaded.reference, loaded.candidate) != loaded.fingerprints:
        raise NotWhatWasAsked(
            f"pair {loaded.pair.name!r}: a side is not what it was when the run began: an artefact "
            "or a class changed under it, so what was compared is not known"
        )


def _fingerprints(
    pair: Pair, reference: Backend, candidate: Backend
) -> tuple[Fingerprint, Fingerprint]:
    return (
        fingerprint.take(pair.reference, reference),
        fingerprint.take(pair.candidate, candidate),
    )


def corpora(pair: Pair) -> list[Path]:
    """Return the corpus files of a pair. Raises BadCorpus."""
    return corpus.find(pair.corpora, artefact.shipped(), Path())


def jobs(pair: Pair, plan: Plan, wanted: Predicate | None = None) -> list[Job]:
    """Return the jobs of a pair, with the ledger's entries that speak of them."""
    entries, today = expected.read(plan.ledger), ledger.today()
    found = []
    for job in jobs_for(pair.checks, named=pair.named):
        own = tuple(case for case in job.cases if wanted is None or wanted(case))
        if own or not job.cases:
            known = ledger.relevant(entries, pair.name, job.name, today, job.judged)
            found.append(job._replace(known=known, cases=own))
    return found


def predicate(*expressions: str) -> Predicate | None:
    """Return what all the expressions select together, or None where all are empty."""
    selects = [select(expression) for expression in expressions if expression]
    return (lambda case: all(one(case) for one in selects)) if selects else None


def both(one: Predicate | None, other: Predicate | None) -> Predicate | None:
    """Return what two predicates select together; None selects everything."""
    if one is None or other is None:
        return one or other
    return lambda case: one(case) and other(case)


class Keeper:
    """Keeps the divergences that a run file admits, until their sides can be asked about them."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.found: list[tuple[str, Comparison, Mapping[int, str]]] = []

    def __call__(self, pair: str, one: Comparison, tokens: Mapping[int, str]) -> None:
        """Keep a comparison, or count it where enough of its kind are kept."""
        if self.writer.admits(pair, one):
            self.found.append((pair, one, tokens))

    def put_down(self) -> None:
        """Put what was compared in its place: the next question could end the process."""
        self.writer.checkpoint(divergence_line(*kept) for kept in self.found)


@contextlib.contextmanager
def kept(loaded: Loaded, todo: Sequence[Job], writer: Writer) -> Iterator[Keeper]:
    """Yield what keeps divergences; at the end they are examined and written.

    Not before: questions between two batches could change what a side answers to the next one.
    """
    keep = Keeper(writer)
    found = keep.found
    examined: list[Mapping[str, Any]] = []
    stands: Mapping[str, places.Place] = {}
    try:
        yield keep
        stands = _places(loaded.pair, [one.case.id for _, one, _ in found], writer.here)
        if found:
            keep.put_down()
        examiner = Examiner(loaded.reference, loaded.candidate, todo)
        examined += (as_data(one, examiner.examine(one)) for _, one, _ in found)
    finally:
        for number, (_, one, tokens) in enumerate(found):
            about = examined[number] if number < len(examined) else {}
            place = stands.get(one.case.id)
            at = {"place": place and place._asdict()}
            writer.admitted(loaded.pair.name, one, tokens, {**about, **at})


def _places(pair: Pair, ids: Sequence[str], here: Path) -> Mapping[str, places.Place]:
    with contextlib.suppress(BadCorpus):  # it changed meanwhile, and the run says so
        return places.find(corpora(pair), ids, here)
    return {}


def compare_pair(  # noqa: PLR0913 (the last one is said where a question could end the process)
    loaded: Loaded,
    todo: Sequence[Job],
    cases: Iterable[Case],
    result: PairResult,
    record: Record = lambda *_: None,
    seen: Callable[[int], None] = lambda _: None,
    *,
    asking: Callable[[], None] = lambda: None,
) -> None:
    """Run the jobs of a loaded pair over the cases and count into its result.

    What an entry of the ledger excuses by its class alone is a divergence until all is compared;
    then it is classified, recorded, and counted by what was found.
    asking: called before the first question of that kind.
    """
    sides: dict[str, Observer] = {
        "reference": Covering(live(loaded.reference), lambda ids: _note(result.given, ids)),
        "candidate": live(loaded.candidate),
    }
    todo = [related(job, loaded) for job in todo]
    tokens = functools.cache(lambda: pieces(loaded.reference, loaded.candidate))
    held: list[tuple[Comparison, ledger.Entry]] = []
    for job in todo:
        result.rows[job.name, job.judged] = Tally()
    for job, tally, differing in run(_counted(cases, todo, result), todo, sides, seen=seen):
        result.rows[job.name, job.judged].add(tally)
        for found in differing:
            entry = expected.awaited(found, job.known)
            if entry is None:
                record(loaded.pair.name, found, tokens())
            else:
                held.append((found, entry))
                _recount(result, found, Verdict.EXPECTED, Verdict.DIVERGED)
    if held:
        asking()
    examiner = Examiner(loaded.reference, loaded.candidate, todo)
    for found in expected.settled(held, examiner):
        _recount(result, found, Verdict.DIVERGED, found.verdict)
        record(loaded.pair.name, found, tokens())


def _note(given: set[int], lists: Iterable[Iterable[int]]) -> None:
    given.update(chain.from_iterable(lists))


def _recount(result: PairResult, found: Comparison, before: Verdict, after: Verdict) -> None:
    counts = result.rows[found.check, found.judged].counts
    counts[before] -= 1
    counts[after] += 1


def related(job: Job, loaded: Loaded) -> Job:
    """Return a job about streams with what its two algorithms can be asked for."""
    names = loaded.reference.algorithm, loaded.candidate.algorithm
    if job.name not in RELATIONS or names[0] == names[1] or not all(names):
        return job

    def why_not(case: Case) -> str:
        script = scheduled(case)
        decode = decoder_of(loaded.reference).decode
        return obstacle(job.name, *names, script, decode)

    return job._replace(related=why_not)


def _counted(cases: Iterable[Case], todo: Sequence[Job], result: PairResult) -> Iterator[Case]:
    taken = {kind for job in todo for kind in kinds_of(job.view)}
    for case in cases:
        if case.kind not in taken:
            result.untaken[case.kind] += 1
        yield case


def pieces(*sides: Backend) -> dict[int, str]:
    """Return token strings by id from the first side that knows them, for people to read."""
    for backend in sides:
        seen = observe(lambda backend=backend: backend.vocabulary().tokens)
        if seen.failure is None:
            return dict(seen.value)
    return {}


STOPS_ONE_PAIR: Final = (Inconclusive, GoldenError, Unsupported)
"""Errors that are one pair's problem; any other is the whole run's."""


def run_plan(
    plan: Plan,
    writer: Writer,
    results: list[PairResult],
    surveys: Mapping[str, corpus.Survey],
    part: Part = EVERYTHING,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Run every pair of a plan into a run file; each result is in `results` from its start.

    part: which cases; of a shard, or of what changed, it may be none.
    surveys: by pair, what its corpora were when they were read first; they must still be that.
    Raises NothingSelected, EvidenceLost, and any UsageError.
    """
    for pair in plan.pairs if not part.empty else ():
        wanted = both(predicate(pair.select), part.wanted)
        result = PairResult(pair.name)
        results.append(result)
        try:
            with opened(pair) as loaded:
                marks = [mark._asdict() for mark in loaded.fingerprints]
                sides = {"reference": marks[0], "candidate": marks[1]}
                resolved = {"resolved": dict(loaded.resolved)} if loaded.resolved else {}
                about = {"name": pair.name, "named": pair.named}
                writer.line({"type": "pair", **about, **sides, **resolved})
                chosen = filter(wanted, cases(pair)) if wanted else cases(pair)
                todo = [related(job, loaded) for job in jobs(pair, plan, wanted)]
                with kept(loaded, todo, writer) as keep:
                    asking = keep.put_down
                    compare_pair(loaded, todo, chosen, result, keep, progress, asking=asking)
                result.coverage = of_ids(loaded.reference, result.given)
            if corpus.digest(corpora(pair)) != surveys[pair.name].digest:
                raise Inconclusive("a corpus changed while it was compared")
        except EvidenceLost:
            raise
        except STOPS_ONE_PAIR as error:
            result.stopped_by(error)
        conclude(pair, result, partial=part.wanted is not None)
    ran = [row for result in results for row in result.rows.values()]
    if part.selected and not part.nothing and ran and not any(row.counts.total() for row in ran):
        raise NothingSelected(f"--select {part.selected!r} fits no case of the plan's corpora")


def cases(pair: Pair) -> Iterator[Case]:
    """Yield the cases of a pair, with its mode of special tokens where they do not say."""
    return corpus.read_all(corpora(pair), _defaults(pair.specials))


def cases_of(pair: Pair, path: Path | None) -> Sequence[Case]:
    """Return the cases of one corpus file of a pair that its own selection leaves."""
    if path is None:
        return ()
    found = path.stat()
    return _read_once(path, pair.specials, pair.select, found.st_size, found.st_mtime_ns)


def refuse_repeated_ids(pair: Pair) -> None:
    """Raise BadCorpus where an id comes twice in the corpora of a pair."""
    paths = corpora(pair)
    ids = [case.id for path in paths for case in cases_of(pair._replace(select=""), path)]
    if len(set(ids)) < len(ids):
        corpus.survey(paths)


@functools.lru_cache(maxsize=64)
def _read_once(path: Path, specials: str, selects: str, *_: int) -> Sequence[Case]:
    """Return the cases of a file, parsed once for all the items of a test session."""
    wanted = predicate(selects)
    found = corpus.read_all([path], _defaults(specials))
    return tuple(case for case in found if wanted is None or wanted(case))


def _defaults(specials: str) -> Mapping[str, str] | None:
    return {"specials": specials} if specials != "parse" else None


def takes(check: str, case: Case) -> bool:
    """Say whether a check or law is about cases of this kind."""
    return case.kind in kinds_of(view_of(CHECKS.get(check) or LAWS[check]))


def own(check: str) -> tuple[Case, ...]:
    """Return the cases of a check's or law's own; one that has them takes nothing of a corpus."""
    return (CHECKS.get(check) or LAWS[check]).own


def proves_anything(loaded: Loaded, plan: Plan, wanted: Predicate | None = None) -> bool:
    """Say whether any check between the two sides compares something, on any corpus of the pair."""
    pair = loaded.pair
    for path in [None, *corpora(pair)]:
        chosen = [case for case in cases_of(pair, path) if wanted is None or wanted(case)]
        for check in (name for name in pair.checks if name in CHECKS):
            result = PairResult(pair.name)
            todo = jobs(pair._replace(checks=(check,)), plan, wanted)
            compare_pair(loaded, todo, chosen, result)
            if any(row.proved for row in result.rows.values()):
                return True
    return False
