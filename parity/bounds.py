"""What a sample proves of what it was drawn from: an exact (Clopper-Pearson) upper bound.

Of so many that were compared so many diverged. The bound is from one side: the share at which so
few, or fewer, would come out only once in twenty times. Where none diverged it is 1 - 0.05^(1/n),
which is close to 3/n, the rule of three. Otherwise it is found by halving, above the share that was
seen: there the terms of the binomial's tail fall from the last one down, so a sum of millions of
them ends after a few thousand. `decoding.chances` sums every term; a test holds the two to each
other. The logarithms of factorials have 53 bits: of a billion calls the chance of 5 % is met to a
few millionths.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, Context, Decimal
from typing import Final

CONFIDENCE: Final = 0.95
HALVINGS: Final = 100
"""More than a float has bits: the loop ends where the two ends meet."""
DIGITS: Final = 2
"""Of a bound that is shown, rounded up."""
LONGEST: Final = 17
"""Digits that tell any two floats apart."""
SMALL: Final = 1e-3
"""Below this a share is written with an exponent."""


def below(diverged: int, compared: int, confidence: float = CONFIDENCE) -> float:
    """Return what the share of divergences is below; 1 where nothing was compared.

    >>> round(below(0, 120_000), 9), round(below(1, 10), 4)
    (2.4964e-05, 0.3942)
    """
    if diverged >= compared:
        return 1.0
    if not diverged:
        return -math.expm1(math.log1p(-confidence) / compared)
    low, high = diverged / compared, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _so_few(diverged, compared, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def told(diverged: int, compared: int, confidence: float = CONFIDENCE) -> str:
    """Return both numbers and the bound in words; the numbers stand there, so nothing is rounded.

    >>> told(0, 120_000)
    '0 of 120,000 differ; below 2.5e-5 with 95 %'
    >>> told(3, 3), told(0, 0)
    ('3 of 3 differ', 'nothing was compared')
    """
    if not compared:
        return "nothing was compared"
    counted = f"{diverged:,} of {compared:,} differ"
    if diverged >= compared:
        return counted
    bound = up(below(diverged, compared, confidence))
    return f"{counted}; below {bound} with {_percent(confidence)} %"


def up(share: float) -> str:
    """Return a share of less than 1, rounded up, and never to 1.

    >>> up(2.4964e-05), up(0.3942), up(0.99949)
    ('2.5e-5', '0.4', '0.9995')
    """
    exact, digits = Decimal(share), DIGITS
    found = exact
    while digits <= LONGEST:
        found = Context(digits, ROUND_CEILING).plus(exact).normalize()
        if found < 1:
            break
        digits += 1
    return f"{found:f}" if share >= SMALL else f"{found:e}"


def _percent(share: float) -> str:
    return f"{Decimal(str(share)) * 100:f}".rstrip("0").rstrip(".")


def _so_few(diverged: int, compared: int, share: float) -> float:
    """Return the chance of at most so many, at a share that is not below the one seen."""
    if share >= 1:
        return 0.0
    rest = compared - diverged
    term = math.exp(
        math.lgamma(compared + 1) - math.lgamma(diverged + 1) - math.lgamma(rest + 1)
        + diverged * math.log(share) + rest * math.log1p(-share)
    )  # fmt: skip
    odds, terms = (1 - share) / share, list[float]()
    for count in range(diverged, -1, -1):
        if not term or (terms and term < terms[0] * 1e-18):
            break
        terms.append(term)
        term *= count / (compared - count + 1) * odds
    return math.fsum(terms)
