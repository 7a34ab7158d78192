r"""Patterns that cut texts into pieces before a byte-pair trainer sees them, and who cuts.

    gpt2      of the release of GPT-2
    r50k      what tiktoken has in its place, said to be the same
    cl100k    of tiktoken; `gpt4` is how rustbpe writes it
    o200k     of tiktoken

A pattern is not the same everywhere. `regex` and Rust's fancy-regex read `\p{N}{1,3}+` of `cl100k`
as one to three digits and no step back; Oniguruma, Ruby's syntax, which `tokenizers` has, reads
one to three digits, once or more: a number of any length is one piece.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import regex

from parity.errors import BadSpec
from parity.reference.patterns import compiled

PATTERNS: Final[Mapping[str, str]] = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "r50k": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|"
    r" ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "gpt4": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
"""Patterns by name, as their homes write them."""

Cut = Callable[[str], list[str]]
"""(text) -> its pieces."""


class Named(NamedTuple):
    """A pattern that a spec's target named; files: where it was read from, if from a file."""

    pattern: str
    files: tuple[str, ...] = ()

    @property
    def fact(self) -> dict[str, str]:
        """The pattern, as a fact of a fingerprint."""
        return {"pattern": hashlib.sha256(self.pattern.encode()).hexdigest()[:16]}


def named(target: str) -> Named:
    """Return the pattern that a name or a file means. Raises BadSpec.

    A file is one pattern in UTF-8; the line end after it is none of it.
    """
    if target in PATTERNS:
        return Named(PATTERNS[target])
    known = ", ".join(PATTERNS)
    path = Path(target)
    if not target or not path.is_file():
        raise BadSpec(
            f"no pattern {target!r}; known: {known}; or give a file with one pattern, such as "
            "./my-pattern.txt"
        )
    try:
        found = path.read_text("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSpec(f"{path}: no pattern can be read there: {error}") from error
    if not found:
        raise BadSpec(f"{path}: the pattern is empty; known patterns: {known}")
    return Named(found, (str(path),))


def by_regex(pattern: str) -> Cut:
    """Return what cuts as `findall` does: what the pattern does not match is left out.

    Raises BadSpec for what is no pattern.

    >>> by_regex(PATTERNS["cl100k"])("it's 12345")
    ['it', "'s", ' ', '123', '45']
    """
    try:
        search = regex.compile(pattern)
    except regex.error as error:
        raise BadSpec(f"the pattern {pattern!r} cannot be read: {error}") from error

    def cut(text: str) -> list[str]:
        return [piece for match in search.finditer(text) if (piece := match[0])]

    return cut


def by_oniguruma(pattern: str) -> Cut:
    """Return what cuts as `tokenizers` does: what stands between two matches is a piece, too.

    Oniguruma's syntax and tables are modelled (`reference.patterns`); raises Unsupported for what
    cannot be carried.

    >>> by_oniguruma(PATTERNS["cl100k"])("it's 12345")
    ['it', "'s", ' ', '12345']
    """
    model = compiled(pattern)

    def cut(text: str) -> list[str]:
        borders = sorted({0, len(text), *(end for span in model.matches(text) for end in span)})
        return [text[start:end] for start, end in pairwise(borders)]

    return cut


ENGINES: Final[Mapping[str, Callable[[str], Cut]]] = {
    "regex": by_regex,
    "oniguruma": by_oniguruma,
}
"""Who cuts, by name."""
