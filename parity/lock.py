"""The lock of a run: what two run files must have in common to be parts of one run.

A row of words for each thing: the version of tokparity, the Unicode tables, the plan as the flags
made it, what was selected, the ledger, each pair's corpora. When and where a run ran is not in it.
A folder that is given absolutely counts by its name alone: two machines have their checkouts in
different places, and what is in it is known by the fingerprints of the sides.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from parity import jsonl
from parity.corpus import Survey
from parity.parts import EVERYTHING, Part
from parity.plan import Pair, Plan

_ABSOLUTE: Final = re.compile(r"(?<![^:=,\s'\"])/(?!/)[^:=,\s'\"]*")
"""A path that starts at the root, in a spec: after its kind, a `=`, a space; nothing of a URL."""


def of(plan: Plan, surveys: Mapping[str, Survey], part: Part = EVERYTHING) -> dict[str, str]:
    """Return the lock of a run of a plan, as words by name; which shard it is is not in it."""
    return {
        "tool": f"tokparity {version('tokparity')}",
        "unicode": unicodedata.unidata_version,
        "plan": hashlib.sha256(jsonl.dump([*map(as_data, plan.pairs)]).encode()).hexdigest(),
        "select": part.selected,
        "since": part.since.locked() if part.since else "",
        "ledger": _digest(plan.ledger),
        **{f"corpora:{name}": found.digest for name, found in surveys.items()},
    }


def as_data(pair: Pair) -> dict[str, Any]:
    """Return what decides what is compared of a pair, as plain data, in one order."""
    return {
        "name": pair.name,
        "reference": anywhere(pair.reference),
        "candidate": anywhere(pair.candidate),
        "checks": list(pair.checks),
        "named": pair.named,
        "corpora": [anywhere(pattern) for pattern in pair.corpora],
        "specials": pair.specials,
        "select": pair.select,
        "golden": list(pair.golden),
        "self_check": pair.self_check,
    }


def anywhere(text: str) -> str:
    """Return a spec or pattern without what differs between two machines.

    >>> anywhere("hf:/home/ann/work/models/qwen,revision=main")
    'hf:qwen,revision=main'
    """
    return _ABSOLUTE.sub(lambda found: Path(found[0]).name, text)


def _digest(path: Path) -> str:
    """Return SHA-256 of a file's bytes, or "" where there is none that can be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:  # whoever needs it says so
        return ""


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what two locks do not have in common: its name, and what each says of it."""
    names = dict.fromkeys([*one, *other])
    said = [(name, one.get(name, "nothing"), other.get(name, "nothing")) for name in names]
    return [row for row in said if row[1] != row[2]]
