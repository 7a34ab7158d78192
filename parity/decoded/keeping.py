"""The outcomes of a side in a file, line by line: what is finished is kept, whatever happens.

    {"decode": 1, "key": {...}, "side": {...}}      header: what it is of, and what it was made by
    {"prompt": "short/seed-1", ...}                 an outcome each, as soon as it is there
    {"whole": true, "outcomes": 12}                 footer, once all of them are there

A file without a footer is of a run that was stopped; its last line may be cut off and is not read.
A run goes on only from a file of the same key: the same spec, engine, prompts and tops.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from parity import files, jsonl
from parity.decoding.records import Outcome, as_data, from_data
from parity.errors import EvidenceLost, UsageError

SCHEMA: Final = 1
NEEDED: Final = "the outcomes of a run are kept there"


class Kept(NamedTuple):
    """What a file holds: its key, its outcomes by prompt, and whether it has its footer."""

    key: Mapping[str, Any]
    outcomes: dict[str, Outcome]
    whole: bool


class Record:
    """A file that is written to while an engine works. Raises EvidenceLost where it cannot be."""

    def __init__(self, path: Path, header: Mapping[str, Any], taken: Mapping[str, Outcome]) -> None:
        self.path = path
        with files.told(path, NEEDED):
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [{"decode": SCHEMA, **header}, *map(as_data, taken.values())]
            files.write(path, [f"{jsonl.dump(row)}\n" for row in rows])  # whole, or as it was
            self.file: IO[bytes] = path.open("ab")
        self.count = len(taken)

    def keep(self, outcome: Outcome) -> None:
        """Write an outcome; it is in the file when this returns."""
        self._write(as_data(outcome))
        self.count += 1

    def finish(self) -> None:
        """Write the footer: the outcomes are all there."""
        self._write({"whole": True, "outcomes": self.count})
        with files.told(self.path, NEEDED):
            os.fsync(self.file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    def _write(self, row: Mapping[str, Any]) -> None:
        try:
            self.file.write(jsonl.dump(row).encode() + b"\n")
            self.file.flush()
        except OSError as error:
            raise EvidenceLost(f"{self.path}: {error.strerror}; {NEEDED}") from error


def taken_over(path: Path, key: Mapping[str, Any]) -> Kept:
    """Return what can be taken over from a file. Nothing where there is none.

    Raises UsageError where the file is of something else, with what differs.
    """
    if not path.is_file():
        return nothing(key)
    found = read(path)
    changed = list(_changed(found.key, key))
    if changed:
        raise UsageError(
            f"{path}: this is not the run that was stopped: {'; '.join(changed)}; "
            "start anew without --resume"
        )
    return found


def nothing(key: Mapping[str, Any]) -> Kept:
    """Return what a run goes on from that begins."""
    return Kept(key, {}, whole=False)


def read(path: Path) -> Kept:
    """Return what a file holds. Raises UsageError where it is no such file."""
    try:
        rows = list(_rows(path))
        header = rows[0]
        if header["decode"] != SCHEMA:
            raise UsageError(f"{path}: a record of schema {SCHEMA} is wanted; start anew")
        whole = rows[-1].get("whole") is True
        outcomes = [from_data(row) for row in rows[1 : len(rows) - whole]]
        wrong = whole and rows[-1]["outcomes"] != len(outcomes)
    except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise UsageError(f"{path} cannot be read as outcomes: {reason}; start anew") from error
    if wrong:
        raise UsageError(f"{path}: its footer counts other outcomes than it holds; start anew")
    return Kept(header["key"], {one.prompt: one for one in outcomes}, whole)


def _rows(path: Path) -> Iterator[Any]:
    """Yield the rows of a file; a last line that is cut off is none."""
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield jsonl.parse(line)


def _changed(before: Any, now: Any, name: str = "") -> Iterator[str]:
    """Yield in words where two keys differ."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for part in dict.fromkeys((*before, *now)):
            yield from _changed(before.get(part), now.get(part), f"{name}.{part}".lstrip("."))
    elif before != now:
        yield f"{name} was {before!r} and is {now!r}"
