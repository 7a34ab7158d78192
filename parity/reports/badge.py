"""A run as a badge: JSON as shields.io reads it from an endpoint. Counts, never a share."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from parity.reports.outcome import Outcome, outcome
from parity.runfile import RunFile

COLOURS: Final = {
    "exact": "brightgreen", "diverged": "red", "golden or lock problem": "red",
    "inconclusive": "orange",
}  # fmt: skip
"""Colours by verdict; of the others one that is green is `green`, and one that is not orange."""


def render(run: RunFile) -> str:
    """Return the badge; `isError` keeps a page from giving it another colour."""
    found = outcome(run)
    badge = {
        "schemaVersion": 1,
        "label": "parity",
        "message": _message(found),
        "color": COLOURS.get(found.word, "green" if found.green else "orange"),
        "isError": not found.green,
    }
    return json.dumps(badge, indent=2) + "\n"


def _message(found: Outcome) -> str:
    if found.green:
        apart = [f"{found.counts[name]:,} {name}" for name in ("expected", "incomparable")
                 if found.counts[name]]  # fmt: skip
        return ", ".join([f"{found.verdict} {found.compared:,}", *apart])
    if found.exit == 1 and found.differ:
        return f"{found.differ:,} of {found.compared:,} differ"
    kinds = Counter(problem.kind for problem in found.problems)
    entries = [f"{count:,} {kind}" for kind, count in kinds.items() if kind.endswith(" entry")]
    return ", ".join(entries) if found.exit == 1 and entries else found.word
