"""What is made once and kept: a folder of the cache, with the digests of its files beside them.

It is made beside its place and renamed into it, so it is whole or not there; every digest is
checked at every use, and what is not as it was made counts as not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from parity import files

RECORD: Final = "digests.json"
ABANDONED: Final = 24 * 60 * 60
"""Seconds after which a half-made folder is nobody's."""


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of each file below a folder, by its path there, without the record."""
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != RECORD
    }


def recorded(folder: Path) -> dict[str, str]:
    """Return the digests that were written when a folder was made; {} where it is none."""
    try:
        found = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_whole(folder: Path, pinned: Mapping[str, str] | None = None) -> bool:
    """Say whether a folder is as it was made, and as it is pinned."""
    wanted = recorded(folder)
    if not wanted or (pinned is not None and dict(pinned) != wanted):
        return False
    try:
        return digests(folder) == wanted
    except OSError:
        return False


def fill(place: Path, make: Callable[[Path], None], check: Callable[[Path], None]) -> None:
    """Make a folder. `make` gets an empty one to write into; `check` raises if it is not right.

    Raises Inconclusive where the file system refuses, and what the two raise.
    """
    with files.told(place, "models are made there: make room, or make it writable"):
        place.parent.mkdir(parents=True, exist_ok=True)
        _sweep(place)
        beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
        beside.mkdir()
        try:
            make(beside)
            check(beside)
            made = json.dumps(digests(beside), indent=2) + "\n"
            (beside / RECORD).write_text(made, encoding="utf-8")
            _rename(beside, place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _rename(beside: Path, place: Path) -> None:
    """Put a folder in its place; where somebody else has just done so, theirs stays."""
    if place.exists() and not is_whole(place):
        broken = beside.with_name(f"{beside.name}.broken")
        place.rename(broken)
        shutil.rmtree(broken)
    try:
        beside.rename(place)
    except OSError:
        if not is_whole(place):
            raise


def _sweep(place: Path) -> None:
    """Remove what makers that were killed have left."""
    for path in place.parent.glob(f".{place.name}.*.part*"):
        if time.time() - path.stat().st_mtime > ABANDONED:
            shutil.rmtree(path, ignore_errors=True)


def size(folder: Path) -> int:
    """Return the bytes of a folder's files."""
    return sum(os.path.getsize(path) for path in folder.rglob("*"))  # noqa: PTH202 (it is shorter)
