"""Single files of a wheel, a tarball or a Debian package, read into memory."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Final

from parity.errors import LockMismatch, MissingAsset
from parity.packages import Package

_BROKEN: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    OSError,
    ValueError,
)
_AR: Final = b"!<arch>\n"
_AR_HEADER: Final = 60
"""Bytes before each member of a Debian package; the name is in the first 16, the size at 48."""


def contents(package: Package, archive: Path, wanted: Mapping[str, str]) -> dict[str, bytes]:
    """Return the content of each wanted file, by its path, in one walk through the archive.

    wanted: the path that a file's name in the archive ends with, and its SHA-256.
    Raises MissingAsset for a file that is not in it, or an archive that is none; LockMismatch.
    """
    found: dict[str, bytes] = {}
    with _reading(archive):
        for name, read in _members(archive):
            for path in wanted.keys() - found.keys():
                if name == path or name.endswith(f"/{path}"):
                    found[path] = _checked(read(), path, package, wanted[path])
            if len(found) == len(wanted):
                break
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise MissingAsset(f"{archive.name} has no file {missing[0]}")
    return found


def matching(archive: Path, patterns: Sequence[str]) -> dict[str, bytes]:
    """Return the files whose names fit one of the patterns, by name, in order of their names.

    Raises MissingAsset for a pattern that fits none, or an archive that is none.
    """
    found: dict[str, bytes] = {}
    unused = set(patterns)
    with _reading(archive):
        for name, read in _members(archive):
            fitting = [pattern for pattern in patterns if fnmatch.fnmatchcase(name, pattern)]
            if fitting:
                found[name] = read()
                unused.difference_update(fitting)
    if unused:
        raise MissingAsset(f"{archive.name} has no file {min(unused)}")
    return dict(sorted(found.items()))


def _checked(data: bytes, path: str, package: Package, wanted: str) -> bytes:
    digest = hashlib.sha256(data).hexdigest()
    if digest != wanted:
        raise LockMismatch(
            f"{path} of {package} has the SHA-256 {digest}, pinned is {wanted}; it is not used"
        )
    return data


@contextlib.contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """What an archive that is none raises, in words."""
    try:
        yield
    except _BROKEN as error:
        raise MissingAsset(f"{archive.name} cannot be read, is it cut off?: {error}") from error


def _members(archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield name and reader of each regular file."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                yield name, partial(opened.read, name)
        return
    file = _data_of_deb(archive) if archive.suffix == ".deb" else None
    with tarfile.open(archive, fileobj=file) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name.removeprefix("./"), content.read


def _data_of_deb(archive: Path) -> IO[bytes]:
    """Return the data.tar of a Debian package, which is an `ar` archive of three members."""
    data = archive.read_bytes()
    if not data.startswith(_AR):
        raise ValueError("it is no Debian package")
    place = len(_AR)
    while place + _AR_HEADER <= len(data):
        head = data[place : place + _AR_HEADER]
        start, size = place + _AR_HEADER, int(head[48:58])
        if head.startswith(b"data.tar"):
            return io.BytesIO(data[start : start + size])
        place = start + size + size % 2
    raise ValueError("it has no data.tar")
