"""The command: what is wanted, what is told on the way, and where the matrix is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity import files
from parity.errors import Inconclusive, UsageError
from parity.reports.visible import printable
from parity.survey import document, kept, page, surveying
from parity.survey.cells import RED, Cell, Survey
from parity.survey.installing import place
from parity.survey.surveying import ASKED, Asked
from parity.survey.tables import implementations, vocabularies

STYLES: Final = {"same": "green", "itself": "green"}


class Wanted(NamedTuple):
    """What the command line says.

    json, html, markdown: where the matrix is written, or None. onto: one that was made before.
    """

    names: Sequence[str] = ()
    targets: Sequence[str] = ()
    install: bool = False
    checks: str = ""
    drawn: int = Asked().drawn
    seed: int = 0
    json: Path | None = None
    html: Path | None = None
    markdown: Path | None = None
    onto: Path | None = None


def matrix(wanted: Wanted, console: Console, command: str) -> int:
    """Make the matrix, print it and write it; return the exit code.

    Raises UsageError, and Inconclusive where nothing can be believed or written.
    """
    checks = _checks(wanted.checks)
    for path in filter(None, (wanted.json, wanted.html, wanted.markdown)):
        _check_writable(path)
    rows = implementations(wanted.names)
    before = kept.read(wanted.onto) if wanted.onto else None
    found, missing = vocabularies(wanted.targets)
    if not found:
        raise Inconclusive("no vocabulary is here: " + "; ".join(missing.values()))
    with console.status("") as status:

        def told(text: str) -> None:
            status.update(printable(text))
            if not console.is_terminal:
                Console(stderr=True).print(text, markup=False, highlight=False)

        places = {one.name: place(one, install=wanted.install, told=told) for one in rows}
        asked = Asked(checks, wanted.drawn, wanted.seed)
        survey = surveying.survey([(one, places[one.name]) for one in rows], found, asked, told)
    survey.left_out |= missing
    survey.environment = document.environment()
    if before and wanted.onto:
        survey = kept.onto(before[0], survey, wanted.onto)
        command = f"{before[1]}\n{command}"
    _print(survey, console)
    _write(wanted.json, document.as_json(survey, command))
    _write(wanted.html, page.render(survey, command))
    beside = [path.name for path in (wanted.html, wanted.json) if path]
    _write(wanted.markdown, "".join(document.markdown(survey, command, beside)))
    return 0


def _checks(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    unknown = [name for name in names if name not in ASKED]
    if unknown:
        raise UsageError(f"the matrix has no check {unknown[0]!r}; it has {', '.join(ASKED)}")
    return names or ASKED


def _check_writable(path: Path) -> None:
    """Raise Inconclusive where nothing can be written: before minutes are spent."""
    trial = path.with_name(f".{path.name}.writable")
    with files.told(path, "the matrix is to be written there"):
        path.parent.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()


def _write(path: Path | None, text: str) -> None:
    if path is not None:
        with files.told(path, "the matrix is to be written there"):
            files.write(path, [text])


def _print(found: Survey, console: Console) -> None:
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in ("", *found.vocabularies):
        table.add_column(name, overflow="fold")
    for name in found.implementations:
        cells = [found.cell(name, vocabulary) for vocabulary in found.vocabularies]
        table.add_row(Text(name), *map(_styled, cells))
    if not console.is_terminal:
        console.width = 20 * len(found.vocabularies) + 40  # nobody's screen: a row is a line
    console.print(table)
    lines = [f"not compared: {name}: {why}" for name, why in found.left_out.items()]
    for line in (*lines, "; ".join(document.summary(found)) + f"; {found.canaries}"):
        console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def _styled(cell: Cell | None) -> Text:
    style = "" if cell is None else "bold red" if cell.word in RED else STYLES.get(cell.word, "dim")
    return Text(document.short(cell), style=style)
