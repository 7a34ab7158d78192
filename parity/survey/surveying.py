"""Each implementation on each vocabulary through the ordinary loop, and what differs made small."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import backends, canary, concluding, session
from parity.backend import Backend
from parity.canary import Canaries
from parity.checks import CHECKS
from parity.compare import Comparison, Verdict
from parity.errors import (
    Inconclusive,
    ParityError,
    Refused,
    Unsupported,
    UsageError,
)
from parity.examine import UNEXAMINED, Examiner
from parity.jobs import Job, jobs_for
from parity.minimise import Minimal, minimise
from parity.plan import Pair
from parity.reducing import Tries
from parity.reports.visible import cut, printable, value
from parity.runfile import as_case
from parity.survey import inputs, reproducing
from parity.survey.cells import GONE, RED, Cell, Example, Seen, Survey, said_of, worst
from parity.survey.installing import Place
from parity.survey.tables import Implementation, Vocabulary
from parity.tally import Tally
from parity.types import Case, Observation

ASKED: Final = (
    "ids", "offsets", "text", "batch_is_single", "decode_batch_is_single", "repeatable", "chunks",
)  # fmt: skip
"""Checks between the two sides, and laws that the candidate is held to alone."""
OF_STREAMS: Final = "chunks"
MOST: Final = 400
"""Divergences of a check that may be examined; all are counted."""
EXAMINED: Final = 6
"""Of these so many are classified, spread over them; one of each cause is made small."""
TRIES: Final = 300
FEW: Final = {"crashed": 12, "hung": 2}
"""Smaller cases that are tried; few of those that a process does not survive."""
EXAMINING: Final = 20.0
"""Seconds after which no more of a cell is examined, but one of each check."""
KEPT: Final = ("native", "file", "file_sha256", "packages")
"""What of a fingerprint is told of an implementation; its artefacts are its vocabulary's."""
SAID: Final = "; it said: "
"""What a process wrote before it ended follows: a trace of its own machine."""
SHOWN: Final = 200
"""Characters of an answer that are kept."""


class Asked(NamedTuple):
    """What is asked of each: checks, how many drawn cases, of which seed, for how long."""

    checks: tuple[str, ...] = ASKED
    drawn: int = inputs.DRAWN
    seed: int = 0
    seconds: float = 60.0


Told = Callable[[str], None]
Where = tuple[Implementation, Place]


def survey(
    places: Sequence[tuple[Implementation, Place]],
    vocabularies: Sequence[Vocabulary],
    asked: Asked,
    told: Told = lambda _: None,
) -> Survey:
    """Return what comes of all of them.

    Raises Inconclusive where a canary survives, or nothing at all was compared.
    """
    found = Survey(asked.checks, inputs=_inputs(asked))
    found.canaries = _caught(canary.release())
    here = Path.cwd()
    there = [(one, place) for one, place in places if not place.missing]
    found.left_out |= {one.name: place.missing for one, place in places if place.missing}
    for one, _ in there:
        found.implementations[one.name] = {"language": one.language, "pip": list(one.pip)}
    for vocabulary in vocabularies:
        for cell in _on(vocabulary, there, asked, found, told):
            os.chdir(here)  # a backend may have gone elsewhere
            found.cells.append(cell)
    _leave_out_unfit(found)
    found.canaries = _caught(found.canaries.also(canary.release()))
    if not any(seen.compared for cell in found.cells for seen in cell.checks.values()):
        why = [f"{name}: {why}" for name, why in found.left_out.items()]
        why += [f"{one.candidate}: {one.reason}" for one in found.cells if one.candidate]
        raise Inconclusive("\n".join(["nothing was compared", *why]))
    return found


def _caught(canaries: Canaries) -> Canaries:
    if canaries.survived:
        name = canaries.survived[0]
        raise Inconclusive(f"the canary {name!r} survived: nothing here can be believed")
    return canaries


def _leave_out_unfit(found: Survey) -> None:
    """Tell of implementations that none of the vocabularies is for; they have no row."""
    for name in list(found.implementations):
        own = [one for one in found.cells if one.implementation == name]
        if own and not any(one.candidate for one in own):
            reasons = dict.fromkeys(one.reason for one in own)
            found.left_out[name] = f"no vocabulary here is for it: {'; '.join(reasons)}"
            found.implementations.pop(name)
            found.cells = [one for one in found.cells if one.implementation != name]


def _inputs(asked: Asked) -> dict[str, Any]:
    return {
        "corpora": list(inputs.CORPORA), "select": inputs.SELECT, "cases": len(inputs.written()),
        "streams": len(inputs.streams()), "strategies": inputs.strategies(), "drawn": asked.drawn,
        "seed": asked.seed, "seconds": asked.seconds,
    }  # fmt: skip


def _on(
    vocabulary: Vocabulary, there: Sequence[Where], asked: Asked, found: Survey, told: Told
) -> Iterator[Cell]:
    """Yield the cells of a vocabulary; each reference is loaded once."""
    by_reference: dict[str, list[Where]] = {}
    for one, place in there:
        reference = one.reference.replace("{}", vocabulary.target)
        why = one.unfit(vocabulary)
        if why:
            yield Cell(one.name, vocabulary.name, reference, "", "-", why)
        else:
            by_reference.setdefault(reference, []).append((one, place))
    for spec, rows in by_reference.items():
        yield from _against(spec, vocabulary, rows, (asked, found, told))


def _against(
    spec: str, vocabulary: Vocabulary, rows: Sequence[Where], how: tuple[Asked, Survey, Told]
) -> Iterator[Cell]:
    asked, found, told = how
    try:
        reference = backends.load(spec)
    except ParityError as error:
        why = f"the reference cannot be loaded: {error}"
        yield from (Cell(one.name, vocabulary.name, spec, "", "failed", why) for one, _ in rows)
        return
    with contextlib.closing(reference):
        cases = [*inputs.written(), *inputs.drawn(reference, asked.drawn, asked.seed)]
        for one, place in rows:
            told(f"{vocabulary.name}: {one.name}")
            cell = Cell(one.name, vocabulary.name, spec, place.spec(one.on(vocabulary)), "-")
            _fill(cell, reference, cases, asked, found)
            cell.reason = _brief(cell.reason, vocabulary)
            yield cell


def _fill(
    cell: Cell, reference: Backend, cases: Sequence[Case], asked: Asked, found: Survey
) -> None:
    """Compare a cell; whatever stops it is its word and its reason."""
    began = time.monotonic()
    itself = cell.reference == cell.candidate
    pair = Pair(f"{cell.implementation} {cell.vocabulary}", cell.reference, cell.candidate,
                self_check=itself)  # fmt: skip
    try:
        with session.opened(pair, reference) as loaded:
            mark = loaded.fingerprints[1]
            cell.facts = _nowhere(mark.facts)
            own = {key: said for key, said in mark._asdict().items() if key in KEPT}
            found.implementations[cell.implementation].setdefault("what", own)
            found.vocabularies.setdefault(cell.vocabulary, loaded.fingerprints[0]._asdict())
            _compare(cell, loaded, cases, asked)
        words = [seen.word for seen in cell.checks.values()]
        cell.word = worst(words)
        if itself and cell.word not in RED:
            cell.word = "itself"
        if cell.word == "same" and cell.left:
            cell.word = "part"
    except (Refused, UsageError, Unsupported) as error:
        cell.word, cell.reason = "refused", str(error)
    except ParityError as error:
        gone = (word for kind, word in GONE.items() if f" {kind}: " in str(error))
        cell.word, cell.reason = next(gone, "failed"), str(error)
    cell.seconds = round(time.monotonic() - began, 1)


def _nowhere(facts: Mapping[str, str]) -> dict[str, str]:
    """Return facts without the folder that this is."""
    return {name: fact.replace(f"{Path.cwd()}/", "") for name, fact in facts.items()}


def _brief(text: str, vocabulary: Vocabulary) -> str:
    """Return a reason in a line, without the paths of this machine."""
    text = text.partition(SAID)[0]
    places = {
        str(vocabulary.folder): vocabulary.target,
        f"{Path.cwd()}/": "",
        str(Path.home()): "~",
    }
    for place, name in places.items():
        text = text.replace(place, name)
    return printable(cut(" ".join(text.split()), 2 * SHOWN))


def _compare(cell: Cell, loaded: session.Loaded, cases: Sequence[Case], asked: Asked) -> None:
    itself = cell.reference == cell.candidate
    names = [name for name in asked.checks if not (itself and name in CHECKS)]
    streaming = bool(loaded.reference.algorithm and loaded.candidate.algorithm)
    end = time.monotonic() + asked.seconds
    todo: list[Job] = []
    rows: dict[str, Tally] = {}
    kept = _Kept()
    for own, some in ((False, cases), (True, inputs.streams())):
        wanted = [name for name in names if (name == OF_STREAMS) is own]
        jobs = jobs_for(wanted, ["candidate"]) if streaming or not own else []
        if jobs:
            result = concluding.PairResult(loaded.pair.name)
            reached = _Reached(inputs.until(end, some))
            session.compare_pair(loaded, jobs, reached, result, kept)
            cell.left += len(some) - reached.count
            rows |= {name: tally for (name, _), tally in result.rows.items()}
            todo += jobs
    for name in names:
        cell.checks[name] = _seen(rows[name], kept.gone[name]) if name in rows else Seen("-")
    _examine(cell, loaded, todo, kept.found)


class _Reached:
    """Cases, counted as they are taken."""

    def __init__(self, cases: Iterator[Case]) -> None:
        self.cases, self.count = cases, 0

    def __iter__(self) -> Iterator[Case]:
        for case in self.cases:
            self.count += 1
            yield case


class _Kept:
    """What differs, by check; and how often the process did not survive it."""

    def __init__(self) -> None:
        self.found: dict[str, list[Comparison]] = {}
        self.gone: dict[str, Counter[str]] = {name: Counter() for name in ASKED}

    def __call__(self, _: str, one: Comparison, __: Mapping[int, str]) -> None:
        if one.verdict in UNEXAMINED:
            return
        rows = self.found.setdefault(one.check, [])
        if word := _gone(one):
            self.gone.setdefault(one.check, Counter())[word] += 1
        if len(rows) < MOST:
            rows.append(one)


def _gone(one: Comparison) -> str:
    """Return the word for a process that did not survive a case, or ""."""
    kinds = [seen.failure.kind for seen in (one.candidate, one.reference) if seen.failure]
    return next((GONE[kind] for kind in kinds if kind in GONE), "")


def _seen(tally: Tally, gone: Counter[str]) -> Seen:
    differ = tally.counts[Verdict.DIVERGED] + tally.counts[Verdict.NONDETERMINISTIC]
    if gone:
        word = worst(gone) if gone.total() == differ else "differs"
    elif differ:
        word = "differs"
    elif tally.proved:
        word = "same"
    else:
        word = "nothing" if tally.compared else "-"
    return Seen(word, tally.compared, differ, tally.counts[Verdict.UNSUPPORTED], dict(gone))


def _examine(
    cell: Cell, loaded: session.Loaded, todo: Sequence[Job], found: Mapping[str, list[Comparison]]
) -> None:
    """Classify some of what differs, and make one of each cause small."""
    examiner = Examiner(loaded.reference, loaded.candidate, todo)
    end = time.monotonic() + EXAMINING
    for check, rows in found.items():
        seen, made = cell.checks[check], Counter[str]()
        for one in rows[:: max(len(rows) // EXAMINED, 1)][:EXAMINED]:
            if made and time.monotonic() > end:
                break
            cause = _gone(one) or examiner.cause(one)
            made[cause] += 1
            if made[cause] == 1:
                seen.examples.append(_example(cell, one, cause, _smallest(examiner, one, cause)))
        seen.causes = dict(made)
        seen.examples.sort(key=_size)


def _smallest(examiner: Examiner, one: Comparison, cause: str) -> Minimal | None:
    """Return the smallest case; of what a process does not survive, no other question is asked."""
    word = _gone(one)
    if not word:
        return examiner.whole(one, cause, TRIES).minimal
    job = examiner.jobs[one.check, one.judged]
    tries = Tries(FEW[word])
    return minimise(job, one, examiner.observers, lambda other: _gone(other) == word, tries=tries)


def _size(one: Example) -> tuple[int, int, str]:
    return len(one.batch), len(str(one.case["payload"])), str(one.case["payload"])


def _example(cell: Cell, one: Comparison, cause: str, minimal: Minimal | None) -> Example:
    least = minimal.found if minimal and minimal.found else one
    batch = list(minimal.batch) if minimal else []
    cases = batch or [least.case]
    return Example(
        cause, said_of(cause), as_case(least.case),
        [as_case(case) for case in batch], _told(least.reference), _told(least.candidate),
        bool(minimal and minimal.found and minimal.proven), one.case.id,
        reproducing.line(one.check, cases, cell.reference, cell.candidate),
    )  # fmt: skip


def _told(seen: Observation) -> str:
    if seen.failure:
        return printable(cut(f"{seen.failure.kind}: {seen.failure.message}", SHOWN))
    return value(seen.value, SHOWN)
