"""What differs, in lines for people: the first place, both tokens, margins, shift and budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parity.decoded import telling
from parity.decoded.running import Cell
from parity.decoded.sides import Side
from parity.decoding.budgets import Budget
from parity.decoding.findings import Finding
from parity.reports.visible import value, visible

SHOWN: Final = 10
"""Findings that are shown of a candidate; all of them are in the reports."""


def differing(
    cell: Cell, reference: Side, budget: Budget | None, shown: int = SHOWN
) -> Iterator[str]:
    """Yield what differs in a cell, a few lines a prompt."""
    found = [finding for finding in cell.findings if finding.kind != "SAME"]
    for finding in found[:shown]:
        yield f"{cell.name}  {finding.prompt}  {finding.kind}: {telling.why(finding)}"
        yield from (f"  {line}" for line in _place(finding, cell, reference, budget))
    if len(found) > shown:
        yield f"{cell.name}: {len(found) - shown} more differ; a report shows all"


def _place(finding: Finding, cell: Cell, reference: Side, budget: Budget | None) -> Iterator[str]:
    """Yield the first place that differs, and the levels that do."""
    if finding.step is not None and cell.side:
        for name, side in (("reference", reference), ("candidate", cell.side)):
            yield f"{name}: {_token(side, finding.prompt, finding.step)}"
    for name, level in finding.levels.items():
        if level.outcome not in ("differs", "beyond") or name in ("ids", "rows"):
            continue
        at = "" if level.place is None else f" at {level.place}"
        both = f": {value(level.reference)} and {value(level.candidate)}"
        told = f"{telling.LEVEL_NAMES[name]} {level.outcome}{at}{both * (name != 'shifts')}"
        yield f"{told}; {level.note}" if level.note else told
    yield telling.numbers(finding, budget)


def _token(side: Side, prompt: str, step: int) -> str:
    """Return the token of a step, its id and its margin."""
    outcome = side.outcomes[prompt]
    made = outcome.generation
    if made is None or not made.ids or step >= len(made.ids):
        return f"nothing at {step}: it ended"
    text = side.pieces.get(made.ids[step])
    margin = made.steps[step].margin if made.steps else None
    told = "" if margin is None else f", margin {margin:.3g} nats"
    return f"id {made.ids[step]} {visible(text) if text else ''} at {step}{told}"
