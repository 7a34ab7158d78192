"""The ledger's file, changed: whole or not at all, with its comments, and the change shown.

Entries are put at the end or taken out as lines, so that nothing else of a file moves; what comes
of it is read again, and must say the same but for those entries, before it is written.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from parity import expected, files, plan
from parity.app import PROJECT
from parity.errors import BadLedger, GoldenError, UsageError
from parity.plan import Plan
from parity.runfile import RunFile
from parity.showing import line

Row = Mapping[str, Any]
HEADER: Final = re.compile(r"\s*\[\[\s*(expected|\"expected\"|'expected')\s*\]\]\s*(#.*)?")
SEVERAL: Final = '"' * 3
"""What opens a text of several lines: the newline behind it is not of the text."""
START: Final = """\
# What may differ, and must: every case that an entry selects has to differ still, in the class that
# it names, or the run fails. `tokparity ledger list` shows the entries.
"""


def refuse_in_ci() -> None:
    """Raise GoldenError where CI is set."""
    if os.environ.get("CI"):
        raise GoldenError("CI is set: the ledger is not written here; change it on a branch")


def plan_here() -> Plan:
    """Return the plan of this folder, one without pairs where it has none: its ledger is ours."""
    return plan.read(PROJECT) if plan.has_plan(PROJECT) else Plan(())


def plan_of(run: RunFile) -> Plan:
    """Return the plan whose ledger is meant for a run. Raises UsageError for what is not ours."""
    if run.header["plan"] == "built-in":
        raise UsageError(
            f"{run.path}: a run of the built-in plan, whose ledger is tokparity's own; "
            f"write a plan in {PROJECT}: `tokparity init` starts one"
        )
    return plan_here()


def put(path: Path, before: bytes, after: str, rows: Sequence[Row], console: Console) -> None:
    """Write a ledger and show what changed.

    rows: the entries that it must have. Raises BadLedger, before anything is written, where what
    would be written does not say them; GoldenError where it cannot be written.
    """
    expected.parsed(path, after.encode("utf-8"))
    if rows_of(after.encode("utf-8")) != list(rows):
        raise BadLedger(f"{path}: its entries cannot be told apart by their lines; edit it by hand")
    show(path, before, after, console)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, [after])
    except OSError as error:
        raise GoldenError(f"{path}: cannot be written: {error.strerror}") from error


def rows_of(data: bytes) -> list[Row]:
    """Return the entries of a ledger that can be read, as they are written."""
    return list(tomllib.loads(data.decode("utf-8")).get("expected", []))


def show(path: Path, before: bytes, after: str, console: Console) -> None:
    """Show how a ledger changes."""
    old, new = before.decode("utf-8").splitlines(), after.splitlines()
    name = str(path)
    for text in difflib.unified_diff(old, new, name, name, lineterm=""):
        line(console, text)


def with_entries(path: Path, before: bytes, rows: Sequence[Row]) -> str:
    """Return a ledger with entries at its end; every other byte of it stays. Raises BadLedger."""
    text = before.decode("utf-8")
    _heads(path, text)
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text or START
    if not text.endswith("\n"):
        text += newline
    for row in rows:
        text += newline + _rendered(row).replace("\n", newline)
    return text


def _rendered(row: Row) -> str:
    """Return an entry as TOML; a text of several lines stands on its own lines."""
    import tomlkit  # noqa: PLC0415 (only who writes a ledger needs it)

    table = tomlkit.table()
    for key, value in row.items():
        several = isinstance(value, str) and "\n" in value
        table.add(key, tomlkit.string(value, multiline=True) if several else value)
    entries = tomlkit.aot()
    entries.append(table)
    document = tomlkit.document()
    document.add("expected", entries)
    return tomlkit.dumps(document).replace(f"select = {SEVERAL}", f"select = {SEVERAL}\n", 1)


def without(path: Path, before: bytes, numbers: Collection[int]) -> str:
    """Return a ledger without some of its entries, by number, and the comments right above them.

    Raises BadLedger where its entries are not `[[expected]]` tables, each on lines of its own.
    """
    text = before.decode("utf-8")
    lines = text.splitlines(keepends=True)
    starts = [_with_comments(lines, head) for head in _heads(path, text)]
    ends = [*starts[1:], len(lines)]
    kept = lines[: starts[0]]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        kept += lines[start:end] if number not in numbers else []
    newline = "\r\n" if "\r\n" in text else "\n"
    return "".join(kept).rstrip("\r\n") + newline


def _heads(path: Path, text: str) -> list[int]:
    """Return the lines that open an entry. Raises BadLedger where not each entry has one."""
    lines = text.splitlines()
    heads = [place for place, one in enumerate(lines) if HEADER.fullmatch(one)]
    if len(heads) != len(rows_of(text.encode("utf-8"))):
        raise BadLedger(
            f"{path}: its entries are not [[expected]] tables, each on lines of its own; "
            "edit it by hand"
        )
    return heads


def _with_comments(lines: Sequence[str], head: int) -> int:
    """Return where an entry starts: with its comments, but for those that open the file."""
    start = head
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start or head
