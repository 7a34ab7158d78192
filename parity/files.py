"""Files that are whole or not there: written beside their place, then renamed into it."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Yield a binary file that becomes `path` at the end, or vanishes if the body raises.

    Raises OSError as the file system does; the file that was at `path` before is kept then.
    """
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


def beside_its_place(path: Path) -> Path:
    """Return a name of its own for a file that is not whole yet."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def write(path: Path, lines: Iterable[str]) -> None:
    """Write text lines, each with its own newline, as UTF-8."""
    with whole(path) as file:
        for line in lines:
            file.write(line.encode("utf-8"))
