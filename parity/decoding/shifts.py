"""How far the logits of two sides are apart, step by step: the pair shift.

Of the two leading ids i and j of the reference at a step,

    shift = |(lR_i - lR_j) - (lC_i - lC_j)|      l: log-probabilities of reference R and candidate C

in nats. A constant that is added to all logits, and so the normalisation, falls out of it; it is
what a margin must be greater than for both sides to choose alike. Where a third id leads the
candidate, the shift of i and that one counts if it is greater. A step is comparable only while the
ids before it are the same.

A top that lacks one of two ids is no zero: its last value is the most that the id can have there,
which gives the least that the shift can be. Such a step counts as beyond a budget where that least
is; else it is unseen, and steps that are unseen are counted and said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

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

    def beyond(self, budget: float) -> bool:
        """Say whether it is surely beyond a budget."""
        return self.nats is not None and self.nats > budget

    def seen(self, budget: float) -> bool:
        """Say whether it is known on which side of a budget it is."""
        return self.nats is not None and (self.exact or self.nats > budget)


def shift(reference: Step, candidate: Step) -> Shift:
    """Return the pair shift of one step; nothing is known where a side shows too few.

    >>> shift(Step(((7, -0.5), (8, -1.5))), Step(((8, -0.75), (7, -1.0))))
    Shift(nats=1.25, exact=True)
    >>> shift(Step(((7, -0.5), (8, -1.0))), Step(((7, -0.5), (9, -3.0))))
    Shift(nats=2.0, exact=False)
    """
    if len(reference.top) < 2 or not candidate.top:  # noqa: PLR2004 (a pair)
        return Shift()
    first, second = (id for id, _ in reference.top[:2])
    found = _of_pair(reference, candidate, first, second)
    third = candidate.top[0][0]
    if third in (first, second):
        return found
    other = _of_pair(reference, candidate, first, third)
    return Shift(max(found.nats or 0.0, other.nats or 0.0), found.exact and other.exact)


def _of_pair(reference: Step, candidate: Step, one: int, other: int) -> Shift:
    """Return the shift of two ids, or the least that it can be."""
    there, here = _gap(reference, one, other), _gap(candidate, one, other)
    least = max(there[0] - here[1], here[0] - there[1], 0.0)
    return Shift(least, exact=there[0] == there[1] and here[0] == here[1])


def _gap(step: Step, one: int, other: int) -> tuple[float, float]:
    """Return the least and the most that one id can be above another."""
    known, last = dict(step.top), step.top[-1][1]
    if one in known and other in known:
        return known[one] - known[other], known[one] - known[other]
    if one in known:
        return known[one] - last, math.inf
    return -math.inf, last - known[other] if other in known else math.inf


def common(reference: Sequence[Any], candidate: Sequence[Any]) -> int:
    """Return how many items two sequences have in common from their start.

    >>> common("abc", "abde")
    2
    """
    least = min(len(reference), len(candidate))
    if reference[:least] == candidate[:least]:
        return least
    return next(place for place in range(least) if reference[place] != candidate[place])


def comparable(reference: Generation, candidate: Generation) -> list[tuple[Step, Step]]:
    """Return the steps of both sides before which all ids are the same; [] where none are fit.

    The step at which the ids part is the last of them.
    """
    if reference.ids is None or reference.steps is None or damage(reference):
        return []
    if candidate.ids is None or candidate.steps is None or damage(candidate):
        return []
    same = common(reference.ids, candidate.ids)
    until = min(same + 1, len(reference.ids), len(candidate.ids))
    return list(zip(reference.steps[:until], candidate.steps[:until], strict=True))


def between(reference: Generation, candidate: Generation) -> list[Shift]:
    """Return the shift of each comparable step."""
    return [shift(one, other) for one, other in comparable(reference, candidate)]


def greatest(found: Sequence[Shift]) -> float | None:
    """Return the greatest shift, or least of one, that is known; None where none is."""
    return max((one.nats for one in found if one.nats is not None), default=None)


def enough(found: Sequence[Shift], budget: float) -> bool:
    """Say whether so many steps are seen that something can be said of all; true of no steps."""
    return sum(one.seen(budget) for one in found) >= ENOUGH * len(found)


def level(found: Sequence[Shift], budget: float | None) -> Level:
    """Return L4: `within` or `beyond` a budget in nats, or `absent` with its reason.

    One step beyond is enough for `beyond`; for `within` at least half of the steps must be seen.
    """
    worst = greatest(found)
    if not found or worst is None:
        return Level("absent", note=f"0 of {len(found)} steps show log-probabilities on both sides")
    if budget is None:
        return Level("absent", note=f"no budget; the greatest shift is {worst:.3g} nats")
    beyond = [place for place, one in enumerate(found) if one.beyond(budget)]
    seen = sum(one.seen(budget) for one in found)
    note = f"greatest {worst:.3g} nats, budget {budget:.3g}; {seen} of {len(found)} steps seen"
    if beyond:
        return Level("beyond", beyond[0], note=f"{len(beyond)} beyond; {note}")
    if not enough(found, budget):
        return Level("absent", note=f"too few; {note}")
    return Level("within", note=note)


def damage(generation: Generation) -> str:
    """Say what makes log-probabilities unfit to be compared, or "".

    Not finite, not best first, an id twice, or another number of steps than of ids.
    """
    if generation.steps is None:
        return ""
    counts = len(generation.steps), len(generation.ids or ())
    if generation.ids is not None and counts[0] != counts[1]:
        return f"{counts[0]} steps of log-probabilities for {counts[1]} ids"
    return unfit(generation.steps)


def unfit(steps: Sequence[Step]) -> str:
    """Say which step cannot be compared and why, or ""."""
    for place, step in enumerate(steps):
        values = [value for _, value in step.top]
        if not all(map(math.isfinite, values)):
            return f"a log-probability of step {place} is not finite"
        if values != sorted(values, reverse=True):
            return f"the log-probabilities of step {place} are not best first"
        if len({id for id, _ in step.top}) < len(values):
            return f"an id comes twice in step {place}"
    return ""


def margins(reference: Generation, candidate: Generation) -> list[float | None]:
    """Return the margin of each of the reference's ids, in nats; None where it is unknown.

    The candidate's, where the reference shows none and the ids before are the same: sides that
    differ by less than a margin choose alike, whoever's margin it is.
    """
    if reference.ids is None:
        return []
    count = len(reference.ids)
    found = [step.margin for step in reference.steps or (Step(),) * count]
    if candidate.ids is not None and candidate.steps is not None:
        until = min(common(reference.ids, candidate.ids) + 1, count, len(candidate.ids))
        for place in range(until):
            if found[place] is None:
                found[place] = candidate.steps[place].margin
    return found


def certified(found: Sequence[float | None], budget: float) -> int:
    """Return how many steps come before the first whose margin is not above the budget.

    In them noise within the budget cannot change an id. A margin that is unknown ends them.

    >>> certified([2.0, 0.5, 0.01, 3.0], 0.1)
    2
    """
    wide = [margin is not None and margin > budget for margin in found]
    return wide.index(False) if False in wide else len(wide)
