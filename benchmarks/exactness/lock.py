"""lock.toml: which library, of which version, what it claims, and on what it is tried.

[[library]]
name = "kitoken"                 its distribution
version = "0.11.1"
claim = "compatible with ..."    in the words of `place`, shortened
place = "README"                 or summary, or none where it says nothing
shape = "own"                    what its calls are like: tokenizers, transformers, tiktoken, own
candidate = "kitoken:{}"         its spec; {} is the folder of a vocabulary, {name} its name
references = ["hf:tiny:unigram", "hf:qwen3"]  what it is compared with, on which vocabulary
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from parity.errors import LockMismatch

LOCK: Final = Path(__file__).with_name("lock.toml")
KINDS: Final = ("hf", "tiktoken")
"""Kinds of backends that are references here."""
NAMES: Final = {"cl100k": "cl100k_base", "o200k": "o200k_base"}
"""Names of vocabularies as libraries of tiktoken's kind have them, where they are not ours."""


class Library(NamedTuple):
    """A library that is tried."""

    name: str
    version: str
    claim: str
    place: str
    shape: str
    candidate: str
    references: list[str]


def spec(candidate: str, folder: str, name: str) -> str:
    """Return the spec of a candidate on a vocabulary: its folder, and its name."""
    return candidate.replace("{}", folder).replace("{name}", NAMES.get(name, name))


def read(path: Path = LOCK) -> dict[str, Library]:
    """Return the libraries by name. Raises LockMismatch for a lock that is wrong."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("library", [])
    except (OSError, ValueError) as error:
        raise LockMismatch(f"{path} cannot be read: {error}") from error
    found: dict[str, Library] = {}
    for row in rows:
        where = f"{path.name}: library {row.get('name')!r}"
        try:
            one = Library(**row)
        except TypeError as error:
            raise LockMismatch(f"{where}: wanted are {', '.join(Library._fields)}") from error
        if one.name in found:
            raise LockMismatch(f"{where} comes twice")
        for reference in one.references:
            if reference.partition(":")[0] not in KINDS:
                raise LockMismatch(f"{where}: {reference!r} is none of {', '.join(KINDS)}")
        if "{}" not in one.candidate and "{name}" not in one.candidate:
            raise LockMismatch(
                f"{where}: its candidate names no vocabulary: write {{}} where its folder is to "
                "stand, {name} where its name is"
            )
        found[one.name] = one
    return found
