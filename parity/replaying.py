"""`tokparity replay`: asks both sides again what a run file says differs; what became of it.

Nothing but the run file is needed: its pairs name the sides, its divergences have the cases.
"""

from __future__ import annotations

import enum
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import concluding, runfile, session
from parity.app import Flags
from parity.asking_again import (
    FINDING,
    believed,
    changed,
    finding,
    job_of,
    mark_of,
    newest,
    pair_of,
)
from parity.causes import AMONG_OTHERS, UNCLASSIFIED
from parity.checks import CHECKS, LAWS
from parity.compare import Comparison, Verdict
from parity.errors import EvidenceLost, Inconclusive, NothingSelected, ParityError
from parity.examine import Examiner
from parity.identities import QUIET, Row, failing, identity, named
from parity.jobs import Job
from parity.minimise import again, shape
from parity.reports.outcome import outcome
from parity.reproducing import ask, unsteady
from parity.runfile import RunFile
from parity.showing import line
from parity.types import Case


class Wanted(NamedTuple):
    """Which divergences are asked again.

    ids: names of divergences or findings, or starts of cases' ids; none: all that the run failed
        for. everything: those that were expected or only informed, too.
    allowed: the flags that say what targets may ask for.
    """

    ids: tuple[str, ...] = ()
    run: Path | None = None
    everything: bool = False
    allowed: Flags = Flags()


class Outcome(enum.StrEnum):
    """What became of a divergence."""

    FIXED = "fixed"
    STILL = "still"
    CHANGED = "changed"
    ERROR = "error"


class Replayed(NamedTuple):
    """A divergence of a run file, asked again.

    was, now: the kind of its difference and its cause, then and now.
    why: of an error; or what else is to be said of it.
    """

    row: Row
    outcome: Outcome
    was: str = ""
    now: str = ""
    why: str = ""


class Replay(NamedTuple):
    """What became of the divergences of a pair. changed: what its sides are that they were not."""

    pair: str
    changed: Sequence[str]
    rows: Sequence[Replayed]


CODES: Final = {Outcome.FIXED: 0, Outcome.STILL: 1, Outcome.CHANGED: 1, Outcome.ERROR: 3}


def replay(wanted: Wanted, console: Console, *, as_json: bool) -> int:
    """Ask again what differed, and say what became of each; return the exit code.

    Raises NothingSelected where nothing differed, EvidenceLost, UsageError.
    """
    run = runfile.read(wanted.run or newest())
    rows = picked(run, wanted)
    gone = _not_there(run, wanted)
    if not rows:
        raise _nothing(run, gone)
    found = [_pair(run, name, mine, wanted.allowed) for name, mine in _by_pair(rows)]
    counts = Counter(one.outcome for pair in found for one in pair.rows)
    code = concluding.worst(CODES[outcome] for outcome in counts)
    code = code or (Inconclusive.exit_code if gone else 0)
    if as_json:
        document = _document(run, found, counts, gone, code)
        console.out(json.dumps(document, indent=1), highlight=False)
        return code
    for pair in found:
        _show(pair, console)
    for text in gone:
        line(console, text)
    line(console, f"{_counted(counts)}; {run.path}")
    return code


def picked(run: RunFile, wanted: Wanted) -> list[Row]:
    """Return the divergences that are wanted, each once. Raises NothingSelected, EvidenceLost."""
    if not wanted.ids:
        rows: list[Row] = [*run.divergences] if wanted.everything else failing(run)
    else:
        rows = [
            row
            for id in wanted.ids
            for row in (_of_finding(run, id) if id.startswith(FINDING) else named(run, [id]))
        ]
    return list({identity(row): row for row in rows if not _is_stale(row)}.values())


def _of_finding(run: RunFile, id: str) -> list[Row]:
    wanted = finding(id)
    rows: list[Row] = [
        row for row in run.divergences
        if (row["case"]["id"], row["check"], row["pair"]) == wanted
    ]  # fmt: skip
    if not rows:
        raise NothingSelected(
            f"{run.path}: the finding {id!a} is not in it; name the run file of its search with "
            "--run FILE"
        )
    return rows


def _is_stale(row: Row) -> bool:
    """Say whether a row is about the ledger alone: both sides agreed, and were not to."""
    return row["verdict"] == Verdict.UNEXPECTED and row["difference"] is None


def _not_there(run: RunFile, wanted: Wanted) -> list[str]:
    """Say of what the run failed for that cannot be asked again, where everything is asked."""
    if wanted.ids:
        return []
    rows = [row for pair in run.footer.get("pairs", ()) for row in pair["rows"]]
    quiet = () if wanted.everything else QUIET
    counted = sum(
        row[verdict.value] for row in rows for verdict in DIFFERING if verdict.value not in quiet
    )
    written = sum(row["verdict"] not in quiet for row in run.divergences)
    stale = sum(map(_is_stale, run.divergences))
    told = []
    if not run.whole:
        why = run.footer.get("stopped") or "it has no footer"
        told.append(f"the run is not whole ({why}): what it would have found is not known")
    if counted > written:
        told.append(f"{counted - written:,} more were counted and not written: they cannot be "
                    "replayed; run the plan again")  # fmt: skip
    told += [
        f"{one.pair or 'the run'}: {one.text}: that cannot be replayed; run the plan again"
        for one in outcome(run).problems
        if run.whole and one.kind not in ("contradiction", "nothing selected")
    ]
    if stale:
        told.append(f"{stale:,} that the ledger names did not differ: `tokparity ledger check`")
    return told


DIFFERING: Final = (
    Verdict.DIVERGED, Verdict.UNEXPECTED, Verdict.NONDETERMINISTIC, Verdict.EXPECTED,
    Verdict.REPORTED,
)  # fmt: skip


def _nothing(run: RunFile, gone: Sequence[str]) -> ParityError:
    quiet = len(run.divergences) - len(failing(run))
    more = f"; {quiet:,} were expected or only inform: --all" if quiet else ""
    said = "".join(f"; {text}" for text in gone)
    kind = NothingSelected if run.whole else EvidenceLost
    return kind(f"{run.path}: nothing to replay: the run has no divergence that it fails for"
                f"{more}{said}")  # fmt: skip


def _by_pair(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    pairs: dict[str, list[Row]] = {}
    for row in rows:
        pairs.setdefault(row["pair"], []).append(row)
    yield from pairs.items()


def _pair(run: RunFile, name: str, rows: Sequence[Row], allowed: Flags) -> Replay:
    """Return what became of a pair's divergences, with its sides loaded once."""
    try:
        mark = mark_of(run, rows[0], str(run.path))
        checks = dict.fromkeys(row["check"] for row in rows if row["check"] in {*CHECKS, *LAWS})
        with session.opened(pair_of(mark, checks, allowed)) as loaded:
            others = changed(mark, loaded)
            asked = _Pair(run, loaded, not others)
            return Replay(name, others, [asked.replayed(row) for row in rows])
    except ParityError as error:
        why = str(error)
        return Replay(name, [], [Replayed(row, Outcome.ERROR, _was(row), "", why) for row in rows])


class _Pair:
    """A loaded pair, and who names causes. same: both sides are what they were in the run."""

    def __init__(self, run: RunFile, loaded: session.Loaded, same: bool) -> None:  # noqa: FBT001
        self.run, self.loaded, self.same = run, loaded, same
        self.examiners: dict[tuple[str, str], Examiner] = {}

    def replayed(self, row: Row) -> Replayed:
        """Return what became of one divergence."""
        place = f"{self.run.path}: {identity(row)}"
        try:
            return self._asked(row, place)
        except ParityError as error:
            return Replayed(row, Outcome.ERROR, _was(row), "", str(error))

    def _asked(self, row: Row, place: str) -> Replayed:
        case, was = believed(row["case"], place), _was(row)
        job = session.related(job_of(row, case, place), self.loaded)
        key = job.name, job.judged
        if key not in self.examiners:
            self.examiners[key] = Examiner(self.loaded.reference, self.loaded.candidate, [job])
        examiner = self.examiners[key]
        now: list[str] = []
        alone = ""
        for cases, of in _ways(row, case, place):
            if unsteady(job, examiner.observers, cases):
                return Replayed(row, Outcome.ERROR, was, "", UNSTEADY)
            seen = ask(job, examiner.observers, cases, of)
            if seen.why:
                return Replayed(row, Outcome.ERROR, was, "", f"nothing is compared: {seen.why}")
            if seen.found:
                now.append(_now(row, seen.found, examiner))
            elif cases == [case] and row["minimal"]:
                alone = LEFT
        now = now or self._beside(row, job, case, examiner)
        if not now:
            return self._agreed(row, was)
        if row["verdict"] == Verdict.NONDETERMINISTIC:
            return Replayed(row, Outcome.ERROR, was, now[0], UNSTEADY)
        left = "" if row["minimal"] and row["minimal"]["batch"] else alone
        if was in now:
            return Replayed(row, Outcome.STILL, was, was, left)
        return Replayed(row, Outcome.CHANGED, was, now[0], left)

    def _beside(self, row: Row, job: Job, case: Case, examiner: Examiner) -> list[str]:
        """Return how a case differs beside others, where the run file has no others for it."""
        if row["minimal"] is not None or job.name in AMONG_OTHERS:
            return []
        found = again(job, examiner.observers, case)
        return [_now(row, found, examiner)] if found else []

    def _agreed(self, row: Row, was: str) -> Replayed:
        """Return that it is fixed, where that follows: something is another, or it showed alone."""
        chance = row["minimal"] is None or row["check"] in AMONG_OTHERS
        if self.same and chance:
            return Replayed(row, Outcome.ERROR, was, "", UNSHOWN)
        return Replayed(row, Outcome.FIXED, was)


UNSTEADY: Final = "the reference disagrees with itself, so there is nothing to agree with"
LEFT: Final = "its own case agrees now; the smallest case of it, which is another, does not"
UNSHOWN: Final = (
    "it agrees when it is asked alone, and neither side is another than in the run: what was "
    "asked beside or before it matters, or chance; run the plan again"
)


def _ways(row: Row, case: Case, place: str) -> Iterator[tuple[list[Case], str]]:
    """Yield what is asked: the case, and what was left of it, with the cases beside it."""
    yield [case], case.id
    minimal = row["minimal"]
    if minimal is not None:
        least = believed(minimal["case"], place)
        batch = [believed(one, place) for one in minimal["batch"]]
        yield batch or [least], least.id


def _was(row: Row) -> str:
    difference = row["difference"] or {"kind": ""}
    kinds = [row[side].get("failure", {"kind": ""})["kind"] for side in ("reference", "candidate")]
    return told((difference["kind"], *kinds), row["cause"])


def _now(row: Row, found: Comparison, examiner: Examiner) -> str:
    """Return how it differs now; its cause, where one was looked for in the run.

    What is left of a case may differ in another kind for the same cause: that is the same.
    """
    cause = None if row["cause"] is None else examiner.cause(found)
    whole = found.case.id == row["case"]["id"] and found.case == believed(row["case"], "")
    if not whole and cause == row["cause"] and cause not in (None, "", UNCLASSIFIED):
        return _was(row)
    return told(shape(found), cause)


def told(kinds: Sequence[str], cause: str | None) -> str:
    """Return a kind of difference, what was raised in it, and its cause.

    >>> told(("outcome", "", "ValueError"), "failure")
    'outcome (no error, ValueError): failure'
    """
    raised = f" ({', '.join(kind or 'no error' for kind in kinds[1:])})" if any(kinds[1:]) else ""
    return f"{kinds[0]}{raised}{f': {cause}' if cause else ''}"


def _show(pair: Replay, console: Console) -> None:
    line(console, pair.pair)
    for text in pair.changed:
        line(console, f"  {text}")
    problem = ""
    for one in pair.rows:
        judged = "" if one.row["judged"] == "both" else f" ({one.row['judged']} with itself)"
        head = f"{one.outcome.upper():<8} {identity(one.row)}  {one.row['check']}{judged}"
        line(console, f"  {head}  {one.row['case']['id']}")
        if one.outcome is Outcome.CHANGED:
            line(console, f"           was {one.was}; is {one.now}")
        if one.why and (one.why != problem or one.outcome is not Outcome.ERROR):
            problem = one.why  # of a side that cannot be loaded it is said once
            line(console, f"           {one.why}")


def _counted(counts: Mapping[Outcome, int]) -> str:
    said = ", ".join(
        f"{counts[outcome]:,} {outcome.value}" for outcome in Outcome if counts[outcome]
    )
    return f"{sum(counts.values()):,} replayed: {said}"


def _document(
    run: RunFile, found: Sequence[Replay], counts: Mapping[Outcome, int], gone: Sequence[str],
    code: int,
) -> dict[str, Any]:  # fmt: skip
    return {
        "run": str(run.path),
        "whole": run.whole,
        "pairs": [{"name": pair.pair, "changed": list(pair.changed)} for pair in found],
        "divergences": [
            {
                "id": identity(one.row), "pair": pair.pair, "check": one.row["check"],
                "judged": one.row["judged"], "case": one.row["case"]["id"],
                "outcome": one.outcome.value, "was": one.was, "now": one.now or None,
                "why": one.why or None,
            }
            for pair in found for one in pair.rows
        ],
        "counts": {outcome.value: counts[outcome] for outcome in Outcome},
        "not_replayed": list(gone),
        "exit": code,
    }  # fmt: skip
