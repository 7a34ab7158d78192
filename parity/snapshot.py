"""Goldens and snapshots through syrupy, byte-faithful: the only importer of syrupy.

`ParityExtension` is for anybody's tests: `assert ids == snapshot.use_extension(ParityExtension)`.
It writes one line of ASCII JSON a snapshot, with a signature over the exact value, so CR, LF,
CR LF, U+0085, U+2028, NUL, trailing newlines, NFC and NFD, and lone surrogates are all told apart,
which syrupy's own formats do not do. `GoldenExtension` is the same for the goldens of a plan.

A line whose value is not what was signed was edited by hand, and fails its assertion. Nothing is
written where the environment variable CI is set: a run there must not make what it is held to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from syrupy.data import Snapshot, SnapshotCollection, SnapshotCollections
from syrupy.extensions.base import AbstractSyrupyExtension

from parity import files, golden, jsonl
from parity.errors import GoldenError
from parity.signature import canonical, sign
from parity.types import Observation

CHECK = "snapshot"


class ParityExtension(AbstractSyrupyExtension):
    """Snapshots of plain data: one ASCII line each, in a file beside the tests."""

    file_extension = "parity"

    def __init__(self) -> None:
        super().__init__()
        self.write_immediately = _in_ci()  # so that the refusal is the failure of its own test

    def serialize(self, data: Any, **_: Any) -> str:
        """Return the signature and the value, as one line. Raises TypeError for other data."""
        canonical(data)
        signature = sign(CHECK, Observation(data))
        return jsonl.dump({"sha256": signature, "value": jsonl.plain(data)})

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Compare signatures; a value that is not what its signature says matches nothing."""
        try:
            now, then = (_observation(data) for data in (serialized_data, snapshot_data))
        except GoldenError:  # `diff_lines` says it; an update may write over it
            return False
        return now.signature == then.signature

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Yield the first difference or that a snapshot was edited, and nothing else."""
        try:
            yield golden.change(_observation(snapshot_data), _observation(serialized_data))
        except GoldenError as error:
            yield f"the snapshot {error}"

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        """Return every snapshot of a file; for a damaged one its damage, which no test asks for."""
        try:
            rows = _lines(Path(snapshot_location))
        except (
            GoldenError
        ) as error:  # syrupy asks at the end of the session, where raising is a crash
            rows = {str(error): ""}
        found = SnapshotCollection(location=snapshot_location)
        for name, line in rows.items():
            found.add(Snapshot(name=name, data=line))
        return found

    def read_snapshot_data_from_location(
        self, *, snapshot_location: str, snapshot_name: str, session_id: str
    ) -> str | None:
        """Return one snapshot of a file, or None."""
        del session_id
        return _lines(Path(snapshot_location)).get(snapshot_name)

    @classmethod
    def write_snapshot_collection(
        cls, *, snapshot_collection: SnapshotCollection, name_order: dict[str, int] | None = None
    ) -> None:
        """Write a file of snapshots, whole; those that it had and are not named stay.

        Raises GoldenError in CI, and where the file is damaged.
        """
        del name_order
        _refuse_in_ci()
        path = Path(snapshot_collection.location)
        rows = _lines(path) | {shot.name: str(shot.data) for shot in snapshot_collection}
        _write(path, rows)

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        """Remove snapshots from a file, and the file with the last of them.

        Raises GoldenError in CI, and where the file is damaged.
        """
        _refuse_in_ci()
        path = Path(snapshot_location)
        rows = {name: row for name, row in _lines(path).items() if name not in snapshot_names}
        if rows:
            _write(path, rows)
        else:
            path.unlink(missing_ok=True)


class GoldenExtension(AbstractSyrupyExtension):
    """A golden of a plan: the file that `golden.render` makes. The item says where it lives."""

    write_immediately = True  # so that a write that fails is that item's failure

    def serialize(self, data: Any, **_: Any) -> str:
        """Return the text as it is: `golden.render` made it."""
        return str(data)

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Compare case by case; versions in the header inform, artefacts decide.

        A golden that is, byte for byte, what would be recorded now needs no second look.
        """
        if serialized_data == snapshot_data:
            return True
        try:
            return not _differences(str(serialized_data), str(snapshot_data))
        except GoldenError:  # `diff_lines` says it; an update may write over it
            return False

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Yield a line for each case that changed, or what is wrong with the golden."""
        if not snapshot_data:
            return
        try:
            yield from golden.shown(_differences(str(serialized_data), str(snapshot_data)))
        except GoldenError as error:
            yield str(error)

    @classmethod
    def get_location(cls, *, test_location: Any, index: Any) -> str:
        """Return the golden's own path."""
        del index
        return str(test_location.item.golden_path)

    @classmethod
    def matches_test_location(cls, *, test_location: Any, snapshot_location: str) -> bool:
        """Return True: the item names the path itself."""
        del test_location, snapshot_location
        return True

    def discover_snapshots(self, **_: Any) -> SnapshotCollections:
        """Return nothing: syrupy must not remove goldens that a partial run did not touch."""
        return SnapshotCollections()

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        """Return the golden as the one snapshot of its file."""
        found = SnapshotCollection(location=snapshot_location)
        found.add(Snapshot(name=snapshot_location, data=_text(Path(snapshot_location))))
        return found

    def read_snapshot_data_from_location(
        self, *, snapshot_location: str, snapshot_name: str, session_id: str
    ) -> str | None:
        """Return the file's text, or None where there is no such file."""
        del snapshot_name, session_id
        return _text(Path(snapshot_location))

    @classmethod
    def write_snapshot_collection(
        cls, *, snapshot_collection: SnapshotCollection, name_order: dict[str, int] | None = None
    ) -> None:
        """Write the golden, whole or not at all; of its trailer stays what still holds.

        Raises GoldenError, in CI too.
        """
        del name_order
        _refuse_in_ci()
        path = Path(snapshot_collection.location)
        for shot in snapshot_collection:
            before = path.read_bytes() if path.is_file() else b""
            golden.write(path, golden.with_trailer(str(shot.data), before))

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        """Do nothing: `tokparity golden update` removes goldens that no plan keeps."""


def _differences(now: str, then: str) -> list[golden.Change]:
    parsed = [golden.parse(text.encode(), "golden") for text in (then, now)]
    return golden.differences(parsed[0], parsed[1], "golden")


def _text(path: Path) -> str | None:
    return path.read_bytes().decode("ascii", "replace") if path.is_file() else None


def _in_ci() -> bool:
    return bool(os.environ.get("CI"))


def _refuse_in_ci() -> None:
    if _in_ci():
        raise GoldenError("CI is set: snapshots are not written here; record them on a branch")


def _observation(line: Any) -> Observation:
    """Return what a line remembers. Raises GoldenError where it was edited by hand."""
    if not line:
        return Observation(signature="")
    row = jsonl.parse(str(line).encode())
    return golden.recorded(CHECK, row)


def _lines(path: Path) -> dict[str, str]:
    """Return each snapshot of a file as `serialize` wrote it; whether it was edited is not known.

    Raises GoldenError with FILE:LINE for what is no line of a file of snapshots.
    """
    found: dict[str, str] = {}
    for number, line in jsonl.lines(path) if path.is_file() else ():
        try:
            row = jsonl.parse(line)
        except jsonl.BadLine as error:
            raise GoldenError(f"{path}:{number}: {error}; the snapshots are damaged") from error
        if not _is_snapshot(row) or row["name"] in found:
            wanted = "a name of its own, a sha256 and a value are wanted"
            raise GoldenError(f"{path}:{number}: {wanted}; the snapshots are damaged")
        found[row["name"]] = jsonl.dump({"sha256": row["sha256"], "value": row["value"]})
    return found


def _is_snapshot(row: Any) -> bool:
    named = isinstance(row, Mapping) and "value" in row
    return named and isinstance(row.get("name"), str) and isinstance(row.get("sha256"), str)


def _write(path: Path, rows: dict[str, str]) -> None:
    ordered = ((name, jsonl.parse(rows[name].encode())) for name in sorted(rows))
    files.write(path, (jsonl.dump({"name": name, **row}) + "\n" for name, row in ordered))
