"""`tokparity detect`: say what files and folders are, and which spec loads each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from parity.detect import KINDS, Detected, detect
from parity.errors import BadSpec
from parity.showing import line


def show(paths: Sequence[str], console: Console, *, as_json: bool) -> int:
    """Print what each path is; the exit code is 2 where one is nothing that a backend loads."""
    found = [detect(path) for path in paths]
    if as_json:
        document = [one.as_data() for one in found]
        console.out(json.dumps(document, indent=1), highlight=False)
    else:
        for one in found:
            for text in _lines(one):
                line(console, text)
    return 0 if all(one.specs for one in found) else BadSpec.exit_code


def _lines(found: Detected) -> Iterator[str]:
    yield f"{found.path}: {found.kind}, {KINDS[found.kind]}"
    yield f"  read      {found.evidence}"
    for spec in found.specs:
        yield f"  load      {spec}"
    for warning in found.warnings:
        yield f"  but       {warning}"
    if found.advice and not found.warnings:
        yield f"  do        {found.advice}"
    for kind, what in found.takes.items():
        yield f"  {kind} takes {what}"
    for one in found.files:
        yield f"    {Path(one.path).name}: {one.kind}; {one.evidence}"
