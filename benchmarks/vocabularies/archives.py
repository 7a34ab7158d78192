"""Single files of a wheel or a tarball, read into memory; nothing is unpacked to disk."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.vocabularies.lock import Vocabulary
from parity.errors import LockMismatch, MissingAsset


def contents(archive: Path, wanted: Mapping[str, Vocabulary]) -> dict[str, bytes]:
    """Return the content of each wanted file, by its path, in one walk through the archive.

    wanted: the path that a file's name in the archive ends with, and the vocabulary that pins it.
    Raises MissingAsset for a file that is not in it, or an archive that is none; LockMismatch.
    """
    found: dict[str, bytes] = {}
    try:
        for name, read in _members(archive):
            for path in wanted.keys() - found.keys():
                if name == path or name.endswith(f"/{path}"):
                    found[path] = _checked(read(), path, wanted[path])
            if len(found) == len(wanted):
                break
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, OSError) as error:
        raise MissingAsset(f"{archive.name} cannot be read, is it cut off?: {error}") from error
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise MissingAsset(f"{archive.name} has no file {missing[0]}")
    return found


def _checked(data: bytes, path: str, one: Vocabulary) -> bytes:
    digest = hashlib.sha256(data).hexdigest()
    if digest != one.files[path]:
        raise LockMismatch(
            f"{one.name}: {path} of {one.package} has the SHA-256 {digest}, lock.toml has"
            f" {one.files[path]}; it is not used"
        )
    return data


def _members(archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield name and reader of each regular file."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                yield name, partial(opened.read, name)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                yield member.name, file.read
