"""What the commands do, without the command line: plan from flags, progress, run file, outputs."""

from __future__ import annotations

import contextlib
import datetime as dt
import glob
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from parity import (
    canary,
    concluding,
    corpus,
    evidence,
    files,
    plan,
    reports,
    runfile,
    session,
    shards,
    since,
    terms,
)
from parity.errors import BadPlan, EvidenceLost, NothingSelected, UsageError
from parity.parts import Part
from parity.plan import Pair, Plan
from parity.reports import terminal
from parity.terms import Terms

RUNS: Final = Path(".parity") / "runs"
PROJECT: Final = Path("pyproject.toml")


class Flags(NamedTuple):
    """What the command line says about the plan."""

    reference: str = ""
    candidate: str = ""
    corpora: tuple[str, ...] = ()
    checks: str = ""
    select: str = ""
    specials: str = ""
    self_check: bool = False
    pairs: tuple[str, ...] = ()
    built_in: bool = False
    model: str = ""
    network: bool = False
    moving: bool = False
    shard: str = ""
    since: str = ""


def plan_for(flags: Flags) -> Plan:
    """Return the plan that flags mean: two specs, or the project's plan, or the built-in one.

    Other flags change every pair of it. Raises BadPlan and its kin.
    """
    if flags.model:
        found = _plan_of_model(flags)
    elif flags.reference or flags.candidate:
        found = _plan_of_two(flags)
    elif not flags.built_in and plan.has_plan(PROJECT):
        found = plan.read(PROJECT)
    else:
        found = plan.built_in()
    names = [pair.name for pair in found.pairs]
    for name in flags.pairs:
        if name not in names:
            raise BadPlan(f"no pair {name!r} in the plan; known: {', '.join(names)}")
    pairs = [pair for pair in found.pairs if not flags.pairs or pair.name in flags.pairs]
    changed = [pair._replace(**_changes(flags), terms=_more(pair.terms, flags)) for pair in pairs]
    for pair in changed:
        plan.check_pair(pair, f"pair {pair.name!r}")
    return found._replace(pairs=tuple(changed))


def run(
    flags: Flags,
    outputs: Sequence[str],
    console: Console,
    command: Sequence[str],
    *,
    reproducible: bool = False,
) -> int:
    """Run a plan, print its report, write the outputs; return the exit code.

    reproducible: the reports that are written have nothing of when and where; the run file has.
    """
    wanted = _outputs(outputs)
    found = plan_for(flags)
    surveys = _surveys(found)
    part = part_of(flags, found)
    path = next((path for name, path in wanted if name == "jsonl"), _default_path())
    total = sum(survey.count for survey in surveys.values())
    writer = runfile.Writer(path, evidence.header(found, command, surveys, part))
    try:
        with progress(total, "comparing") as advance:
            code = _into(
                writer, found, surveys, part, advance, whole=part.unnarrowed and not part.shard
            )
        written = runfile.read(writer.place)._replace(path=path)
        terminal.show(written, console)
        told = reports.reproducible(written) if reproducible else written
        for name, place in wanted:
            if name != "jsonl":
                reports.write(name, told, place)
    except KeyboardInterrupt as stopped:
        if writer.finished:
            stopped.add_note(f"what was compared until then is in {path}")
        else:
            writer.abandon()
        raise
    return code


def part_of(flags: Flags, found: Plan) -> Part:
    """Return which cases of a plan flags mean. Raises BadSelect, UsageError."""
    shard = shards.read(flags.shard) if flags.shard else None
    part = Part(flags.select, shard)
    part.wanted  # noqa: B018 (an expression that cannot be read is told before git is asked)
    if flags.since:
        part = part._replace(since=since.read(flags.since, found, Path.cwd()))
    plain = flags._replace(network=False, moving=False, shard="", since="") == Flags()
    all_of_it = part._replace(shard=None).wanted is None
    return part._replace(unnarrowed=found.source == str(PROJECT) and plain and all_of_it)


def _surveys(found: Plan) -> dict[str, corpus.Survey]:
    """Return what each pair's corpora are; those that several pairs share are read once."""
    read: dict[tuple[Path, ...], corpus.Survey] = {}
    surveys = {}
    for pair in found.pairs:
        paths = tuple(session.corpora(pair))
        read[paths] = read.get(paths) or corpus.survey(paths)
        surveys[pair.name] = read[paths]
        if not read[paths].count:
            names = ", ".join(map(str, paths))
            raise NothingSelected(f"pair {pair.name!r}: there is not one case in {names}")
    return surveys


def _pinned(found: Plan) -> Plan:
    """Return a plan whose corpora are where they are, whatever a backend does to the folder."""
    return found._replace(
        pairs=tuple(
            pair._replace(
                corpora=tuple(glob.escape(str(path.absolute())) for path in session.corpora(pair))
            )
            for pair in found.pairs
        )
    )


def _into(
    writer: runfile.Writer,
    found: Plan,
    surveys: Mapping[str, corpus.Survey],
    part: Part,
    advance: Callable[[int], None],
    *,
    whole: bool,
) -> int:
    """Run a plan into a run file, and end the file whatever happens; return the exit code.

    whole: all of a project's plan is run.
    """
    results: list[concluding.PairResult] = []
    canaries = canary.Canaries(0, ())
    here = Path.cwd()
    try:
        canaries = canary.release()
        why = "it ended while what differs was examined"
        writer.unfinished = partial(evidence.footer, results, canaries, why)
        session.run_plan(_pinned(found), writer, results, surveys, part, advance)
        os.chdir(here)  # a backend may have gone elsewhere: the ledger and the outputs are here
        canaries = canaries.also(canary.release())  # a backend may have patched what compares
        standing = evidence.standing(found, results, unnarrowed=whole)
    except KeyboardInterrupt as error:
        stopped = getattr(error, "stopped", "interrupted")
        writer.finish(evidence.footer(results, canaries, stopped))
        raise
    except (UsageError, NothingSelected, EvidenceLost):
        writer.abandon()
        raise
    except BaseException as error:
        writer.finish(evidence.footer(results, canaries, f"internal error: {error!r}"))
        raise
    footer = evidence.footer(results, canaries, standing=standing, nothing=part.nothing)
    writer.finish(footer)
    return int(footer["exit"])


def terms_for(flags: Flags, *specs: str) -> Terms:
    """Return the terms of specs that no plan names: the project's, and what the flags allow.

    A project whose file is broken does not matter to specs that ask for nothing of it.
    """
    return _more(plan.terms_of(PROJECT) if terms.matter(*specs) else Terms(), flags)


def _more(known: Terms, flags: Flags) -> Terms:
    """Return terms with what flags allow, too."""
    return known._replace(
        network=known.network or flags.network, moving=known.moving or flags.moving
    )


def _plan_of_model(flags: Flags) -> Plan:
    if flags.reference or flags.candidate or flags.built_in:
        raise BadPlan("a model's folder is a plan of its own: give it, or two sides, not both")
    own = terms_for(flags, f"jinja:{flags.model}")
    with terms.under(own):
        found = plan.of_model(flags.model)
    return found._replace(pairs=tuple(pair._replace(terms=own) for pair in found.pairs))


def _plan_of_two(flags: Flags) -> Plan:
    if not (flags.reference and flags.candidate):
        given = "reference" if flags.reference else "candidate"
        missing = "candidate" if flags.reference else "reference"
        raise BadPlan(f"--{given} needs --{missing} beside it: two sides are compared")
    sides = flags.reference, flags.candidate
    pair = Pair("command-line", *sides, terms=terms_for(flags, *sides))
    return Plan((pair,), source="command line")


def _changes(flags: Flags) -> Mapping[str, Any]:
    changes: dict[str, Any] = {}
    if flags.checks:
        names = [name for name in flags.checks.replace(",", " ").split() if name]
        changes["checks"], changes["named"] = plan.checks_for(names, "--checks")
    if flags.corpora:
        changes["corpora"] = flags.corpora
    if flags.specials:
        changes["specials"] = flags.specials
    if flags.self_check:
        changes["self_check"] = True
    return changes


def _outputs(texts: Sequence[str]) -> list[tuple[str, Path]]:
    """Return formats and paths. Raises UsageError for what would be lost after the run."""
    wanted = [_output(text) for text in texts]
    if [name for name, _ in wanted].count("jsonl") > 1:
        raise UsageError("--output jsonl=PATH comes twice: a run has one run file")
    places: dict[Path, str] = {}
    for name, path in wanted:
        place, shown = files.real(path), f"--output {name}={path}"
        if place in places:
            raise UsageError(f"{shown} and {places[place]} are one file; give each its own")
        places[place] = shown
        if path.is_dir():
            raise UsageError(f"{shown}: that is a folder; name a file in it")
        if name == "jsonl" and _is_direct(path):
            raise UsageError(f"{shown}: the run file is read again: a device or FIFO cannot be it")
    return wanted


def _is_direct(path: Path) -> bool:
    with contextlib.suppress(OSError):  # the writer says what is wrong with the place
        return files.is_direct(path)
    return False


def _output(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    known = ["jsonl", *sorted(reports.FORMATS)]
    if not equals or not path or name not in known:
        raise UsageError(f"--output is FORMAT=PATH, with {', '.join(known)}; this is {text!r}")
    return name, Path(path)


def _default_path() -> Path:
    now = dt.datetime.now(tz=dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    return RUNS / f"{now}.jsonl"


def moves(console: Console) -> bool:
    """Say whether a bar may move where a console prints: on a terminal that is not dumb.

    Whoever forces colour wants it in a log, where nothing can move.
    """
    return console.file.isatty() and console.is_terminal and not console.is_dumb_terminal


@contextlib.contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that advances a bar on the terminal, or nothing where there is none."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not moves(console)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)
