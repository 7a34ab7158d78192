"""Files that are whole or not there: written beside their place, then renamed into it.

A symbolic link stays, and the file that it names is replaced. What is no file to replace (a FIFO,
a device, `/dev/stdout` wherever it leads) is written to as it is.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from parity.errors import Inconclusive


@contextlib.contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Yield a binary file that becomes `path` at the end, or vanishes if the body raises.

    Raises OSError as the file system does; the file that was at `path` before is kept then.
    What went into a FIFO or device is out, whatever the body raises later.
    """
    if is_direct(path):
        with path.open("ab") as file:  # appending: /dev/stdout may lead to somebody's log
            yield file
        return
    path = real(path)
    beside = beside_its_place(path)
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def told(folder: Path, needs: str) -> Iterator[None]:
    """Raise Inconclusive with the path and what is needed, for what the file system refuses."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise Inconclusive(f"{where}: {error.strerror or error}; {needs}") from error


def real(path: Path) -> Path:
    """Return the absolute path that symbolic links lead to, whether a file is there or not."""
    return Path(os.path.realpath(path))


def is_direct(path: Path) -> bool:
    """Say whether a path is there and no regular file, or a name of an open descriptor.

    Raises OSError where that cannot be known: a loop of links, a folder that nobody may enter.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        return True
    while path.is_symlink():  # no loop of links: stat has followed them
        if real(path.parent).is_relative_to("/proc"):
            return True
        path = path.parent / path.readlink()
    return False


def beside_its_place(path: Path) -> Path:
    """Return a name of its own for a file that is not whole yet."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def write(path: Path, lines: Iterable[str]) -> None:
    """Write text lines, each with its own newline, as UTF-8."""
    with whole(path) as file:
        for line in lines:
            file.write(line.encode("utf-8"))
