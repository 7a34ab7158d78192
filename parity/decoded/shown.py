"""`tokparity decode`: what is told on the way, and what is written at the end."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from parity import files
from parity.app import moves
from parity.decoded import asked, document, held, manifest, page, running, telling
from parity.decoded.asked import Asked, Wanted
from parity.decoded.differing import differing
from parity.decoded.running import Cell, Run
from parity.decoded.waves import Told
from parity.errors import ParityError
from parity.reports.visible import printable

STYLES: Final = {"EXACT": "green", "DETERMINISTIC": "green", "DIVERGED": "bold red"}


class Reports(NamedTuple):
    """Where reports are written, or None."""

    json: Path | None = None
    html: Path | None = None


def decode(wanted: Wanted, reports: Reports, console: Console, command: str) -> int:
    """Run what is wanted, print it, write it; return the exit code. Raises ParityError."""
    started = dt.datetime.now(tz=dt.UTC)
    what = asked.read(wanted)
    for path in filter(None, (reports.json, reports.html)):
        _check_writable(path)
    with _progress(console, what) as told, _kept(what):
        found = running.run(what, told)
    _print(found, console)
    data = document.as_data(found, manifest.manifest(found, started), command)
    if reports.json:
        document.write(reports.json, document.text(data))
    if reports.html:
        document.write(reports.html, page.render(data))
    if wanted.update and not found.stopped:
        for path in held.update(what, found.reference, found.noise):
            _say(console, f"written: {path}")
    return telling.code(found)


def _check_writable(path: Path) -> None:
    """Raise Inconclusive where nothing can be written: before minutes are spent."""
    trial = path.with_name(f".{path.name}.writable")
    with files.told(path, "the report is to be written there"):
        path.parent.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()


@contextlib.contextmanager
def _kept(what: Asked) -> Iterator[None]:
    """Say where finished prompts are, whatever stops the run."""
    try:
        yield
    except (KeyboardInterrupt, ParityError) as error:
        if what.errand.folder.is_dir():
            note = f"finished prompts are kept in {what.errand.folder}; --resume goes on from them"
            if isinstance(error, KeyboardInterrupt):
                error.add_note(note)
        raise


@contextlib.contextmanager
def _progress(console: Console, what: Asked) -> Iterator[Told]:
    """Yield what tells how far each side is: bars in a terminal, else a line at its end."""
    total = len(what.errand.prompts)
    if not moves(console):
        yield _lines(Console(stderr=True), total)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def told(name: str, done: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(printable(name), total=total)
            progress.update(tasks[name], completed=done)

        yield told


def _lines(console: Console, total: int) -> Told:
    def told(name: str, done: int) -> None:
        if done == total:
            console.print(f"{printable(name)}: {done} prompts", markup=False, highlight=False)

    return told


def _print(found: Run, console: Console) -> None:
    if not console.is_terminal:
        console.width = 200  # nobody's screen: a row is a line
    console.print(_table(found))
    for cell in found.cells:
        for line in differing(cell, found.reference, found.noise.budget):
            _say(console, line)
    for line in _summary(found):
        _say(console, line)


def _say(console: Console, line: str) -> None:
    console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def _table(found: Run) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    names = [short.partition(" ")[0] for short in telling.LEVEL_NAMES.values()]
    for name in ("candidate", "verdict", *names, "classes"):
        table.add_column(name, overflow="fold")
    for cell in found.cells:
        table.add_row(*_row(cell))
    return table


def _row(cell: Cell) -> list[Text]:
    name = Text(printable(cell.name))
    if cell.absent:
        word = "skipped" if cell.skipped else "did not run"
        return [name, Text(word, style="dim" if cell.skipped else "bold yellow")]
    word = cell.verdict.word if cell.verdict else ""
    counts = [_counted(count) for count in telling.levels(cell).values()]
    kinds = cell.verdict.counts if cell.verdict else {}
    classes = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
    return [name, Text(word, style=STYLES.get(word, "yellow")), *map(Text, counts), Text(classes)]


def _counted(counts: dict[str, int]) -> str:
    """Return the counts of a level: `=` for same or within, `-` where a side has no such thing."""
    signs = {"same": "=", "within": "=", "absent": "-"}
    return " ".join(f"{count}{signs.get(word, ' ' + word)}" for word, count in counts.items())


def _summary(found: Run) -> Iterator[str]:
    yield ""
    if found.repeats:
        table = ", ".join(f"{n} in {count}" for n, count in found.repeats.table.items())
        yield f"unique completions: {table} prompts"
    for cell in found.cells:
        if cell.verdict and cell.verdict.statement:
            yield f"{cell.name}: {cell.verdict.statement}"
    yield from telling.problems(found)
    yield found.noise.said
    yield f"{telling.where(found)}; records in {found.asked.errand.folder}"
    yield f"verdict: {telling.verdict(found)} ({found.asked.wanted.profile})"
