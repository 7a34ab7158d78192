"""How far the logits of two sides are apart, step by step: the pair shift.

Of the two leading ids i and j of the reference at a step,

    shift = |(lR_i - lR_j) - (lC_i - lC_j)|      l: log-probabilities of reference R and candidate C

in nats. A constant that is added to all logits, and so the normalisation, falls out of it; it is
what a margin must be greater than for both sides to choose alike. A step is comparable only while
the ids before it are the same.

A top that lacks one of the two ids is no zero: its last value is the most that the id can have
there, which gives the least that the shift can be. Such a step counts as beyond a budget where
that least is; else it is unseen, and steps that are unseen are counted and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from parity.decoding.findings import Level
from parity.decoding.records import Generation, Step

ENOUGH: Final = 0.5
"""Share of comparable steps that must be seen for `within` to be said of a prompt."""


class Shift(NamedTuple):
    """What is known of a step's pair shift.

    nats: the shift, or the least that it can be where `exact` is false; None where it is unknown.
    """

    nats: float | None = None
    exact: bool = True


def shift(reference: Step, candidate: Step) -> Shift:
    """Return the pair shift of one step; nothing is known where a side shows fewer than two."""
    return Shift()


def comparable(reference: Generation, candidate: Generation) -> list[tuple[Step, Step]]:
    """Return the steps of both sides before which all ids are the same; [] where none are known."""
    if None in (reference.ids, reference.steps, candidate.ids, candidate.steps):
        return []
    return []


def between(reference: Generation, candidate: Generation) -> list[Shift]:
    """Return the shift of each comparable step: of those before which all ids are the same."""
    return []


def level(shifts: Sequence[Shift], budget: float | None) -> Level:
    """Return L4: `within` or `beyond` a budget in nats, or `absent` with its reason."""
    return Level("absent", note="no step was looked at")


def damage(generation: Generation) -> str:
    """Say what makes log-probabilities unfit to be compared, or "".

    Not finite, not best first, an id twice, or another number of steps than of ids.
    """
    return ""


def margins(reference: Generation, candidate: Generation) -> list[float | None]:
    """Return the margin of each of the reference's ids, in nats.

    The candidate's, where the reference shows none and the ids before are the same.
    """
    return []


def certified(found: Sequence[float | None], budget: float) -> int:
    """Return how many steps come before the first whose margin is not above the budget."""
    return 0
