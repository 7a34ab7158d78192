"""What decides: a profile says which classes of findings a run may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from parity.decoding.budgets import FACTOR, Budget
from parity.decoding.findings import Finding

EXACT, DIVERGED, INCONCLUSIVE, NOTHING = 0, 1, 3, 5
"""Exit codes, those of the house."""


class Profile(NamedTuple):
    """A way to decide.

    summary: what it is for, in a line.
    dtypes: in which both sides must compute; () for any.
    factor: of its budget.
    certified: share of steps that the certified prefixes must cover; None where none is asked for.
    passes: classes that are no divergence.
    """

    name: str
    summary: str
    dtypes: tuple[str, ...] = ()
    factor: float = FACTOR
    certified: float | None = None
    passes: frozenset[str] = frozenset({"SAME", "TIE", "NEAR_TIE"})
    needs_budget: bool = True


PROFILES: Final[Mapping[str, Profile]] = {
    one.name: one
    for one in (
        Profile(
            "exact", "float32 compute, weights as they are: a gate", ("float32", "float64"),
            certified=0.95,
        ),
        Profile("exact64", "float64, tiny models: a gate", ("float64",), certified=0.95),
        Profile(
            "bounded", "bfloat16, float16, quantised: against the noise of itself, advisory",
            factor=2.0,
        ),
        Profile(
            "determinism", "one engine and itself", passes=frozenset({"SAME"}), needs_budget=False
        ),
    )
}  # fmt: skip


class Verdict(NamedTuple):
    """What a run comes to.

    code: the exit code. word: EXACT, BOUNDED, DETERMINISTIC, DIVERGED, INCONCLUSIVE or NOTHING.
    words: why, a sentence each.
    counts: findings by class, those that occur.
    certified: share of steps in certified prefixes; None where no step was compared.
    statement: how many of how many prompts differ, and what that bounds.
    """

    code: int
    word: str
    words: tuple[str, ...]
    counts: Mapping[str, int]
    certified: float | None
    statement: str


def conclude(
    profile: str, findings: Sequence[Finding], budget: Budget | None, dtypes: Sequence[str] = ()
) -> Verdict:
    """Return what findings come to by a profile.

    dtypes: in which the sides computed, where that is known. Raises UsageError for no profile.
    """
    counts = dict(Counter(finding.kind for finding in findings))
    return Verdict(INCONCLUSIVE, "INCONCLUSIVE", ("nothing is judged yet",), counts, None, "")
