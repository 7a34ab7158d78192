"""`tokparity corpus import`: run an import and tell what it came to."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from parity.app import progress
from parity.errors import BadCorpus
from parity.importing import Request, Result, import_file
from parity.showing import line

MALFORMED: Final = BadCorpus.exit_code
"""The exit code where rows were malformed: what a wrong corpus line is anywhere else."""


def run(request: Request, allowed: int, console: Console) -> int:
    """Import a file; return 0 where no more rows than `allowed` were malformed."""
    with progress(_size(request), "reading") as advance:
        found = import_file(request, advance)
    line(console, f"{request.output}: {_counts(found)}")
    for place, reason in found.first:
        line(console, f"  {place}: {reason}")
    if found.malformed > len(found.first):
        line(console, f"  … and {found.malformed - len(found.first):,} more")
    if found.malformed:
        line(console, f"  all malformed rows, with their reasons: {found.rejected}")
    return MALFORMED if found.malformed > allowed else 0


def _size(request: Request) -> int:
    return request.source.stat().st_size if request.source.is_file() else 0


def _counts(found: Result) -> str:
    parts = [f"{found.cases:,} cases of {found.rows:,} rows"]
    parts += [f"{found.duplicates:,} duplicates left out"] if found.duplicates else []
    parts += [f"{found.empty:,} empty rows left out"] if found.empty else []
    parts += ["stopped at --limit"] if found.stopped else []
    return ", ".join([*parts, f"{found.malformed:,} malformed"])
