"""Lines of one file that many processes append to: each is one write, and none is lost unseen.

A line is one `os.write` to a descriptor that was opened with O_APPEND, which the kernel keeps whole
between processes on a local file system (not on NFS). The file is opened anew where its path names
another one by now: it was renamed by another process, by logrotate, or is gone. Who rotates holds a
lock beside the file, and nobody waits for it: who does not get it writes on where it is.
Nothing here waits for a reader either: O_NONBLOCK, for a path that is a pipe.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
MODE: Final = 0o600
"""Of a new log: with content=full it holds what users wrote."""
TRIES: Final = 3
"""How often a line is written again because its file was removed meanwhile."""


class Lines:
    """Appends lines to a path. rotate: bytes of one file, 0 is never. keep: files kept beside it.

    rotated: how often this one has rotated. headed: whether what comes first was ever written.
    None of its methods is safe between threads.
    """

    def __init__(self, path: Path, rotate: int = 0, keep: int = 4) -> None:
        self.path, self.rotate, self.keep = path, rotate, keep
        self.rotated, self.headed = 0, False
        self._descriptor = -1
        self._file = (0, 0)
        self._regular = False
        self._fresh = False
        self._was_there = False
        self._torn = False

    def never(self) -> str:
        """Return why no line can be written there, as things stand, or ""."""
        if self.path.is_dir():
            return "it is a folder"
        if not self.path.parent.is_dir():
            return f"its folder {str(self.path.parent)!r} is not there"
        place = self.path if self.path.exists() else self.path.parent
        return "" if os.access(place, os.W_OK) else f"{str(place)!r} cannot be written"

    def append(self, line: bytes, first: Callable[[], bytes]) -> None:
        """Write a line, after what comes first in a file just opened.

        Raises OSError where the line is not whole in the file.
        """
        for _ in range(TRIES):
            self._open()
            if self._is_full(len(line)) and self._turned():
                self._open()
            if self._fresh:
                self._write(first())
                self._fresh, self.headed = False, True
            self._write(line)
            if not self._regular or os.fstat(self._descriptor).st_nlink:
                return
            self.close()  # the file was removed between the look and the write
        raise OSError(errno.ENOENT, "the file is removed again and again", str(self.path))

    def close(self) -> None:
        """Let go of the file; the next line opens it again."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _open(self) -> None:
        """Have the file open that the path names now."""
        if self._descriptor >= 0:
            if self._is_here():
                return
            self.close()
        if self._was_there and not self.path.parent.exists():
            self.path.parent.mkdir(exist_ok=True)  # it vanished; its parent must be there
        self._descriptor = os.open(self.path, FLAGS, MODE)
        found = os.fstat(self._descriptor)
        self._file = found.st_dev, found.st_ino
        self._regular = stat.S_ISREG(found.st_mode)
        self._fresh = self._was_there = True
        self._torn = self._regular and found.st_size > 0 and not self._ends_whole(found.st_size)

    def _ends_whole(self, size: int) -> bool:
        """Say whether the last line has its end; who was killed or had no space left it torn."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return True  # we may write, and not read
        try:
            return os.pread(descriptor, 1, size - 1) in {b"\n", b""}
        finally:
            os.close(descriptor)

    def _is_here(self) -> bool:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == self._file

    def _write(self, line: bytes) -> None:
        data = b"\n" + line if self._torn else line
        wrote = os.write(self._descriptor, data)
        if wrote == len(data):
            self._torn = False
            return
        self._torn = self._torn if wrote == 0 else data[:wrote] != b"\n"
        raise OSError(errno.ENOSPC, f"only {wrote} of {len(data)} bytes", str(self.path))

    def _is_full(self, more: int) -> bool:
        if not self.rotate or not self._regular:
            return False
        size = os.fstat(self._descriptor).st_size
        return size > 0 and size + more > self.rotate

    def _turned(self) -> bool:
        """Rename the file out of the way; say whether the path names another one now."""
        try:
            lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        except OSError:
            return False  # it grows on: that is no line lost
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                if self._is_here():
                    self._rename()
                return True
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)  # a child may hold the descriptor, too
        except OSError:
            return False
        finally:
            os.close(lock)

    def _rename(self) -> None:
        for number in range(self.keep - 1, 0, -1):
            older = Path(f"{self.path}.{number}")
            if older.exists():
                older.replace(f"{self.path}.{number + 1}")
        if self.keep:
            self.path.replace(f"{self.path}.1")
        else:
            self.path.unlink()
        self.rotated += 1
