"""What has come before: 16 bytes a content, kept in a database that spills to the disk.

A set in memory would grow with the file. SQLite's temporary database has no name, holds no more
than its cache in memory, and is gone when it is closed. Two contents of one digest (2 to the 128th
of them) would be taken for the same.
"""

from __future__ import annotations

import errno
import hashlib
import sqlite3
from typing import Final

CACHE: Final = 16 << 10
"""KiB of the database that stay in memory."""


class Seen:
    """The contents that came; `close` forgets them."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        for setting in (f"cache_size=-{CACHE}", "journal_mode=OFF", "synchronous=OFF"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")  # never ended: what is not kept need not be written out

    def add(self, content: str) -> bool:
        """Add a content of ASCII; say whether it is new. Raises OSError where the disk is full."""
        digest = hashlib.blake2b(content.encode("ascii"), digest_size=16).digest()
        try:
            found = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,))
        except sqlite3.OperationalError as error:
            raise OSError(errno.ENOSPC, f"the folder of temporary files: {error}") from error
        return found.rowcount == 1

    def close(self) -> None:
        """Let the database go."""
        self._database.close()
