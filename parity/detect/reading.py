"""A file that is looked at: never one that can block, and no more of it than its kind needs."""

from __future__ import annotations

import codecs
import contextlib
import os
import stat
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

HEAD: Final = 1 << 16
"""Bytes at the start of a file that every judge sees."""
WHOLE: Final = 1 << 28
"""Bytes of a file beyond which it is not read whole: ten times the largest known tokenizer.json."""


class NoFile(Exception):
    """What was a regular file is none any more."""


class Content:
    """A regular file that is open.

    head: its first bytes, up to `HEAD`.
    text: the same without a UTF-8 BOM, which `bom` tells of.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self.descriptor = path, descriptor
        self.size = os.fstat(descriptor).st_size
        self.head = self.at(0, HEAD)
        self.bom = self.head.startswith(codecs.BOM_UTF8)
        self.text = self.head.removeprefix(codecs.BOM_UTF8)

    @property
    def is_all(self) -> bool:
        """Whether the head is the whole file."""
        return self.size <= len(self.head)

    def at(self, place: int, count: int) -> bytes:
        """Return up to `count` bytes from a place. Raises OSError."""
        found = b""
        while len(found) < count:
            more = os.pread(self.descriptor, count - len(found), place + len(found))
            if not more:
                break
            found += more
        return found

    @cached_property
    def whole(self) -> bytes | None:
        """The whole file, or None for one that is larger than any tokenizer."""
        return self.at(0, self.size) if self.size <= WHOLE else None

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines of the head, without the last one where that may not be whole."""
        found = self.text.split(b"\n")
        return found if self.is_all else found[:-1]


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Content]:
    """Open a regular file. Raises OSError, and NoFile for what became something else meanwhile."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NoFile
        yield Content(path, descriptor)
    finally:
        os.close(descriptor)
