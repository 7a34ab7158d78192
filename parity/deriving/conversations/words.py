"""Languages and their templates, filled in by draws that are the same on every Python."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from parity.errors import LockMismatch

_Any = TypeVar("_Any")


class Language(NamedTuple):
    """What can be said in a language; words.toml says what is what."""

    tag: str
    system: str
    names: list[str]
    words: list[str]
    ask: list[str]
    more: list[str]
    tell: list[str]
    line: list[str]
    part: str


class Draw:
    """Draws from one seed. Of Python's generator only `random()` is used: it alone is promised."""

    def __init__(self, seed: str) -> None:
        self._next = random.Random(seed).random  # noqa: S311 (conversations, not secrets)

    def below(self, limit: int) -> int:
        """Return a number from 0 up to a limit."""
        return int(self._next() * limit)

    def between(self, low: int, high: int) -> int:
        """Return a number, both ends included."""
        return low + self.below(high - low + 1)

    def one(self, things: Sequence[_Any]) -> _Any:
        """Return one of them."""
        return things[self.below(len(things))]

    def chance(self, percent: int) -> bool:
        """Say yes that often."""
        return self.below(100) < percent

    def filled(self, template: str, language: Language) -> str:
        """Return a template with names, numbers, times and words in it."""
        return template.format(
            name=self.one(language.names),
            word=self.one(language.words),
            n=self.between(2, 10 ** self.between(1, 5)),
            time=f"{self.between(0, 23)}:{self.between(0, 59):02}",
        )


def languages(path: Path) -> list[Language]:
    """Return the languages of a words.toml. Raises LockMismatch for a file that is none."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
        return [Language(tag, **row) for tag, row in rows.items()]
    except (OSError, ValueError, TypeError) as error:
        raise LockMismatch(f"{path}: these are no words for conversations: {error}") from error
