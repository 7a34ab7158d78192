"""A run as one JSON object, as `schemas/report.json` says: everything but the payloads.

Only what the schema names is in it: what a later run file has besides is not passed on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from parity import bounds
from parity.identities import identity
from parity.reports.grouping import Cause, by_cause, explained
from parity.reports.outcome import below, differing, is_sample, outcome
from parity.reports.reproducing import UNNAMED
from parity.runfile import MARK, ROW, SHAPES, RunFile
from parity.shapes import misshapen

SCHEMA_VERSION: Final = 1
"""Of the document; it changes where a key goes or comes to mean something else."""
OF_PART: Final = ("shard??", "unnarrowed??", "since??", "lock??")
HEADER: Final = {
    "schema": int, "tool": str, "plan": str, "command": [str], "not_compared": [str],
    "started": str, "python": str, "platform": str, "unicode": str, "byteorder": str,
    "corpora": {"*": {"cases": int, "sha256": str}},
    **{key.rstrip("?"): SHAPES["header"][key] for key in OF_PART},
}  # fmt: skip
"""What is passed on of a header, where it has this shape."""
COUNTED: Final = {key: shape for key, shape in ROW.items() if not key.endswith("?")}
"""What is passed on of a row of counts."""
FIRST: Final = 20
"""Names of divergences that a cause lists."""
SUMS: Final = ("stopped", "verdict", "exit", "whole", "stale_entries")
CASE: Final = {"id": str, "kind": str, "payload": object, "options": object, "tags": [str]}
SEEN: Final = {
    "signature": str, "value": object, "left_out": bool, "failure": {"kind": str, "message": str},
}  # fmt: skip


def render(run: RunFile) -> str:
    """Return the document, indented, ASCII."""
    return json.dumps(document(run), indent=2, ensure_ascii=True) + "\n"


def document(run: RunFile) -> dict[str, Any]:
    """Return the document as plain data."""
    found = outcome(run)
    return {
        "schema_version": SCHEMA_VERSION,
        "reproducible": run.header.get("reproducible") is True,
        "run_file": None if run.path == UNNAMED else str(run.path),
        "verdict": found.verdict,
        "exit": found.exit,
        "whole": run.whole,
        "bound": _bound(found.differ, found.compared),
        "problems": [problem._asdict() for problem in found.problems],
        "header": _known(run.header, HEADER),
        "pairs": [_pair(pair) for pair in run.pairs],
        "footer": _footer(run.footer),
        "causes": [_cause(cause) for cause in by_cause(run.divergences)],
        "divergences": [_divergence(row) for row in run.divergences],
    }


def _known(found: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is there of the keys of a shape, as far as it has that shape."""
    there = {key: found[key] for key in shape if found.get(key) is not None}
    return {
        key: _only(item, shape[key])
        for key, item in there.items()
        if not any(misshapen(item, shape[key], key))
    }


def _only(found: Any, shape: Any) -> Any:
    """Return plain data without keys that its shape does not name."""
    if isinstance(shape, Mapping) and isinstance(found, dict):
        if "*" in shape:
            return {key: _only(item, shape["*"]) for key, item in found.items()}
        keys = {key.rstrip("?"): one for key, one in shape.items()}
        there = {key for key in keys if key in found and (key in shape or found[key] is not None)}
        return {key: _only(found[key], one) for key, one in keys.items() if key in there}
    return found


def _bound(differ: int, compared: int, *, sample: bool = True) -> dict[str, Any]:
    share = below(differ, compared) if sample else ""
    sane = 0 <= differ <= compared
    counted = f"{differ:,} of {compared:,} differ"
    return {
        "differ": differ,
        "compared": compared,
        "confidence": bounds.CONFIDENCE,
        "below": float(share) if share else None,
        "words": bounds.told(differ, compared) if sane and sample else counted,
    }


def _pair(pair: Mapping[str, Any]) -> dict[str, Any]:
    """Return both fingerprints, and what names of targets led to."""
    sides = {side: _only(pair[side], MARK) for side in ("reference", "candidate")}
    return {"name": pair["name"], **sides, **_known(pair, {"named": bool, "resolved": {"*": str}})}


def _footer(footer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the footer; {} where there is none."""
    if not footer:
        return {}
    shape = SHAPES["footer"]
    return {
        **{key: footer[key] for key in SUMS},
        "expired_entries": footer.get("expired_entries") or {},
        **_known(footer, {"ledger": shape["ledger??"]}),
        "canaries": _only(footer["canaries"], shape["canaries"]),
        "limits": _only(footer["limits"], shape["limits"]),
        "pairs": [_counts(pair) for pair in footer["pairs"]],
    }


def _counts(pair: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: pair[key] for key in ("name", "problem", "refused", "exit", "untaken")}
    return {
        **kept,
        "coverage": pair.get("coverage") or {},
        "bound": _bound(*differing(pair["rows"])),
        "rows": [
            {**_only(row, COUNTED), "bound": _bound(*differing([row]), sample=is_sample(row))}
            for row in pair["rows"]
        ],
    }


def _cause(cause: Cause) -> dict[str, Any]:
    first = cause.rows[0]
    return {
        "pair": cause.pair,
        "cause": cause.name,
        "about": explained(cause.name),
        "count": len(cause.rows),
        "checks": cause.checks,
        "identities": [identity(row) for row in cause.rows[:FIRST]],
        "smallest": _minimal(first),
    }


def _divergence(row: Mapping[str, Any]) -> dict[str, Any]:
    difference, place = row["difference"], row.get("place")
    shape = {"kind": str, "path": [object], "lengths": object,
             "reference": object, "candidate": object}  # fmt: skip
    return {
        "identity": identity(row),
        **{key: row[key] for key in ("pair", "check", "judged", "verdict", "note")},
        "case": row["case"]["id"],
        "difference": _only(difference, shape) if difference else None,
        "cause": row.get("cause"),
        "where": row.get("where"),
        "place": place and {"corpus": place["corpus"], "file": place.get("file"),
                            "line": place["line"]},
        "minimal": _minimal(row),
    }  # fmt: skip


def _minimal(row: Mapping[str, Any]) -> dict[str, Any] | None:
    minimal = row.get("minimal")
    if not minimal:
        return None
    return {
        "case": _known(minimal["case"], CASE),
        "batch": [_known(case, CASE) for case in minimal["batch"]],
        "reference": _only(minimal["reference"], SEEN),
        "candidate": _only(minimal["candidate"], SEEN),
        "tries": minimal["tries"],
        "proven": minimal["proven"],
    }
