"""`tokparity init`: from a tokenizer to a plan, a corpus, goldens and a job, all or nothing.

What would be written is made in memory first: both sides are loaded, asked what they can, and the
goldens recorded by the code of `golden update`. Then it is shown, agreed to, and written; a failure
in the middle puts back what was there. No file is replaced: a pyproject.toml, .gitattributes and
.gitignore get lines at their end, and any other file that is there stays as it is.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.text import Text

from parity import expected, plan
from parity.errors import BadPlan, GoldenError, UsageError
from parity.reports.visible import printable
from parity.starting import contents, finding, recording, writing

PROJECT: Final = Path("pyproject.toml")
WIDE: Final = 160
"""Characters of a line of a new file that are shown."""


class Wishes(NamedTuple):
    """What the command line says.

    ask: a question to yes or no. choose: a question to one of several. Both None where nobody can
        be asked.
    """

    spec: str = ""
    candidate: str = ""
    name: str = ""
    ci: str = "none"
    pre_commit: bool = False
    yes: bool = False
    dry_run: bool = False
    ask: Callable[[str], bool] | None = None
    choose: Callable[[str, Sequence[str]], str] | None = None


def init(wishes: Wishes, console: Console) -> int:
    """Show what would be written, and write it where that is agreed; return the exit code."""
    if os.environ.get("CI") and not wishes.dry_run:
        raise GoldenError("CI is set: goldens are not written here; run this on a branch of yours")
    _refuse_a_second_plan()
    expected.read(contents.LEDGER)  # a broken one is said before anything is made
    spec = finding.spec(wishes.spec, wishes.choose, lambda text: _line(console, text))
    candidate = finding.tidy(wishes.candidate, "--candidate") if wishes.candidate else ""
    name = finding.name(wishes.name, spec)
    with recording.opened(name, spec, candidate) as loaded:
        checks = recording.checks_of(loaded)
        files = contents.files(loaded, checks, wishes.ci, pre_commit=wishes.pre_commit)
        goldens = recording.goldens(loaded, checks, files.get(contents.CORPUS))
    _show(console, files, goldens)
    for advice in contents.advice(files, wishes.ci, pre_commit=wishes.pre_commit):
        _line(console, advice)
    if not _agreed(wishes, console):
        return 0
    writing.write({**files, **goldens})
    _line(console, f"\nwritten: {len(files):,} files and {len(goldens):,} goldens")
    _next(console)
    return 0


def _refuse_a_second_plan() -> None:
    """Raise BadPlan where there is a plan, or a pyproject.toml that cannot be read."""
    if plan.has_plan(PROJECT) or contents.has_table(PROJECT):
        raise BadPlan(
            f"{PROJECT}: has a [tool.parity] already; add a [[tool.parity.pairs]] to it, and "
            "`tokparity golden update` records its goldens"
        )


def _agreed(wishes: Wishes, console: Console) -> bool:
    if wishes.dry_run:
        _line(console, "\nnothing was written: --dry-run")
        return False
    if wishes.yes:
        return True
    if wishes.ask is None:
        raise UsageError("nobody can be asked here, and nothing was written; --yes agrees to it")
    if wishes.ask("Write this?"):
        return True
    _line(console, "nothing was written")
    return False


def _show(console: Console, files: Mapping[Path, bytes], goldens: Mapping[Path, bytes]) -> None:
    for path, data in files.items():
        text = data.decode()
        if path.exists():
            _diff(console, path, path.read_bytes().decode(), text)
            continue
        _line(console, f"\nnew  {path.as_posix()}", "bold")
        for line in text.splitlines():
            more = f"… +{len(line) - WIDE}" if len(line) > WIDE else ""
            _line(console, f"  + {line[:WIDE]}{more}", "green")
    size = sum(map(len, goldens.values()))
    folder = next(iter(goldens)).parent.as_posix()
    cases = sum(data.count(b"\n") - 1 for data in goldens.values())
    checks = " and ".join(dict.fromkeys(path.name.split(".")[-2] for path in goldens))
    _line(console, f"\nnew  {folder}/", "bold")
    told = f"{len(goldens):,} goldens of {checks}: {cases:,} lines, {size:,} bytes"
    _line(console, f"  + {told}", "green")


def _diff(console: Console, path: Path, before: str, after: str) -> None:
    name = path.as_posix()
    old, new = before.splitlines(), after.splitlines()
    for line in difflib.unified_diff(old, new, name, name, lineterm=""):
        style = "green" if line.startswith("+") else "bold" if line.startswith("---") else ""
        _line(console, f"\n{line}" if line.startswith("---") else line, style)


def _next(console: Console) -> None:
    missing = [name for name in ("pytest", "syrupy") if importlib.util.find_spec(name) is None]
    if missing:
        _line(console, f"next: pip install 'tokparity[pytest]'  (here is no {', '.join(missing)})")
    _line(console, "next: pytest -m parity, or tokparity run; then git add what is new")


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(printable(text), style=style), soft_wrap=True)
