"""What came of implementations on vocabularies, as data.

Words of a cell, and of a check in it, are in `WORDS`. Of several checks the worst one is the
cell's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from parity.canary import Canaries
from parity.causes import about

WORDS: Final[Mapping[str, str]] = {
    "differs": "answers differ",
    "crashed": "its process ended, ran out of memory or wrote what is no answer",
    "hung": "it did not answer in time",
    "failed": "it could not be loaded, or changed while it was compared",
    "nothing": "nothing was compared: both sides failed alike",
    "part": "what was compared is the same, and its time was over before all was",
    "same": "all that was compared is the same",
    "refused": "its library does not take the file",
    "itself": "it is the reference: the laws alone are asked",
    "-": "it has no such call, or the vocabulary has no such file",
}
"""Every word, the worst first, with what it means."""
RED: Final = frozenset({"differs", "crashed", "hung", "failed", "nothing"})
GONE: Final[Mapping[str, str]] = {
    "TimedOut": "hung", "Crashed": "crashed", "OutOfMemory": "crashed", "Garbage": "crashed",
}  # fmt: skip
"""Failures of a process that is no answer any more, by the word that they are."""


@dataclass
class Example:
    """The smallest input found of a cause.

    case: as a run file has one. batch: cases that have to be in one call with it.
    reference, candidate: what each side gives, for people. proven: nothing can be left out.
    reproduce: one line for a shell that shows it again.
    """

    cause: str
    about: str
    case: dict[str, Any]
    batch: list[dict[str, Any]]
    reference: str
    candidate: str
    proven: bool
    found_by: str
    reproduce: str = ""


@dataclass
class Seen:
    """What one check came to.

    compared, differ: cases; gone: those of `differ` that a process did not survive, by the word.
    unsupported: cases that a side has no call for. causes: of those that were examined.
    """

    word: str
    compared: int = 0
    differ: int = 0
    unsupported: int = 0
    gone: dict[str, int] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)


@dataclass
class Cell:
    """What an implementation came to on a vocabulary.

    reference, candidate: specs. reason: why nothing is compared, in words. left: cases that were
    not compared when the time was over. facts: those of the candidate's fingerprint.
    """

    implementation: str
    vocabulary: str
    reference: str
    candidate: str
    word: str
    reason: str = ""
    checks: dict[str, Seen] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    left: int = 0
    seconds: float = 0.0


@dataclass
class Survey:
    """All cells, and what they were made of.

    implementations: by name, language, what pip installs, and the rest of the fingerprint as it
    was loaded first: class, file and packages. vocabularies: fingerprint of what the
    first reference loaded, by name. left_out: implementations and vocabularies, and why.
    """

    checks: tuple[str, ...]
    implementations: dict[str, dict[str, Any]] = field(default_factory=dict)
    vocabularies: dict[str, dict[str, Any]] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    canaries: Canaries = Canaries(0, ())  # noqa: RUF009 (a tuple)

    def cell(self, implementation: str, vocabulary: str) -> Cell | None:
        """Return a cell, or None where there is none."""
        wanted = implementation, vocabulary
        cells = (one for one in self.cells if (one.implementation, one.vocabulary) == wanted)
        return next(cells, None)


def said_of(cause: str) -> str:
    """Return a cause, or the word for a process that does not survive, in a line."""
    return about(cause) or WORDS.get(cause, "")


def worst(words: Iterable[str]) -> str:
    """Return the word that stands where there are several.

    >>> worst(["same", "-", "differs"])
    'differs'
    """
    found = set(words)
    return next((word for word in WORDS if word in found), "-")
