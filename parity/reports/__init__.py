"""Reports: a run file in, a document out. One file a format; each has `render(run) -> str`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

from parity import files
from parity.errors import EvidenceLost, UsageError
from parity.reports.reproducing import reproducible as reproducible
from parity.runfile import RunFile

FORMATS: Final = {
    "badge": "parity.reports.badge",
    "github": "parity.reports.github",
    "gitlab": "parity.reports.gitlab",
    "html": "parity.reports.html",
    "json": "parity.reports.summary",
    "junit": "parity.reports.junit",
    "markdown": "parity.reports.markdown",
    "sarif": "parity.reports.sarif",
    "text": "parity.reports.terminal",
}
"""Formats by name; `jsonl`, the run file itself, is not made from anything."""

SCHEMAS: Final = {"badge": "badge.json", "gitlab": "gitlab.json", "json": "report.json"}
"""Formats whose JSON Schema is ours; SARIF and JUnit have one of their own standard."""


def schema(format: str) -> str:
    """Return the JSON Schema of a format. Raises UsageError for one that has none of ours."""
    if format not in SCHEMAS:
        raise UsageError(f"no schema of format {format!r} here; there is of {', '.join(SCHEMAS)}")
    path = Path(__file__).parent / "schemas" / SCHEMAS[format]
    return path.read_text(encoding="utf-8")


def render(format: str, run: RunFile) -> str:
    """Return a run as a document of a format. Raises UsageError for an unknown one."""
    if format not in FORMATS:
        raise UsageError(f"no report format {format!r}; known: {', '.join(sorted(FORMATS))}")
    document: str = importlib.import_module(FORMATS[format]).render(run)
    return document


def write(format: str, run: RunFile, path: Path) -> None:
    """Write a run as a document, whole or not at all. Raises UsageError, EvidenceLost."""
    document = render(format, run)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, [document])
    except OSError as error:
        raise EvidenceLost(f"{path}: the report cannot be written: {error.strerror}") from error
