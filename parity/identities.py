"""Names for divergences: the same for the same divergence on every run, made of what it is.

`D-` and eight digits name one divergence: a case, a check, the side that is judged, a pair. They
are computed from the row of a run file, so every run file that was ever written has them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from parity import jsonl
from parity.errors import NothingSelected
from parity.runfile import RunFile

DIVERGENCE: Final = "D-"
DIGITS: Final = 8
QUIET: Final = frozenset({"expected", "reported"})
"""Verdicts of rows that a run does not fail for."""

Row = Mapping[str, Any]


def identity(row: Row) -> str:
    """Return the name of a divergence of a run file.

    >>> case = {"id": "t/x-0", "kind": "text", "payload": "a", "options": {}, "tags": []}
    >>> identity({"pair": "p", "check": "ids", "judged": "both", "case": case})
    'D-0e78b009'
    """
    case = row["case"]
    content = [row["pair"], row["check"], row["judged"], *(case[key] for key in _OF_CASE)]
    digest = hashlib.sha256(jsonl.dump(content).encode()).hexdigest()
    return f"{DIVERGENCE}{digest[:DIGITS]}"


_OF_CASE: Final = ("id", "kind", "payload", "options")


def failing(run: RunFile) -> list[Row]:
    """Return the divergences that a run fails for, in its order."""
    return [row for row in run.divergences if row["verdict"] not in QUIET]


def named(run: RunFile, wanted: Sequence[str]) -> list[Row]:
    """Return the divergences with these names, or whose names or cases' ids start so.

    Raises NothingSelected for one that names nothing.
    """
    found: dict[str, Row] = {}
    for name in wanted:
        rows = [row for row in run.divergences if _is(row, name)]
        if not rows:
            raise NothingSelected(
                f"{run.path}: no divergence is called {name!a}; `tokparity report {run.path}` "
                "shows what there is"
            )
        found.update((identity(row), row) for row in rows)
    return list(found.values())


def _is(row: Row, name: str) -> bool:
    return bool(name) and (identity(row).startswith(name) or row["case"]["id"].startswith(name))
