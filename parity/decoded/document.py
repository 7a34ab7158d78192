"""A run as JSON: everything that the page and a program need.

What differs from run to run without a difference in what was found is in `manifest` and `used`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from parity import files
from parity.decoded import manifest, telling
from parity.decoded.running import Cell, Run
from parity.decoded.sides import Side
from parity.decoding import levels
from parity.decoding.findings import Finding
from parity.decoding.records import Outcome, Prompt
from parity.errors import Inconclusive

SCHEMA: Final = 1


def as_data(run: Run, made: Mapping[str, Any], command: str) -> dict[str, Any]:
    """Return the document. `made` is `manifest.manifest`."""
    budget = run.noise.budget
    return {
        "report": "decode",
        "schema": SCHEMA,
        "command": command,
        "profile": run.asked.wanted.profile,
        "verdict": telling.verdict(run),
        "exit": telling.code(run),
        "where": telling.where(run),
        "problems": list(telling.problems(run)),
        "budget": budget and {**budget._asdict(), "key": budget.key._asdict()},
        "noise": run.noise.said,
        "repeats": run.repeats and _repeats(run),
        "reference": {**manifest.side(run.reference), "signature": signature(run.reference)},
        "cells": [_cell(cell) for cell in run.cells],
        "prompts": {
            prompt.id: _prompt(prompt, run.reference) for prompt in run.asked.errand.prompts
        },
        "used": {
            cell.name: manifest.used(cell.side)
            for cell in (Cell("reference", "", run.reference), *run.cells)
            if cell.side
        },
        "manifest": dict(made),
    }


def text(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, for a file; what is not finite is written as a text."""
    return json.dumps(_finite(document), ensure_ascii=True, indent=1, allow_nan=False) + "\n"


def signature(side: Side) -> str:
    """Return the signature of all new ids that other parity tools compute, "" where one lacks."""
    try:
        return levels.set_signature(side.outcomes.values())
    except Inconclusive:
        return ""


def _repeats(run: Run) -> dict[str, Any] | None:
    found = run.repeats
    return found and {**found._asdict(), "table": {str(n): c for n, c in found.table.items()}}


def _cell(cell: Cell) -> dict[str, Any]:
    told: dict[str, Any] = {"name": cell.name, "spec": cell.text, "exit": cell.code}
    if cell.absent:
        kind = "skipped" if cell.skipped else "failed"
        error = cell.absent.error
        return {**told, kind: {"kind": type(error).__name__, "reason": str(error)}}
    if cell.side:
        told |= {**manifest.side(cell.side), "signature": signature(cell.side)}
    return {
        **told,
        "note": cell.note,
        "verdict": cell.verdict and cell.verdict._asdict(),
        "levels": {name: dict(sorted(c.items())) for name, c in telling.levels(cell).items()},
        "findings": [_finding(finding, cell.side) for finding in cell.findings],
    }


def _finding(finding: Finding, side: Side | None) -> dict[str, Any]:
    """Return a finding, and what the candidate said where that is not what the reference did."""
    told = {
        **finding._asdict(),
        "levels": {name: level._asdict() for name, level in finding.levels.items()},
    }
    outcome = side and side.outcomes.get(finding.prompt)
    if side is None or outcome is None or finding.kind == "SAME":
        return told
    return {**told, "candidate": _said(outcome, side)}


def _prompt(prompt: Prompt, reference: Side) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": prompt.kind, "payload": prompt.payload, "max_tokens": prompt.max_tokens,
        "stop": list(prompt.stop),
    }  # fmt: skip
    outcome = reference.outcomes.get(prompt.id)
    return {**told, "reference": outcome and _said(outcome, reference)}


def _said(outcome: Outcome, side: Side) -> dict[str, Any]:
    """Return what a side made of a prompt, with its tokens and margins, but not all it has seen."""
    told: dict[str, Any] = {
        "prompt_ids": outcome.prompt_ids,
        "signature": levels.signature(outcome),
    }
    if outcome.failure:
        return {**told, "failure": outcome.failure._asdict()}
    made = outcome.generation
    if made is None:
        return told
    steps = made.steps or ()
    return {
        **told,
        "ids": made.ids, "finish": made.finish, "text": made.text, "chunks": made.chunks,
        "counts": dict(made.counts),
        "tokens": [side.pieces.get(id) for id in made.ids or ()],
        "margins": [None if step.margin is None else round(step.margin, 6) for step in steps],
    }  # fmt: skip


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted(value)
    return value


def write(path: Path, content: str) -> None:
    """Write a report, whole or not at all. Raises Inconclusive."""
    with files.told(path, "the report is to be written there"):
        files.write(path, [content])
