"""Teacher-forced replay: what a side would have said on the other's ids; what that confirms.

Ids that part at a step leave nothing to compare behind it. So the reference scores the candidate's
ids, and the candidate the reference's: one prefill each, in which all ids before a step are the
same again, so that every step has a pair shift. What is scored at once is also another path through
an engine than what was decoded one by one: a candidate whose scores agree while what it said does
not has its fault in decoding (cache, positions, batch), and not in its weights.

    found as             beyond the budget in either direction    becomes
    TIE, NEAR_TIE        no step                                  as it was, confirmed
                         at most 3 steps                          LOCAL
                         more                                     SYSTEMIC
    LOCAL, UNEXPLAINED   at most 3 steps                          as it was (LOCAL confirmed by one)
                         more                                     SYSTEMIC
    SYSTEMIC             more than 3 steps                        as it was, confirmed
                         fewer                                    as it was, not confirmed

It is not confirmed, either, where fewer than half of the steps of all directions are seen. No row
makes a pass of what was none.

KL divergence is of the ids in the reference's top and of one bucket for all others; an id that the
candidate's top lacks is given the most that it can have there. So it is never above that over the
whole vocabulary, and a top that is short sees little of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import Final, NamedTuple

from parity.decoding import shifts
from parity.decoding.budgets import Budget
from parity.decoding.findings import Finding
from parity.decoding.judging import FEW, NOISE
from parity.decoding.records import Outcome, Step

LEAST: Final = 1e-7
"""What a bucket is taken for at least: sums of float32 are not finer."""


class Replay(NamedTuple):
    """One direction: a side scores the ids that the other has chosen.

    steps, seen: ids, and those of which it is known whether the shift is beyond the budget.
    beyond: steps whose shift is. worst: the greatest shift in nats.
    kl: mean KL divergence of the candidate from the reference, in nats, never above that of the
        whole vocabulary. se: its standard error over steps; None below two.
    agreement: share of the steps with both tops whose leading ids are the same.
    """

    steps: int
    seen: int
    beyond: int
    worst: float | None
    kl: float | None
    se: float | None
    agreement: float | None

    def __str__(self) -> str:
        told = [f"{self.beyond} of {self.steps} steps beyond"]
        if self.seen < self.steps:
            told.append(f"{self.seen} seen")
        if self.kl is not None and self.agreement is not None:
            error = "" if self.se is None else f" +/- {self.se:.2g}"
            told.append(f"KL {self.kl:.3g}{error} nats or more, top-1 {self.agreement:.1%}")
        return ", ".join(told)


def wanted(finding: Finding) -> bool:
    """Say whether a replay can confirm a finding: whether its ids part for a reason in logits."""
    parted = finding.kind in {"LOCAL", "SYSTEMIC", "UNEXPLAINED"} and finding.step is not None
    return parted or finding.kind in NOISE


def replay(reference: Sequence[Step], candidate: Sequence[Step], budget: float) -> Replay:
    """Return what both sides' steps on the same ids say, one of which was scored.

    Raises ValueError where their numbers differ.
    """
    pairs = list(zip(reference, candidate, strict=True))
    found = [shifts.shift(one, other) for one, other in pairs]
    both = [(one, other) for one, other in pairs if one.top and other.top]
    apart = [divergence(one, other) for one, other in both]
    return Replay(
        len(pairs),
        sum(one.seen(budget) for one in found),
        sum(one.beyond(budget) for one in found),
        shifts.greatest(found),
        fmean(apart) if apart else None,
        stdev(apart) / math.sqrt(len(apart)) if len(apart) > 1 else None,
        fmean(one.top[0][0] == other.top[0][0] for one, other in both) if both else None,
    )


def divergence(reference: Step, candidate: Step) -> float:
    """Return the least that the KL divergence of two tops can be, in nats.

    >>> round(divergence(Step(((1, math.log(0.5)),)), Step(((1, math.log(0.25)),))), 4)
    0.1438
    """
    there, last = dict(candidate.top), candidate.top[-1][1]
    pairs = [(value, there.get(id, last)) for id, value in reference.top]
    shared = (there[id] for id, _ in reference.top if id in there)
    rest = [_rest(value for value, _ in pairs), _rest(shared)]
    pairs.append((math.log(rest[0]), math.log(rest[1])))
    return max(math.fsum(math.exp(one) * (one - other) for one, other in pairs), 0.0)


def _rest(values: Iterable[float]) -> float:
    return max(1 - math.fsum(map(math.exp, values)), LEAST)


def confirm(
    finding: Finding,
    reference: Outcome,
    candidate: Outcome,
    scored: tuple[Sequence[Step] | None, Sequence[Step] | None],
    budget: Budget | None,
) -> Finding:
    """Return a finding with what a replay says of it, and of another class where it refutes it.

    scored: the candidate's ids as the reference scores them, and the reference's ids as the
        candidate scores them; None where a side cannot.
    """
    if not wanted(finding):
        return finding
    if budget is None:
        return finding._replace(confirmed="not replayed: no budget says what is noise")
    forward = _direction(scored[0], _steps(candidate), budget.nats)
    back = _direction(_steps(reference), scored[1], budget.nats)
    told = [
        f"the reference on the candidate's ids: {forward}",
        f"the candidate on the reference's ids: {back}",
    ]
    found = [one for one in (forward, back) if isinstance(one, Replay)]
    if not found:
        return finding._replace(confirmed=f"not replayed: {'; '.join(told)}")
    return _concluded(finding, found, told)


def pooled(replays: Sequence[Replay]) -> tuple[float, float | None] | None:
    """Return the mean KL over prompts and its standard error, clustered by prompt."""
    known = [one.kl for one in replays if one.kl is not None]
    if not known:
        return None
    return fmean(known), stdev(known) / math.sqrt(len(known)) if len(known) > 1 else None


def _steps(outcome: Outcome) -> Sequence[Step] | None:
    return outcome.generation.steps if outcome.generation else None


def _direction(
    reference: Sequence[Step] | None, candidate: Sequence[Step] | None, budget: float
) -> Replay | str:
    """Return the replay of one direction, or why there is none."""
    if reference is None or candidate is None:
        return "a side gives no log-probabilities of them"
    if len(reference) != len(candidate):
        return f"{len(reference)} steps against {len(candidate)}"
    return shifts.unfit([*reference, *candidate]) or replay(reference, candidate, budget)


def _concluded(finding: Finding, found: Sequence[Replay], told: Sequence[str]) -> Finding:
    """Return what the rows of the module's table make of a finding."""
    most = max(one.beyond for one in found)
    enough = all(one.seen >= shifts.ENOUGH * one.steps for one in found)
    kind = finding.kind
    if most > FEW:
        kind = "SYSTEMIC"
    elif most and kind in NOISE:
        kind = "LOCAL"
    holds = {"SYSTEMIC": most > FEW, "LOCAL": most > 0}.get(kind, kind in NOISE) and enough
    verdict = "confirmed" if holds else "not confirmed"
    note = finding.note
    if kind != finding.kind:
        note = f"{finding.kind} at its step ({note}), and the replay shifts beyond the budget"
    if len(found) > 1 and found[0].beyond and not found[1].beyond:
        told = [*told, "what the candidate scores agrees: its fault is in decoding"]
    return finding._replace(kind=kind, confirmed=f"{verdict}: {'; '.join(told)}", note=note)
