"""Compare two observations of one case: lengths first, contents next, nothing cut off.

Every verdict of tokparity comes from `compare`. Which side is right is never its business.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from parity.signature import sign
from parity.types import Case, Failure, Observation


class Verdict(enum.StrEnum):
    """What became of one case under one check."""

    SAME = "same"
    DIVERGED = "diverged"
    UNSUPPORTED = "unsupported"
    """A side has no such operation: nothing was compared."""
    EXPECTED = "expected"
    """Diverged as the ledger of known differences says."""
    UNEXPECTED = "unexpected"
    """The ledger says that it differs, and it does not: the entry is stale, the run fails."""
    NONDETERMINISTIC = "nondeterministic"
    """The reference disagrees with itself."""
    REPORTED = "reported"
    """A property that does not hold; it informs and never decides."""
    INCOMPARABLE = "incomparable"
    """Two algorithms that cannot be asked for the same there: nothing is compared."""


class Difference(NamedTuple):
    """The first place where two observations part.

    kind: `value` (both have something there), `missing` (the candidate ends first), `extra`
        (the reference ends first), `outcome` (value against failure, or two kinds of failure),
        `type`, `signature` (only digests are known, so the place is not).
    path: where, from the outside in: indexes and keys.
    reference, candidate: what each has there.
    lengths: of the innermost sequences that were compared, or None.
    """

    kind: str
    path: tuple[int | str, ...] = ()
    reference: Any = None
    candidate: Any = None
    lengths: tuple[int, int] | None = None


class Comparison(NamedTuple):
    """One case, one check, two observations, one verdict.

    judged: `both`, or for a law the one side that was compared with itself.
    note: the ledger's reason for an expected difference.
    cause: its class, where the ledger had to know it; else "".
    """

    case: Case
    check: str
    verdict: Verdict
    reference: Observation
    candidate: Observation
    difference: Difference | None = None
    judged: str = "both"
    note: str = ""
    cause: str = ""


def compare(case: Case, check: str, reference: Observation, candidate: Observation) -> Comparison:
    """Return the comparison of two observations of `case`.

    >>> case = Case("t/a-00000000", "text", "a")
    >>> found = compare(case, "ids", Observation([1, 2]), Observation([1, 3]))
    >>> found.verdict.value, found.difference.path
    ('diverged', (1,))
    """
    unsupported = _is_unsupported(reference) or _is_unsupported(candidate)
    if unsupported:
        return Comparison(case, check, Verdict.UNSUPPORTED, reference, candidate)
    difference = part(check, reference, candidate)
    verdict = Verdict.SAME if difference is None else Verdict.DIVERGED
    return Comparison(case, check, verdict, reference, candidate, difference)


def part(check: str, reference: Observation, candidate: Observation) -> Difference | None:
    """Return the first place where two observations part, or None where they agree."""
    left, right = reference.failure, candidate.failure
    if left or right:
        agree = left and right and left.kind == right.kind and not (left.fault or right.fault)
        return None if agree else Difference("outcome", (), _outcome(left), _outcome(right))
    if reference.signature or candidate.signature:
        return _part_by_signature(check, reference, candidate)
    return first_difference(reference.value, candidate.value)


def first_difference(reference: Any, candidate: Any) -> Difference | None:
    """Return the first place where two plain values part, or None where they are equal.

    >>> first_difference("abc", "abd")
    Difference(kind='value', path=(2,), reference='c', candidate='d', lengths=(3, 3))
    >>> first_difference([1], [1, 2]).kind
    'extra'
    """
    if _family(reference) is not _family(candidate):
        names = type(reference).__name__, type(candidate).__name__
        return Difference("type", (), *names)
    if isinstance(reference, Mapping):
        return _first_in_mappings(reference, candidate)
    if isinstance(reference, str | bytes | list | tuple):
        return _first_in_sequences(reference, candidate)
    return None if reference == candidate else Difference("value", (), reference, candidate)


def _first_in_sequences(reference: Sequence[Any], candidate: Sequence[Any]) -> Difference | None:
    lengths = len(reference), len(candidate)
    common = min(lengths)
    for index in range(common):
        left, right = reference[index], candidate[index]
        if left == right:
            continue
        if isinstance(reference, str | bytes):
            return Difference("value", (index,), left, right, lengths)
        inner = first_difference(left, right)
        if inner is None:  # a list and a tuple of the same items
            continue
        if inner.path:
            return inner._replace(path=(index, *inner.path))
        return Difference("value", (index,), left, right, lengths)
    if lengths[0] == lengths[1]:
        return None
    if lengths[0] > lengths[1]:
        return Difference("missing", (common,), reference[common], None, lengths)
    return Difference("extra", (common,), None, candidate[common], lengths)


def _first_in_mappings(
    reference: Mapping[Any, Any], candidate: Mapping[Any, Any]
) -> Difference | None:
    for key in [*reference, *(key for key in candidate if key not in reference)]:
        if key not in candidate:
            return Difference("missing", (key,), reference[key], None)
        if key not in reference:
            return Difference("extra", (key,), None, candidate[key])
        if reference[key] != candidate[key]:
            inner = first_difference(reference[key], candidate[key])
            if inner is not None:
                return inner._replace(path=(key, *inner.path))
    return None


def _part_by_signature(
    check: str, reference: Observation, candidate: Observation
) -> Difference | None:
    if sign(check, reference) == sign(check, candidate):
        return None
    if reference.value is not None and candidate.value is not None:
        known = first_difference(reference.value, candidate.value)
        if known is not None:
            return known
    signatures = sign(check, reference), sign(check, candidate)
    return Difference("signature", (), *signatures)


def _family(value: Any) -> type:
    if isinstance(value, Mapping):
        return dict
    if isinstance(value, bool):
        return bool
    for family in (list, tuple, str, bytes, int):
        if isinstance(value, family):
            return list if family is tuple else family
    return type(value)


def _outcome(failure: Failure | None) -> str:
    return "value" if failure is None else failure.kind


def _is_unsupported(seen: Observation) -> bool:
    return seen.failure is not None and seen.failure.kind == "Unsupported"
