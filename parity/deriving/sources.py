"""SOURCES.toml: which package, which of its files, which licence; it says what its keys are."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from parity.errors import LockMismatch
from parity.packages import TOOLS, Package

_KEYS: Final = frozenset(
    ("package", "tool", "version", "archive", "licence", "texts", "files", "unicode", "how")
)


class Source(NamedTuple):
    """A package that cases are derived from.

    licence: the SPDX name of what the cases are under.
    texts: files of LICENSES that say it.
    files: patterns of the names of files in the archive.
    unicode: the version of its data, or empty.
    how: how cases are made of it, in words.
    """

    package: Package
    licence: str
    texts: tuple[str, ...]
    files: tuple[str, ...]
    unicode: str
    how: str

    @property
    def name(self) -> str:
        """What the `source` of a case begins with."""
        return f"{self.package.package}@{self.package.version}"


def read(shipped: Path) -> dict[str, Source]:
    """Return the sources by the names of their packages. Raises LockMismatch."""
    path = shipped / "SOURCES.toml"
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["source"]
        return {row["package"]: _source(row, f"{path}: {row['package']}") for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LockMismatch(f"{path}: this is no list of sources: {error}") from error


def _source(row: dict[str, str], where: str) -> Source:
    if row.keys() != _KEYS or row["tool"] not in TOOLS:
        raise LockMismatch(f"{where}: wanted are {', '.join(sorted(_KEYS))}, tool one of {TOOLS}")
    package = Package(row["tool"], row["package"], row["version"], row["archive"])
    return Source(
        package, row["licence"], tuple(row["texts"]), tuple(row["files"]), row["unicode"],
        row["how"],
    )  # fmt: skip
