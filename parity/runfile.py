"""Run files: what a run saw, as JSON lines, so that every report can be made again from it.

    header      schema, tool, command, platform, corpora with digest
    pair        one a pair, when it starts: both fingerprints
    divergence  one a comparison that is not the same, up to `PAYLOADS` a pair, check and side
    footer      counts per check and side, canaries, problems, verdict, exit code

Counters are never capped; what is left out of the file is counted in the footer. A file without
a footer, or whose footer says that it is not whole, proves nothing. The file is written beside its
place and renamed into it, also when a run is interrupted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import jsonl
from parity.compare import Comparison
from parity.errors import EvidenceLost
from parity.files import beside_its_place
from parity.signature import sign
from parity.types import Case, Observation

SCHEMA: Final = 1
PAYLOADS: Final = 1000
"""Divergences that are written in full, for each pair, check and side."""
VALUE_LIMIT: Final = 65_536
"""Characters of JSON beyond which an observed value is left out; its signature never is."""
WINDOW: Final = 4
"""Ids that are shown on each side of the first one that differs."""


class RunFile(NamedTuple):
    """A run file, read again. `footer` is {} where there is none."""

    path: Path
    header: dict[str, Any]
    pairs: list[dict[str, Any]]
    divergences: list[dict[str, Any]]
    footer: dict[str, Any]

    @property
    def whole(self) -> bool:
        """Whether the run reached its end and kept its evidence."""
        return bool(self.footer.get("whole"))


class Writer:
    """Writes a run file beside its place; `finish` puts it there."""

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path = path
        self.written: dict[tuple[str, str, str], int] = {}
        self.capped = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._beside = beside_its_place(path)
            self._file = self._beside.open("x", encoding="ascii", newline="\n")
        except OSError as error:
            raise EvidenceLost(
                f"{path}: no run file can be written there: {error.strerror}; "
                "name another place with --output jsonl=PATH"
            ) from error
        self.line({"type": "header", "schema": SCHEMA, **header})

    def line(self, record: Mapping[str, Any]) -> None:
        """Write one record. Raises EvidenceLost if the disk does not take it."""
        with self._keeping_evidence():
            self._file.write(jsonl.dump(record) + "\n")

    def divergence(self, pair: str, found: Comparison, tokens: Mapping[int, str]) -> None:
        """Write one comparison, or count it where enough of its kind are written."""
        key = pair, found.check, found.judged
        self.written[key] = self.written.get(key, 0) + 1
        if self.written[key] > PAYLOADS:
            self.capped += 1
        else:
            self.line({"type": "divergence", "pair": pair, **record(found, tokens)})

    def finish(self, footer: Mapping[str, Any]) -> None:
        """Write the footer and put the file in its place."""
        limits = {
            "payloads": PAYLOADS,
            "written": sum(self.written.values()) - self.capped,
            "left_out": self.capped,
            "value_limit": VALUE_LIMIT,
        }
        self.line({"type": "footer", **footer, "limits": limits})
        with self._keeping_evidence():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._beside.replace(self.path)

    def abandon(self) -> None:
        """Remove what was written, where a run ends without anything to say."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._beside.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _keeping_evidence(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.abandon()
            raise EvidenceLost(
                f"{self.path}: the run file cannot be written: {error.strerror}; "
                "what was compared is lost, so nothing is proved"
            ) from error


def record(found: Comparison, tokens: Mapping[int, str]) -> dict[str, Any]:
    """Return a comparison as plain data; ids around the first difference get their pieces."""
    difference = found.difference
    return {
        "check": found.check,
        "judged": found.judged,
        "verdict": found.verdict.value,
        "note": found.note,
        "case": _case(found.case),
        "difference": difference and {**difference._asdict(), **_plain_sides(difference)},
        "reference": _seen(found.check, found.reference),
        "candidate": _seen(found.check, found.candidate),
        "window": _window(found, tokens),
    }


def read(path: Path) -> RunFile:
    """Read a run file. Raises EvidenceLost for one that is cut, damaged or of another schema."""
    header: dict[str, Any] = {}
    pairs: list[dict[str, Any]] = []
    divergences: list[dict[str, Any]] = []
    footer: dict[str, Any] = {}
    try:
        for number, line in jsonl.lines(path):
            fields = _fields(path, number, line)
            if number == 1:
                header = _checked_header(path, fields)
            elif footer:
                raise EvidenceLost(f"{path}:{number}: a line after the footer; the file is damaged")
            elif fields["type"] == "pair":
                pairs.append(fields)
            elif fields["type"] == "divergence":
                divergences.append(fields)
            else:
                footer = _checked_footer(path, number, fields, len(divergences))
    except OSError as error:
        raise EvidenceLost(f"{path}: cannot be read: {error.strerror}") from error
    if not header:
        raise EvidenceLost(f"{path}: is empty; a run file starts with a header")
    return RunFile(path, header, pairs, divergences, footer)


def _fields(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        fields = jsonl.parse(line)
    except jsonl.BadLine as error:
        raise EvidenceLost(f"{path}:{number}: {error}; the run file is cut or damaged") from error
    if not isinstance(fields, dict) or "type" not in fields:
        raise EvidenceLost(f"{path}:{number}: this is no line of a run file")
    return fields


def _checked_header(path: Path, fields: dict[str, Any]) -> dict[str, Any]:
    if fields["type"] != "header":
        raise EvidenceLost(f"{path}:1: a run file starts with a header")
    if fields.get("schema") != SCHEMA:
        raise EvidenceLost(
            f"{path}:1: the schema is {fields.get('schema')!r}, this version reads {SCHEMA}"
        )
    return fields


def _checked_footer(
    path: Path, number: int, fields: dict[str, Any], divergences: int
) -> dict[str, Any]:
    if fields["type"] != "footer":
        raise EvidenceLost(f"{path}:{number}: no run file has lines of type {fields['type']!r}")
    written = fields.get("limits", {}).get("written")
    if written != divergences:
        raise EvidenceLost(
            f"{path}:{number}: {written} divergences were written and {divergences} are there; "
            "the run file is damaged"
        )
    return fields


def _case(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "kind": case.kind,
        "payload": jsonl.plain(case.payload) if case.kind != "messages" else case.payload,
        "options": dict(case.options),
        "tags": list(case.tags),
    }


def _plain_sides(difference: Any) -> dict[str, Any]:
    return {
        "reference": jsonl.plain(difference.reference),
        "candidate": jsonl.plain(difference.candidate),
        "path": list(difference.path),
    }


def _seen(check: str, seen: Observation) -> dict[str, Any]:
    signature = sign(check, seen)
    if seen.failure is not None:
        failure = {"kind": seen.failure.kind, "message": seen.failure.message}
        return {"failure": failure, "signature": signature}
    value = jsonl.plain(seen.value)
    if len(jsonl.dump(value)) > VALUE_LIMIT:
        return {"left_out": True, "signature": signature}
    return {"value": value, "signature": signature}


def _window(found: Comparison, tokens: Mapping[int, str]) -> dict[str, Any] | None:
    """Return the ids around the first difference, with their pieces."""
    difference = found.difference
    sides = found.reference.value, found.candidate.value
    ids_differ = (
        difference is not None
        and len(difference.path) == 1
        and all(type(side) is list for side in sides)
        and all(type(id) is int for side in sides for id in side)
    )
    if not ids_differ or difference is None or not isinstance(difference.path[0], int):
        return None
    start = max(0, difference.path[0] - WINDOW)
    end = difference.path[0] + WINDOW + 1
    named = [[[id, tokens.get(id)] for id in side[start:end]] for side in sides]
    return {"start": start, "reference": named[0], "candidate": named[1]}
