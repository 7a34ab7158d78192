"""Several files, all or none: what was there comes back where one cannot be written."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from parity import files


def write(wanted: Mapping[Path, bytes]) -> None:
    """Write every file. Raises Inconclusive with the path, and leaves what was there before."""
    before: dict[Path, bytes | None] = {}
    made: list[Path] = []
    try:
        with files.told(Path(), "nothing was written: what was there is as it was"):
            for path, data in wanted.items():
                made += _made(path.parent)
                before[path] = path.read_bytes() if path.exists() else None
                with files.whole(path) as file:
                    file.write(data)
    except BaseException:
        _undone(before, made)
        raise


def _made(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the new ones, the highest first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir()
    return missing[::-1]


def _undone(before: Mapping[Path, bytes | None], made: list[Path]) -> None:
    for path, data in before.items():
        with contextlib.suppress(OSError):
            if data is None:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != data:
                with files.whole(path) as file:
                    file.write(data)
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()
