"""Goldens and snapshots through syrupy, byte-faithful: the only importer of syrupy.

`ParityExtension` is for anybody's tests: `assert ids == snapshot.use_extension(ParityExtension)`.
It writes one line of ASCII JSON a snapshot, with a signature over the exact value, so CR, LF,
CR LF, U+0085, U+2028, NUL, trailing newlines, NFC and NFD, and lone surrogates are all told apart,
which syrupy's own formats do not do. `GoldenExtension` is the same for the goldens of a plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from syrupy.data import Snapshot, SnapshotCollection, SnapshotCollections
from syrupy.extensions.base import AbstractSyrupyExtension

from parity import files, golden, jsonl
from parity.signature import canonical, sign
from parity.types import Observation

CHECK = "snapshot"


class ParityExtension(AbstractSyrupyExtension):
    """Snapshots of plain data: one ASCII line each, in a file beside the tests."""

    file_extension = "parity"

    def serialize(self, data: Any, **_: Any) -> str:
        """Return the signature and the value, as one line. Raises TypeError for other data."""
        canonical(data)
        signature = sign(CHECK, Observation(data))
        return jsonl.dump({"sha256": signature, "value": jsonl.plain(data)})

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Compare signatures: two values that JSON writes alike are still told apart."""
        now, then = (jsonl.parse(str(data).encode()) for data in (serialized_data, snapshot_data))
        return bool(now["sha256"] == then["sha256"])

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Yield the first difference, and nothing else."""
        now, then = (
            jsonl.parse(str(data).encode()) if data else {"value": None, "sha256": ""}
            for data in (serialized_data, snapshot_data)
        )
        old = Observation(then["value"], signature=then["sha256"])
        yield golden.change(old, Observation(now["value"], signature=now["sha256"]))

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        """Return every snapshot of a file."""
        found = SnapshotCollection(location=snapshot_location)
        for name, line in _lines(Path(snapshot_location)).items():
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
        """Write a file of snapshots, whole; those that it had and are not named stay."""
        del name_order
        path = Path(snapshot_collection.location)
        rows = _lines(path) | {shot.name: str(shot.data) for shot in snapshot_collection}
        _write(path, rows)

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        """Remove snapshots from a file, and the file with the last of them."""
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
        """Compare case by case; versions in the header inform, artefacts decide."""
        return not _differences(str(serialized_data), str(snapshot_data))

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Yield a line for each case that changed."""
        if snapshot_data:
            yield from golden.shown(_differences(str(serialized_data), str(snapshot_data)))

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
        """Write the golden, whole or not at all."""
        del name_order
        for shot in snapshot_collection:
            golden.write(Path(snapshot_collection.location), str(shot.data))

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        """Do nothing: `tokparity golden update` removes goldens that no plan keeps."""


def _differences(now: str, then: str) -> list[golden.Change]:
    parsed = [golden.parse(text.encode(), "golden") for text in (then, now)]
    return golden.differences(parsed[0], parsed[1], "golden")


def _text(path: Path) -> str | None:
    return path.read_bytes().decode("ascii", "replace") if path.is_file() else None


def _lines(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = (jsonl.parse(line) for _, line in jsonl.lines(path))
    return {
        row["name"]: jsonl.dump({"sha256": row["sha256"], "value": row["value"]}) for row in rows
    }


def _write(path: Path, rows: dict[str, str]) -> None:
    ordered = ((name, jsonl.parse(rows[name].encode())) for name in sorted(rows))
    files.write(path, (jsonl.dump({"name": name, **row}) + "\n" for name, row in ordered))
