"""`tokparity fuzz`: search generated inputs for a divergence that nobody wrote down.

Each new kind is told in a line as it is found, small and with its cause, and kept in
`.parity/findings`; `tokparity corpus add` makes a case of it. What was compared is a run like any
other: canaries before and after, fingerprints, a run file, exact counts.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from parity import (
    canary,
    concluding,
    corpus,
    coverage,
    evidence,
    files,
    plan,
    resuming,
    runfile,
    session,
)
from parity.app import RUNS, Flags, moves, plan_for
from parity.causes import about
from parity.coverage import Share
from parity.errors import (
    BadPlan,
    EvidenceLost,
    Inconclusive,
    NothingSelected,
    UsageError,
)
from parity.examine import as_data
from parity.generators import GENERATORS
from parity.hunt import Finding, Hunt, compared, differ
from parity.plan import Pair
from parity.reports.divergence import shown
from parity.reports.visible import code_points, printable, value
from parity.runfile import record
from parity.showing import line
from parity.types import case_digest

FINDINGS: Final = Path(".parity") / "findings"
STATES: Final = Path(".parity") / "fuzz"
SECONDS: Final = 60.0
"""How long is searched where nothing is said."""
UNITS: Final = {"s": 1, "m": 60, "h": 3600}
THREE: Final = 3
"""Of N inputs none differs: then fewer than 3/N do, with 95 % confidence (the rule of three)."""
KINDS: Final = ("text", "ids", "stream", "stop", "messages", "template", "train")
"""Kinds of cases that a search can compare."""


class Wanted(NamedTuple):
    """What is searched, and for how long.

    strategies: names of generators; where none is named, those of texts and ids that fit.
    seconds: how long, or None. examples: how many cases, or None.
    seed: what is drawn. resume: go on where the last search of this pair and seed stopped.
    least: percent that must be covered, by name.
    """

    strategies: tuple[str, ...] = ()
    seconds: float | None = None
    examples: int | None = None
    seed: int = 0
    resume: bool = False
    least: Mapping[str, float] = {}


def seconds(text: str) -> float:
    """Return a time such as 90s, 5m or 1h in seconds. Raises UsageError.

    >>> seconds("1.5m")
    90.0
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not found:
        raise UsageError(f"a time is a number and s, m or h, such as 5m; this is {text!r}")
    return float(found[1]) * UNITS[found[2] or "s"]


def strategies(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of generators, each once. Raises UsageError for an unknown one."""
    usable = [name for name, one in GENERATORS.items() if one.kind in KINDS]
    for name in names:
        if name not in usable:
            raise UsageError(f"no strategy {name!r}; known: {', '.join(usable)}")
    return tuple(dict.fromkeys(names))


class _Searched(NamedTuple):
    """What came of the pairs, in order; filled while they are searched.

    inputs: drawn in this search, that every check for their kind has answers to.
    lacking: what was covered too little.
    """

    results: list[concluding.PairResult]
    inputs: list[int]
    lacking: list[str]


def fuzz(flags: Flags, wanted: Wanted, console: Console, command: Sequence[str]) -> int:
    """Search each pair of the plan; return the exit code.

    Raises UsageError, EvidenceLost where nothing can be kept.
    """
    wanted = wanted._replace(strategies=strategies(wanted.strategies))
    found = _plan(flags)
    _check_writable()
    now = dt.datetime.now(tz=dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    surveys = {pair.name: corpus.Survey(0, "") for pair in found.pairs}
    writer = runfile.Writer(RUNS / f"{now}.jsonl", evidence.header(found, command, surveys))
    searched = _Searched([], [], [])
    canaries = canary.Canaries(0, ())
    try:
        canaries = canary.release()
        for pair in found.pairs:
            _pair(pair, wanted, writer, searched, console)
        canaries = canaries.also(canary.release())
    except KeyboardInterrupt as error:
        stopped = getattr(error, "stopped", "interrupted")
        writer.finish(evidence.footer(searched.results, canaries, stopped))
        error.add_note(f"what was found until then is in {FINDINGS} and {writer.path}")
        raise
    except (UsageError, NothingSelected, EvidenceLost):
        writer.abandon()
        raise
    except BaseException as error:
        stopped = f"internal error: {error!r}"
        writer.finish(evidence.footer(searched.results, canaries, stopped))
        raise
    code = _conclude(writer, searched, canaries, console)
    line(console, f"  run file  {writer.path}")
    return code


def _plan(flags: Flags) -> plan.Plan:
    if flags.corpora:
        raise UsageError("a search draws its inputs and reads no corpus: leave --corpus out")
    found = plan_for(flags)
    if len(found.pairs) > 1 and not flags.pairs:
        known = ", ".join(pair.name for pair in found.pairs)
        raise BadPlan(f"name the pairs to search with --pair: {known}")
    return found


def _check_writable() -> None:
    for folder in (FINDINGS, STATES):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.write(folder / ".writable", [""])
            (folder / ".writable").unlink()
        except OSError as error:
            raise EvidenceLost(
                f"{folder}: findings cannot be kept there: {error.strerror}; "
                "search in a folder that can be written"
            ) from error


def _pair(
    pair: Pair, wanted: Wanted, writer: runfile.Writer, searched: _Searched, console: Console
) -> None:
    """Search one pair; what stops it alone from proving anything is its problem."""
    searched.results.append(concluding.PairResult(pair.name))
    here = Path.cwd()
    try:
        with session.opened(pair) as loaded:
            os.chdir(here)  # a backend may have gone elsewhere: what is kept is kept here
            hunt = Hunt(loaded, wanted.strategies, pair.checks if pair.named else (), wanted.seed)
            searched.results[-1] = hunt.result
            _opened(hunt, wanted, writer, console)
            searched.inputs.append(hunt.inputs())
            searched.lacking.extend(coverage.lacking(hunt.coverage.shares(), wanted.least))
    except EvidenceLost:
        raise
    except session.STOPS_ONE_PAIR as error:
        searched.results[-1].stopped_by(error)
    result = concluding.conclude(pair, searched.results[-1], partial=True)
    if not result.problem:
        result.problem = _unproved(pair, result)
        result.code = concluding.worst(
            [result.code, Inconclusive.exit_code if result.problem else 0]
        )


def _unproved(pair: Pair, result: concluding.PairResult) -> str:
    """Say what was compared too little to prove anything; a few selected cases are enough."""
    if not any(row.proved for row in result.rows.values()):
        return "nothing was compared"
    for (name, _), row in result.rows.items():
        if row.failed > row.proved:
            return f"{name}: {row.failed:,} cases failed alike, {row.proved:,} gave a value"
    lost = [name for (name, _), row in result.rows.items() if not row.proved]
    return f"the check {lost[0]!r} was named and compared nothing" if pair.named and lost else ""


def _opened(hunt: Hunt, wanted: Wanted, writer: runfile.Writer, console: Console) -> None:
    """Search a pair that is loaded, and keep how far the search came, whatever stops it."""
    pair, marks = hunt.loaded.pair, [mark._asdict() for mark in hunt.loaded.fingerprints]
    writer.line({"type": "pair", "name": pair.name, "reference": marks[0], "candidate": marks[1]})
    place = STATES / f"{pair.name}-{wanted.seed}.json"
    if wanted.resume:
        resuming.resume(hunt, place, marks)
    line(console, f"{pair.name}  {pair.reference}  {pair.candidate}")
    line(console, f"  strategies {', '.join(hunt.strategies)}; seed {wanted.seed}")
    began, before = time.monotonic(), hunt.state.cases
    try:
        _search(hunt, wanted, writer, console)
    finally:
        with _kept():
            resuming.save(hunt, place, marks)
    _report(console, hunt, hunt.state.cases - before, time.monotonic() - began)


def _search(hunt: Hunt, wanted: Wanted, writer: runfile.Writer, console: Console) -> None:
    limit = SECONDS if wanted.seconds is None and wanted.examples is None else wanted.seconds
    end = None if limit is None else time.monotonic() + limit
    left = wanted.examples
    tokens = session.pieces(hunt.loaded.reference, hunt.loaded.candidate)
    with _progress(limit, left) as advance:
        while left != 0 and (end is None or time.monotonic() < end):
            before = hunt.state.cases
            for new in hunt.turn(left):
                _keep(hunt, new, writer, tokens)
                for text in told(new):
                    line(console, text)
            done = hunt.state.cases - before
            left = None if left is None else left - done
            advance(done, hunt.state.differing)


def _keep(hunt: Hunt, new: Finding, writer: runfile.Writer, tokens: Mapping[int, str]) -> None:
    """Write a finding into the run file, and as a file of its own."""
    pair, about = hunt.loaded.pair, as_data(new.found, new.examined)
    if writer.admits(pair.name, new.found):
        writer.admitted(pair.name, new.found, tokens, about)
    case = record(new.found, tokens)["case"]
    least = (about.get("minimal") or {"case": case})["case"]
    document = {
        "id": new.id, "class": new.examined.cause, "check": new.found.check, "pair": pair.name,
        "reference": pair.reference, "candidate": pair.candidate, "strategy": new.strategy,
        "seed": hunt.seed, "case": case, "minimal": _renamed(least, new.examined.cause),
    }  # fmt: skip
    with _kept():
        files.write(FINDINGS / f"{new.id}.json", [json.dumps(document, indent=1), "\n"])


def _renamed(case: Mapping[str, Any], cause: str) -> dict[str, Any]:
    """Return a case under an id of its own content."""
    digest = case_digest(case["kind"], case["payload"], case["options"])
    return {**case, "id": f"fuzz/{cause or 'stream'}-{digest}"}


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EvidenceLost(f"{FINDINGS}: a finding cannot be kept: {error.strerror}") from error


def told(new: Finding) -> Iterator[str]:
    """Yield a line that tells a finding, and one for each side."""
    found, minimal = new.found, new.examined.minimal
    least = minimal.found if minimal and minimal.found else found
    payload = shown(record(least, {})["case"]["payload"])
    points = f"  {code_points(payload)}" if isinstance(payload, str) else ""
    cause = new.examined.cause or "-"
    mode = least.case.options.get("specials", "")
    yield f"  {new.id}  {found.check:<14} {cause:<22} {value(payload, 60)}{points}  {mode}".rstrip()
    for side, seen in (("reference", least.reference), ("candidate", least.candidate)):
        answer = seen.failure.kind if seen.failure else value(seen.value, 80)
        yield f"      {side:<10} {printable(answer)}"


def _report(console: Console, hunt: Hunt, cases: int, spent: float) -> None:
    rate = cases / spent if spent else 0
    line(console, f"  {cases:,} cases in {spent:.1f} s, {rate:,.0f} a second")
    if hunt.state.causes:
        table = Table(box=None, padding=(0, 2), pad_edge=False)
        for name in ("  check", "cause", "examined", ""):
            table.add_column(name, justify="right" if name == "examined" else "left")
        for (check, cause), count in hunt.state.causes.most_common():
            table.add_row(Text(f"  {check}"), Text(cause or "-"), f"{count:,}", Text(about(cause)))
        console.print(table)
    line(console, "  covered " + ", ".join(map(_share, hunt.coverage.shares().items())))


def _share(item: tuple[str, Share]) -> str:
    name, share = item
    return f"{name} {share.hit:,} of {share.of:,} ({share.percent:.1f} %)"


def _conclude(
    writer: runfile.Writer, searched: _Searched, canaries: canary.Canaries, console: Console
) -> int:
    """End the run file, print the verdict; return the exit code."""
    footer = evidence.footer(searched.results, canaries)
    code = concluding.worst([int(footer["exit"]), 1 if searched.lacking else 0])
    number = sum(map(differ, searched.results))
    word = _word(code, number)
    more = {"exit": code, "verdict": word, "not_covered": searched.lacking}
    writer.finish({**footer, **more})
    for text in searched.lacking:
        line(console, f"  not covered: {text}")
    for result in searched.results:
        if result.problem:
            label = "refused" if result.refused else "inconclusive"
            line(console, f"  {result.name}: {label}: {result.problem}")
    for name in canaries.survived:
        line(console, f"  the canary {name!r} survived: this search cannot be believed")
    total, inputs = sum(map(compared, searched.results)), sum(searched.inputs)
    counted = f"{number:,} of {total:,} comparisons differ, {canaries}"
    if code != Inconclusive.exit_code and not number and inputs >= THREE:
        bound = f"fewer than 1 in {inputs // THREE:,} of such inputs differ"
        counted += f"; with 95 % confidence {bound}"
    line(console, f"\n{word.upper()}  {counted}")
    return code


def _word(code: int, number: int) -> str:
    if code == Inconclusive.exit_code:
        return "inconclusive"
    if number:
        return "diverged"
    return "too little covered" if code else "nothing found"


@contextlib.contextmanager
def _progress(limit: float | None, examples: int | None) -> Iterator[Callable[[int, int], None]]:
    """Yield what moves a bar on the terminal: by time, or by cases where there is no limit."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}")
    began, cases = time.monotonic(), 0
    with Progress(*columns, console=console, transient=True, disable=not moves(console)) as bar:
        task = bar.add_task("searching", total=limit or examples, told="")

        def advance(done: int, differing: int) -> None:
            nonlocal cases
            cases += done
            spent = time.monotonic() - began
            told_ = f"{cases:,} cases, {differing:,} differ"
            bar.update(task, completed=spent if limit else cases, told=told_)

        yield advance
