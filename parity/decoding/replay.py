"""Teacher-forced replay: what a side would have said on the other's ids; what that confirms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from parity.decoding.budgets import Budget
from parity.decoding.findings import Finding
from parity.decoding.records import Outcome, Step


class Replay(NamedTuple):
    """One direction: a side scores the ids that the other has chosen.

    steps, seen: ids, and those of which a pair shift is known.
    beyond: steps whose shift is beyond the budget. worst: the greatest shift in nats.
    kl: mean KL divergence in nats, over ids that both tops have and one bucket for all others:
        never above that of the whole vocabulary. se: its standard error; None below two steps.
    agreement: share of the steps with both tops whose leading ids are the same.
    """

    steps: int
    seen: int
    beyond: int
    worst: float | None
    kl: float | None
    se: float | None
    agreement: float | None


def wanted(finding: Finding) -> bool:
    """Say whether a replay can confirm a finding: whether its ids part for a reason in logits."""
    return finding.kind in ("TIE", "NEAR_TIE", "LOCAL", "SYSTEMIC")


def replay(said: Sequence[Step], scored: Sequence[Step], budget: float) -> Replay:
    """Return what the steps of one side are worth against what the other scores on its ids."""
    return Replay(len(said), 0, 0, None, None, None, None)


def confirm(
    finding: Finding,
    reference: Outcome,
    candidate: Outcome,
    scored: tuple[Sequence[Step] | None, Sequence[Step] | None],
    budget: Budget | None,
) -> Finding:
    """Return a finding with what a replay says of it, and of another class where it refutes it.

    scored: the candidate's ids as the reference scores them, and the reference's ids as the
        candidate scores them; None where a side cannot. Neither makes a pass of what was none.
    """
    return finding._replace(confirmed="not replayed")


def pooled(replays: Sequence[Replay]) -> tuple[float, float | None] | None:
    """Return the mean KL over prompts and its standard error, clustered by prompt."""
    return None
