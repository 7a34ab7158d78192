"""The class of what is found of one prompt."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from parity.decoding.budgets import Budget
from parity.decoding.findings import Finding
from parity.decoding.levels import compare
from parity.decoding.records import Outcome, Prompt

NOISE: Final = frozenset({"TIE", "NEAR_TIE"})
"""Classes of other ids that numerics explain. All others but SAME are never a pass."""


def judge(
    prompt: Prompt,
    reference: Outcome | None,
    candidate: Outcome | None,
    budget: Budget | None,
    eos: Collection[int] = (),
) -> Finding:
    """Return what is found of one prompt; None is a side that never answered.

    eos: ids that end a completion, as the model says.
    """
    if reference is None or candidate is None:
        return Finding(prompt.id, "ABSENT", {})
    levels = compare(reference, candidate, budget.nats if budget else None)
    same = levels["ids"].outcome == levels["prompt_ids"].outcome == "same"
    return Finding(prompt.id, "SAME" if same else "UNEXPLAINED", levels)


def repeated(
    prompt: Prompt,
    first: Outcome | None,
    again: Outcome | None,
    budget: Budget | None = None,
    eos: Collection[int] = (),
) -> Finding:
    """Return what is found of one engine and itself: whatever differs is NONDETERMINISTIC."""
    found = judge(prompt, first, again, budget, eos)
    return found if found.kind in ("SAME", "ABSENT") else found._replace(kind="NONDETERMINISTIC")
