"""Whether both sides of a shadow are one and the same thing, whose zero says nothing."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Mapping
from typing import Any

from parity.errors import SelfComparison
from parity.fingerprint import Fingerprint, refuse_equal


class SelfComparisonWarning(UserWarning):
    """Both sides of a shadow are one and the same."""


def is_same(reference: Mapping[str, Any], candidate: Mapping[str, Any]) -> bool:
    """Say whether two fingerprints, as plain data, are of one thing.

    >>> is_same({"failed": "LoadFailed"}, {"native": "a.Tokenizer"})
    False
    """
    try:
        refuse_equal(Fingerprint(**reference), Fingerprint(**candidate))
    except SelfComparison:
        return True
    except TypeError:  # a side that could not be loaded, or that is no backend
        return dict(reference) == dict(candidate)
    return False


def warn(name: str) -> None:
    """Warn that both sides are the same. Never raises: a service goes on, and its log says it."""
    with contextlib.suppress(Warning):
        warnings.warn(
            f"a shadow compares a thing with itself: {name or 'the reference'!r} and its candidate "
            "are one and the same, and a zero of it says nothing; name another candidate",
            SelfComparisonWarning,
            stacklevel=4,
        )
