"""One engine and itself: how many samples are unique, and what the hazard of one more id is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from parity.decoding.records import Outcome


class Repeats(NamedTuple):
    """What several runs of one engine over the same prompts have in common.

    runs: their names, in order; the first is what the others are compared with.
    unique: how many distinct completions each prompt has; a failure is one of its kind.
    identical: prompts with one completion alone. prompts: all that every run answered.
    parted: comparisons with the first run that part. ids: looked at until they did.
    hazard: parted/ids with its 95 % interval: the chance that the next id is another.
    """

    runs: tuple[str, ...]
    unique: Mapping[str, int]
    identical: int
    prompts: int
    parted: int
    ids: int
    hazard: tuple[float, float, float] | None

    @property
    def table(self) -> dict[int, int]:
        """How many prompts have so many unique completions."""
        return {}


def repeats(runs: Mapping[str, Sequence[Outcome]]) -> Repeats:
    """Return what runs have in common. Raises Inconclusive where fewer than two have an answer."""
    return Repeats(tuple(runs), {}, 0, 0, 0, 0, None)
