"""What is the same on every run of the same thing: a run without its times, paths and machine.

Taken out: when it started, the command line, the seconds, the platform, the run file's name. Of
absolute paths in specs, facts and messages the last part is left, of addresses in memory nothing.
Kept: versions of Python and Unicode, byte order, digests, and everything that was compared. They
are evidence: where they differ, another thing was run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from parity.runfile import RunFile

UNNAMED: Final = Path()
"""The path of a run whose file is not told."""
BECAUSE: Final = ("unsupported_because", "incomparable_because")
OF_ITS_TIME: Final = frozenset({"started", "command", "platform"})
_QUOTED: Final = re.compile(r"""(["'])/[^"'\n]*/([^"'/\n]*)\1""")
_PATH: Final = re.compile(r"(?<![\w/.~…-])/(?:[^/\s'\",;|]+/)+(?=[^/\s'\",;|])")
_ADDRESS: Final = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def reproducible(run: RunFile) -> RunFile:
    """Return a run with what two runs of the same thing have in common."""
    header = {key: _plain(found) for key, found in run.header.items() if key not in OF_ITS_TIME}
    footer = {key: found if key == "pairs" else _plain(found) for key, found in run.footer.items()}
    if "pairs" in footer:
        footer["pairs"] = [_counts(pair) for pair in footer["pairs"]]
    return RunFile(
        UNNAMED,
        {**header, "reproducible": True},
        [_plain(pair) for pair in run.pairs],
        [_divergence(row) for row in run.divergences],
        footer,
    )


def without_machine(text: str) -> str:
    """Return a text without what is this machine's: folders of paths, addresses in memory.

    >>> without_machine("hf:/home/me/models/qwen is not at 0x7f31aa00, see https://a.b/c/d")
    'hf:…/qwen is not at 0x…, see https://a.b/c/d'
    """
    text = _QUOTED.sub(r"\1…/\2\1", text)
    return _ADDRESS.sub("0x…", _PATH.sub("…/", text))


def _plain(found: Any) -> Any:
    """Return plain data with every text and key in it without the machine."""
    if isinstance(found, str):
        return without_machine(found)
    if isinstance(found, list):
        return [_plain(item) for item in found]
    if isinstance(found, Mapping):
        return {without_machine(key): _plain(item) for key, item in found.items()}
    return found


def _counts(pair: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pair of a footer; reasons that are one without the machine are counted together."""
    rows = []
    for row in pair["rows"]:
        reasons = {key: _reasons(row[key]) for key in BECAUSE}
        rows.append({**row, "seconds": dict.fromkeys(row["seconds"], 0), **reasons})
    return {**pair, "problem": without_machine(pair["problem"]), "rows": rows}


def _reasons(found: Mapping[str, int]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for reason, count in found.items():
        counted[without_machine(reason)] += count
    return dict(counted)


def _divergence(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a divergence; what was asked and answered stays as it is."""
    found = {**row, "note": without_machine(row["note"]), "where": _plain(row.get("where"))}
    for side in ("reference", "candidate"):
        found[side] = _side(row[side])
    if minimal := row.get("minimal"):
        sides = {side: _side(minimal[side]) for side in ("reference", "candidate")}
        found["minimal"] = {**minimal, **sides}
    return found


def _side(seen: Mapping[str, Any]) -> dict[str, Any]:
    if "failure" not in seen:
        return dict(seen)
    failure = seen["failure"]
    message = without_machine(failure["message"])
    return {**seen, "failure": {**failure, "message": message}}
