"""What so many of so many prove: exact (Clopper-Pearson) intervals of a share.

The bounds are those p at which a binomial tail is as improbable as is allowed, found by halving.
The tail is summed term by term from logarithms of the gamma function, so it needs no library.
"""

from __future__ import annotations

import math
from typing import Final

CONFIDENCE: Final = 0.95
HALVINGS: Final = 60
"""Of an interval of length 1: below what a float can tell apart."""


def interval(events: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the two-sided exact interval of a share; (0, 1) where nothing was tried.

    >>> [round(bound, 4) for bound in interval(1, 10)]
    [0.0025, 0.445]
    """
    if not trials:
        return 0.0, 1.0
    rest = (1 - confidence) / 2
    low = 0.0 if events == 0 else _share(events - 1, trials, 1 - rest)
    return low, 1.0 if events == trials else _share(events, trials, rest)


def at_most(events: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Return what a share is below, with a confidence: a bound from one side.

    >>> round(at_most(0, 100), 4)
    0.0295
    """
    return 1.0 if events >= trials else _share(events, trials, 1 - confidence)


def _share(events: int, trials: int, chance: float) -> float:
    """Return the p at which so few events, or fewer, have this chance."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _so_few(events, trials, middle) > chance:
            low = middle
        else:
            high = middle
    return high


def _so_few(events: int, trials: int, share: float) -> float:
    """Return the chance of at most so many events."""
    if share in (0.0, 1.0):
        return float(share == 0.0 or events >= trials)
    yes, no = math.log(share), math.log1p(-share)
    whole = math.lgamma(trials + 1)
    return math.fsum(
        math.exp(
            whole - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
            + count * yes + (trials - count) * no
        )
        for count in range(events + 1)
    )  # fmt: skip
