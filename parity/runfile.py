"""Run files: what a run saw, as JSON lines, so that every report can be made again from it.

    header      schema, tool, command, platform, corpora with digest
    pair        one a pair, when it starts: both fingerprints; what names of targets led to
    divergence  one a comparison that is not the same, up to `PAYLOADS` a pair, check and side;
                with its cause, and the smallest case of it, where they were looked for
    footer      counts per check and side, canaries, problems, verdict, exit code

Counters are never capped; what is left out of the file is counted in the footer. A file without
a footer, or whose footer says that it is not whole, proves nothing. The file is written beside its
place and renamed into it, also when a run is interrupted. A line that lacks what a report reads is
damage, told with its place; keys that nobody knows yet are passed over.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import jsonl, payloads
from parity.compare import Comparison, Verdict
from parity.errors import EvidenceLost
from parity.files import beside_its_place, real, write
from parity.shapes import misshapen
from parity.signature import sign
from parity.types import AS_JSON, Case, Observation

SCHEMA: Final = 5
PAYLOADS: Final = 1000
"""Divergences that are written in full, for each pair, check and side."""
REPORTED: Final = 50
"""The same of what only informs."""
VALUE_LIMIT: Final = 65_536
"""Characters of JSON beyond which an observed value is left out; its signature never is."""
MOST: Final = 1 << 53
"""A count beyond this is none: floats, in which shares are told, have no more whole numbers."""
WINDOW: Final = 4
"""Ids that are shown on each side of the first one that differs."""

TEXTS: Final = {"*": str}
COUNTS: Final = {"*": int}
MARK: Final = {
    "spec": str, "native": str, "file": str, "file_sha256": str,
    "artefacts": TEXTS, "packages": TEXTS, "facts": TEXTS,
}  # fmt: skip
CASE: Final = {"id": str, "kind": str, "payload": object, "options": {"*": object}}
SEEN: Final = {"signature": str}
PIECES: Final = [(int, str | None)]
ROW: Final = {
    "check": str, "judged": str, "compared": int, **{verdict.value: int for verdict in Verdict},
    "failed_alike": int, "unsupported_because": COUNTS, "incomparable_because": COUNTS,
    "seconds": {"*": int | float}, "digests": TEXTS,
    "groups??": [(str, str, str, int)], "refused??": [(str, str, str, str, int)],
}  # fmt: skip
SHAPES: Final[Mapping[str, Any]] = {
    "header": {
        "schema": int, "tool": str, "plan": str,
        "shard??": (int, int), "unnarrowed??": bool,
        "since??": {"rev": str, "commit": str, "because??": str, "cases??": int},
        "lock??": TEXTS,
    },
    "pair": {"name": str, "reference": MARK, "candidate": MARK, "named??": bool},
    "divergence": {
        "pair": str, "check": str, "judged": str, "verdict": str, "note": str,
        "case": CASE,
        "difference?": {"kind": str, "path": [int | str], "lengths?": (int, int)},
        "reference": SEEN, "candidate": SEEN,
        "window?": {"start": int, "reference": PIECES, "candidate": PIECES},
        "cause?": str, "where?": str,
        "place??": {"corpus": str, "file??": str, "line": int},
        "minimal?": {
            "case": CASE, "batch": [CASE], "reference": SEEN, "candidate": SEEN,
            "tries": int, "proven": bool,
        },
    },
    "footer": {
        "whole": bool, "stopped": str, "verdict": str, "exit": int, "stale_entries": [str],
        "canaries": {"planted": int, "survived": [str]},
        "pairs": [{
            "name": str, "problem": str, "refused": bool, "exit": int, "untaken": COUNTS,
            "stopped??": bool, "coverage??": {"*": (int, int)}, "rows": [ROW],
        }],
        "expired_entries??": TEXTS,
        "ledger??": {"in_force": [str], "selected": [str]},
        "limits": {
            "payloads": int, "reported_payloads": int, "written": int, "left_out": int,
            "value_limit": int,
        },
    },
}  # fmt: skip
"""What each type of line must have (see `shapes`), down to what the reports read."""


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
        return self.footer.get("whole") is True


class Writer:
    """Writes a run file beside its place; `finish` puts it there.

    path: as the user gave it.
    place: where that is, absolute and behind links, whatever becomes of the working directory.
    here: the working directory as it was, from which places of cases are told.
    finished: whether the file is there.
    unfinished: returns the footer of a run that ends while what differs is examined, if anybody
        has one.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path, self.place, self.here = path, real(path), Path.cwd()
        self.finished = False
        self.unfinished: Callable[[], Mapping[str, Any]] | None = None
        self.written: dict[tuple[str, str, str], int] = {}
        self.capped = 0
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            self._beside = beside_its_place(self.place)
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

    def admits(self, pair: str, found: Comparison) -> bool:
        """Count a comparison; say whether it is to be written, or enough of its kind are."""
        key = pair, found.check, found.judged
        self.written[key] = self.written.get(key, 0) + 1
        limit = REPORTED if found.verdict is Verdict.REPORTED else PAYLOADS
        within = self.written[key] <= limit
        self.capped += not within
        return within

    def divergence(self, pair: str, found: Comparison, tokens: Mapping[int, str]) -> None:
        """Write one comparison, or count it where enough of its kind are written."""
        if self.admits(pair, found):
            self.admitted(pair, found, tokens)

    def admitted(
        self,
        pair: str,
        found: Comparison,
        tokens: Mapping[int, str],
        examined: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one comparison that was admitted, and what is known of it."""
        self.line(divergence_line(pair, found, tokens, examined))

    def finish(self, footer: Mapping[str, Any]) -> None:
        """Write the footer and put the file in its place; nothing is left if that is stopped."""
        try:
            self.line({"type": "footer", **footer, "limits": self._limits()})
            with self._keeping_evidence():
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._beside.replace(self.place)
            self.finished = True
        except BaseException:
            self.abandon()
            raise

    def checkpoint(self, divergences: Iterable[Mapping[str, Any]]) -> None:
        """Put what is known until now in its place, too; `finish` or the next one replaces it.

        divergences: those that were admitted and are not written yet.
        """
        if self.unfinished is None:
            return
        more = [*divergences, {"type": "footer", **self.unfinished(), "limits": self._limits()}]
        with self._keeping_evidence():
            self._file.flush()
            lines = [jsonl.dump(row) + "\n" for row in more]
            write(self.place, [self._beside.read_text(encoding="ascii"), *lines])

    def _limits(self) -> dict[str, int]:
        return {
            "payloads": PAYLOADS,
            "reported_payloads": REPORTED,
            "written": sum(self.written.values()) - self.capped,
            "left_out": self.capped,
            "value_limit": VALUE_LIMIT,
        }

    def abandon(self) -> None:
        """Remove what was written, where a run ends without anything to say."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._beside.unlink()

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


def divergence_line(
    pair: str,
    found: Comparison,
    tokens: Mapping[int, str],
    examined: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the line of a divergence, with what is known of it."""
    about = examined or {}
    return {"type": "divergence", "pair": pair, **record(found, tokens), **about}


def record(found: Comparison, tokens: Mapping[int, str]) -> dict[str, Any]:
    """Return a comparison as plain data; ids around the first difference get their pieces."""
    difference = found.difference
    return {
        "check": found.check,
        "judged": found.judged,
        "verdict": found.verdict.value,
        "note": found.note,
        "case": as_case(found.case),
        "difference": difference and {**difference._asdict(), **_plain_sides(difference)},
        "reference": as_seen(found.check, found.reference),
        "candidate": as_seen(found.check, found.candidate),
        "window": _window(found, tokens),
        "cause": None,
        "where": None,
        "minimal": None,
    }


def read(path: Path) -> RunFile:
    """Read a run file. Raises EvidenceLost for one that is cut, damaged or of another schema."""
    run = RunFile(path, {}, [], [], {})
    try:
        for number, line in jsonl.lines(path):
            fields = _fields(path, number, line)
            if run.footer:
                raise EvidenceLost(f"{path}:{number}: a line after the footer; the file is damaged")
            _check(fields, run, f"{path}:{number}")
            if number == 1:
                run.header.update(fields)
            elif fields["type"] == "pair":
                run.pairs.append(fields)
            elif fields["type"] == "divergence":
                run.divergences.append(fields)
            else:
                run.footer.update(fields)
    except OSError as error:
        raise EvidenceLost(f"{path}: cannot be read: {error.strerror}") from error
    if not run.header:
        raise EvidenceLost(f"{path}: is empty; a run file starts with a header")
    return run


def _fields(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        fields = jsonl.parse(line)
    except jsonl.BadLine as error:
        raise EvidenceLost(f"{path}:{number}: {error}; the run file is cut or damaged") from error
    if not isinstance(fields, dict) or "type" not in fields:
        raise EvidenceLost(f"{path}:{number}: this is no line of a run file")
    return fields


def _check(fields: Mapping[str, Any], run: RunFile, place: str) -> None:
    """Raise EvidenceLost, with its place, for a line that cannot stand after those of `run`."""
    kind = fields["type"]
    if not run.header and kind != "header":
        raise EvidenceLost(f"{place}: a run file starts with a header")
    if not isinstance(kind, str) or kind not in SHAPES or (run.header and kind == "header"):
        raise EvidenceLost(f"{place}: no run file has lines of type {kind!a} here")
    if kind == "header" and fields.get("schema") != SCHEMA:
        schema = fields.get("schema")
        raise EvidenceLost(f"{place}: the schema is {schema!a}, this version reads {SCHEMA}")
    wrong = next(misshapen(fields, SHAPES[kind], kind), "")
    if kind == "divergence":
        wrong = wrong or _incoherent(fields)
    elif kind == "footer":
        wrong = wrong or _incomplete(fields, run)
    if wrong:
        raise EvidenceLost(f"{place}: {wrong}; the run file is damaged")


def _incoherent(divergence: Mapping[str, Any]) -> str:
    """Say what the parts of a divergence, each in its shape, do not make together."""
    minimal = divergence.get("minimal") or {"batch": []}
    for case in (divergence["case"], *filter(None, [minimal.get("case")]), *minimal["batch"]):
        if case["kind"] in AS_JSON and (wrong := payloads.wrong(case["kind"], case["payload"])):
            return wrong
        try:
            jsonl.unplain(None if case["kind"] in AS_JSON else case["payload"])
        except (ValueError, RecursionError) as error:
            return f"the payload cannot be read: {error}"
    path = (divergence["difference"] or {}).get("path")
    if divergence["window"] and not (path and type(path[0]) is int):
        return "it has a window of ids and no place in it"
    sides = [one[side] for one in (divergence, minimal) for side in ("reference", "candidate")
             if side in one]  # fmt: skip
    failures = [side["failure"] for side in sides if "failure" in side]
    return next(misshapen(failures, [{"kind": str, "message": str}], "failures"), "")


def _incomplete(footer: Mapping[str, Any], run: RunFile) -> str:
    """Say what a footer does not account for."""
    written, there = footer["limits"]["written"], len(run.divergences)
    if written != there:
        return f"{written} divergences were written and {there} are there"
    counts = [(row["check"], row[name]) for pair in footer["pairs"] for row in pair["rows"]
              for name in ("compared", *(verdict.value for verdict in Verdict))]  # fmt: skip
    if above := [check for check, count in counts if count > MOST]:
        return f"a count of {above[0]!a} is more than any run has"
    if below := [check for check, count in counts if count < 0]:
        return f"a count of {below[0]!a} is below zero"
    names = {pair["name"] for pair in footer["pairs"]}
    lost = [pair["name"] for pair in run.pairs if pair["name"] not in names]
    return f"nothing is said of the pair {lost[0]!a}" if lost else ""


def as_case(case: Case) -> dict[str, Any]:
    """Return a case as plain data."""
    return {
        "id": case.id,
        "kind": case.kind,
        "payload": case.payload if case.kind in AS_JSON else jsonl.plain(case.payload),
        "options": dict(case.options),
        "tags": list(case.tags),
    }


def _plain_sides(difference: Any) -> dict[str, Any]:
    return {
        "reference": jsonl.plain(difference.reference),
        "candidate": jsonl.plain(difference.candidate),
        "path": list(difference.path),
    }


def as_seen(check: str, seen: Observation) -> dict[str, Any]:
    """Return an observation as plain data; a value that is too large is left out."""
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
