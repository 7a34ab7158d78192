"""A decimal as serde_json reads it: rounded twice, so its last bit may be another than Python's.

Theory. The digits, as far as they fit in 64 bits, are an integer; that is rounded to a double, and
then multiplied with or divided by a power of ten, which rounds again. Python's float() rounds the
decimal once. A Unigram model's scores are read this way, and the last bit decides ties.

Source: measured on tokenizers 0.23.3, whose serde_json has no `float_roundtrip`.
"""

from __future__ import annotations

import math
from typing import Final

LARGEST: Final = 2**64 - 1
SURE_DIGITS: Final = 19
"""So many digits always fit in 64 bits."""
POWERS: Final = tuple(float(f"1e{power}") for power in range(309))


def read_float(literal: str) -> float:
    """Return what serde_json makes of a JSON number that is no integer; infinity if too large.

    >>> read_float("-13.843325008003077"), float("-13.843325008003077")
    (-13.843325008003076, -13.843325008003077)
    """
    mantissa, _, power = literal.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    significand, exponent = _significand(whole, fraction)
    value = _scaled(float(significand), exponent + int(power or 0))
    return -value if literal.startswith("-") else value


def _significand(whole: str, fraction: str) -> tuple[int, int]:
    """Return the digits that fit in 64 bits, and the power of ten that they are times."""
    if len(whole) + len(fraction) <= SURE_DIGITS:
        return int(whole + fraction), -len(fraction)
    significand = exponent = 0
    for place, digit in enumerate(whole):
        if significand * 10 + int(digit) > LARGEST:
            exponent = len(whole) - place
            break
        significand = significand * 10 + int(digit)
    for digit in fraction:
        if significand * 10 + int(digit) > LARGEST:
            break
        significand, exponent = significand * 10 + int(digit), exponent - 1
    return significand, exponent


def _scaled(value: float, exponent: int) -> float:
    top = len(POWERS) - 1
    while exponent < -top and value:
        value, exponent = value / POWERS[top], exponent + top
    if not value:
        return 0.0
    if exponent > top:
        return math.inf
    return value * POWERS[exponent] if exponent >= 0 else value / POWERS[-exponent]
