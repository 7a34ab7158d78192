"""Corpora that a program made: which there are, how many cases, and where each one lies.

MANIFEST.json names each with its count and the SHA-256 of its JSON lines, as they are before they
are compressed. Those whose licence allows it came along; the others, and our own conversations,
are built into a cache by `tokparity corpus build`. A cached one lies in a folder that is named for
its digest, so that another version's is never taken for it.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from parity import jsonl
from parity.errors import BadCorpus, Inconclusive

GROUPS: Final = ("derived", "conversations")
"""What names begin with; alone, all of that group that are there."""
BUILD: Final = "tokparity corpus build"
SUFFIX: Final = ".jsonl.gz"


class Entry(NamedTuple):
    """What MANIFEST.json says of a corpus.

    sha256: of its JSON lines, uncompressed.
    derivation: the version of the code that makes it.
    sources: entries of SOURCES.toml.
    committed: it came along, and is not in the cache.
    also: other files that are made with it, in the same folder, and their SHA-256.
    """

    cases: int
    sha256: str
    derivation: int
    sources: list[str]
    licence: str
    committed: bool
    also: Mapping[str, str] = MappingProxyType({})


class Derived(NamedTuple):
    """The derived corpora of this tokparity, by name, and the folders they lie in.

    cache: None is `cache_folder()`, which is looked for when it is needed.
    """

    entries: Mapping[str, Entry]
    shipped: Path
    cache: Path | None = None

    def knows(self, name: str) -> bool:
        """Say whether this is the name of one, or of a group."""
        return name in self.entries or (name in GROUPS and bool(self.entries))

    def place(self, name: str) -> Path:
        """Return where one lies, or would."""
        entry = self.entries[name]
        if entry.committed:
            return self.shipped / f"{name}{SUFFIX}"
        return (self.cache or cache_folder()) / entry.sha256[:12] / f"{name}{SUFFIX}"

    def named(self, name: str) -> list[Path]:
        """Return the files that a name means and that are there."""
        group = name in GROUPS
        names = [one for one in self.entries if one == name or (group and one.startswith(name))]
        return [path for path in map(self.place, names) if path.is_file()]

    def refuse_changed(self, found: Iterable[Path]) -> None:
        """Raise BadCorpus for a file that is not what the manifest says; it is read once."""
        by_place = {self.place(name): (name, entry) for name, entry in self.entries.items()}
        for path in found:
            name, entry = by_place[path]
            count, digest = _content(path)
            if (count, digest) != (entry.cases, entry.sha256):
                mend = "install tokparity anew" if entry.committed else f"run: {BUILD} {name}"
                raise BadCorpus(
                    f"{path}: this is not the corpus {name!r} of the manifest, which "
                    f"has {entry.cases:,} cases, SHA-256 {entry.sha256[:12]}; here are {count:,}, "
                    f"{digest[:12]}; {mend}"
                )

    def refuse_unbuilt(self, name: str, found: list[Path]) -> None:
        """Raise BadCorpus for a name whose files are not there."""
        if self.knows(name) and not found:
            raise BadCorpus(f"the corpus {name!r} is not built here; run: {BUILD} {name}")


def read(shipped: Path, cache: Path | None = None) -> Derived:
    """Return the derived corpora; none where no manifest is. Raises BadCorpus for a bad one."""
    path = shipped / "derived" / "MANIFEST.json"
    if not path.is_file():
        return Derived({}, shipped, cache)
    try:
        rows: dict[str, dict[str, Any]] = orjson.loads(path.read_bytes())["corpora"]
        entries = {name: Entry(**row) for name, row in rows.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadCorpus(f"{path}: this is no manifest of derived corpora: {error}") from error
    return Derived(entries, shipped, cache)


@functools.cache
def _content(path: Path) -> tuple[int, str]:
    """Return how many lines a file has, and the SHA-256 of them."""
    digest, count = hashlib.sha256(), 0
    try:
        with jsonl.opened(path) as file:
            for line in file:
                digest.update(line)
                count += 1
    except OSError as error:
        raise BadCorpus(f"{path}: cannot be read: {error.strerror}") from error
    return count, digest.hexdigest()


def cache_folder() -> Path:
    """Return the folder for what is built: $XDG_CACHE_HOME/tokparity/corpora, or ~/.cache/...

    The environment is read here because every program of a user keeps its caches by this rule.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if Path(base).is_absolute():
        return Path(base) / "tokparity" / "corpora"
    try:
        return Path.home() / ".cache" / "tokparity" / "corpora"
    except RuntimeError as error:
        raise Inconclusive("no home folder is known: say --cache DIR") from error
