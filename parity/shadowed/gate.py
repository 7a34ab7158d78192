"""`tokparity shadow gate`: whether logs prove that the candidate may be trusted.

It fails closed. What a log lacks, or says twice in two ways, is a reason; with one reason or more
nothing is proved, whatever the counts are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import bounds
from parity.errors import ParityError, SelfComparison, UsageError
from parity.fingerprint import Fingerprint, refuse_equal
from parity.shadowed import telling, totals
from parity.shadowed.reading import Run, read

WORDS: Final = {0: "PASSED", 1: "DIVERGED", 3: "INCONCLUSIVE"}
STYLES: Final = {0: "green", 1: "bold red", 3: "bold yellow"}
SIDES: Final = ("reference", "candidate")
ALIKE: Final = ("content", "keyed")
"""Settings that the runs of one gate share."""
ELSEWHERE: Final = ("pending", "in_flight", "unwritten", "capped")
"""What a footer may miss and something else decides: the share of lost calls has those that are
pending, lines that were not written are a reason of their own, and a cap takes no count."""


class Limits(NamedTuple):
    """What is asked of the evidence.

    min_compared: calls, in all. max_diverged: of them. max_lost: share of the sampled calls of
        which nothing is known.
    surfaces: compared calls that single surfaces need.
    """

    min_compared: int = 10_000
    max_diverged: int = 0
    max_lost: float = 0.01
    surfaces: Mapping[str, int] = {}


class Judged(NamedTuple):
    """What the evidence comes to.

    reasons: why nothing is proved. failed: what diverged beyond what is allowed, or "".
    notes: what does not decide.
    """

    code: int
    reasons: list[str]
    failed: str
    notes: list[str]
    counts: Mapping[str, Any]
    diverged: int


def surfaces(texts: Sequence[str]) -> dict[str, int]:
    """Read NAME=N. Raises UsageError.

    >>> surfaces(["encode=5000"])
    {'encode': 5000}
    """
    found: dict[str, int] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        if not name or not (number.isascii() and number.isdigit()) or not int(number):
            raise UsageError(f"--surface is NAME=N, such as encode=5000, not {text!a}")
        if name in found:
            raise UsageError(f"--surface names {name!a} twice")
        found[name] = int(number)
    return found


def gate(paths: Sequence[Path], limits: Limits, console: Console, *, as_json: bool) -> int:
    """Judge logs, print why, and return the exit code."""
    runs: list[Run] = []
    try:
        runs = read(paths)
        judged = judge(runs, limits)
    except UsageError:
        raise
    except ParityError as error:
        judged = Judged(3, [str(error)], "", [], totals.total(runs), 0)
    if as_json:
        console.out(json.dumps(_document(judged, limits), indent=2))
        return judged.code
    telling.say(console, WORDS[judged.code], STYLES[judged.code])
    for line in (*judged.reasons, *filter(None, [judged.failed]), *judged.notes):
        telling.say(console, f"  {line}")
    telling.say(console, bounds.told(judged.diverged, judged.counts["compared"]))
    return judged.code


def judge(runs: Sequence[Run], limits: Limits) -> Judged:
    """Return what the runs of logs come to."""
    counts, diverged = totals.total(runs), totals.diverged(runs)
    reasons = [f"run {run.id}: {why}" for run in runs for why in holes(run)]
    reasons += [*_mixed(runs), *_short(counts, limits)]
    failed = ""
    if diverged > limits.max_diverged:
        failed = f"{diverged:,} diverged, {limits.max_diverged:,} are allowed"
    code = 3 if reasons else 1 if failed else 0
    notes = [f"note: run {run.id}: {why}" for run in runs for why in run.notes]
    return Judged(code, reasons, failed, [*notes, *_notes(counts)], counts, diverged)


def holes(run: Run) -> Iterator[str]:
    """Yield why a run proves nothing, whatever it counted."""
    yield from totals.doubts(run)
    if run.header:
        yield from _sides(run.header)
    if run.footer is None:
        yield "no footer: it goes on still, or it was killed, and what came last is not known"
    elif not run.footer["whole"]:
        yield from _missing(run.footer["missing"])
    log = totals.part(totals.last(run), "log")
    if log.get("failed"):
        yield f"{log['failed']:,} lines could not be written"
    marks = totals.part(run.header, "digests")
    if any(row.get("fingerprints") != marks for row in run.divergences):
        yield "lines of divergences are of other sides than the header names"


def _missing(missing: Mapping[str, int]) -> Iterator[str]:
    """Yield what a footer misses that no other reason tells."""
    told = {name: number for name, number in missing.items() if number and name not in ELSEWHERE}
    if told:
        yield f"the footer misses {', '.join(f'{n:,} {name}' for name, n in told.items())}"
    elif not any(missing.get(name) for name in ELSEWHERE):
        yield "the footer says that it is not whole"


def _sides(header: Mapping[str, Any]) -> Iterator[str]:
    reference, candidate = (totals.part(header, name) for name in SIDES)
    failed = [name for name in SIDES if "failed" in totals.part(header, name)]
    for name in failed:
        yield f"the {name} could not be loaded: {totals.part(header, name)['failed']}"
    if failed:
        return
    one, other = (totals.part(header, "digests").get(name) for name in SIDES)
    if header.get("same") is not False or one == other or _one(reference, candidate):
        yield "both sides are one and the same thing: comparing them proves nothing"


def _one(reference: Mapping[str, Any], candidate: Mapping[str, Any]) -> bool:
    try:
        refuse_equal(Fingerprint(**reference), Fingerprint(**candidate))
    except SelfComparison:
        return True
    except TypeError:  # sides that are no backends say of themselves what they can
        return reference == candidate
    return False


def _mixed(runs: Sequence[Run]) -> Iterator[str]:
    headers = [run.header for run in runs if run.header]
    for side in SIDES:
        marks = sorted({str(totals.part(header, "digests").get(side)) for header in headers})
        if len(marks) > 1:
            yield f"the {side} is not the same in all runs: {', '.join(marks)}"
    for name in ALIKE:
        values = sorted({str(totals.part(header, "settings").get(name)) for header in headers})
        if len(values) > 1:
            yield f"the setting {name!r} is not the same in all runs: {', '.join(values)}"


def _short(counts: Mapping[str, Any], limits: Limits) -> Iterator[str]:
    compared, sampled, lost = counts["compared"], counts["sampled"], totals.lost(counts)
    if compared < limits.min_compared:
        yield f"{compared:,} compared, {limits.min_compared:,} are needed"
    alike = sum(totals.part(counts, "alike").values())
    if compared >= limits.min_compared > compared - alike:
        yield f"{alike:,} of {compared:,} compared failed alike: that is no answer to rely on"
    for name, needed in limits.surfaces.items():
        found = counts["surfaces"].get(name, totals.NOTHING)["compared"]
        if found < needed:
            yield f"{found:,} compared of {name}, {needed:,} are needed"
    if lost > limits.max_lost * sampled:
        parts = ", ".join(f"{counts[fate]:,} {fate}" for fate in totals.LOST if counts[fate])
        yield f"{lost:,} of {sampled:,} sampled are lost ({parts}); {limits.max_lost} is allowed"
    for name, row in counts["surfaces"].items():
        alone = totals.one_sided(row)
        if row["compared"] and alone > limits.max_lost * row["sampled"]:
            yield (
                f"{alone:,} of {row['sampled']:,} sampled of {name} were answered by the reference "
                "alone, and the candidate answers others"
            )


def _notes(counts: Mapping[str, Any]) -> Iterator[str]:
    for name, row in counts["surfaces"].items():
        if row["calls"] and not row["compared"]:
            yield f"note: {name} was called {row['calls']:,} times and never compared"


def _document(judged: Judged, limits: Limits) -> dict[str, Any]:
    compared = judged.counts["compared"]
    return {
        "exit": judged.code,
        "verdict": WORDS[judged.code].lower(),
        "reasons": judged.reasons,
        "failed": judged.failed,
        "notes": judged.notes,
        "compared": compared,
        "diverged": judged.diverged,
        "lost": totals.lost(judged.counts),
        "below": bounds.below(judged.diverged, compared),
        "limits": {**limits._asdict(), "surfaces": dict(limits.surfaces)},
        "counts": judged.counts,
    }
