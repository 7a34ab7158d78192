"""One prompt among other neighbours: whatever stands beside it, its ids must be the same.

A set may have the same prompt several times, under several ids (`needle`). Given in batches, or to
an engine that batches by itself, each stands among others, at another place. In arithmetic as
coarse as bfloat16 this is where engines differ from themselves: sums have another order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from parity.decoding.budgets import Budget
from parity.decoding.findings import Finding
from parity.decoding.judging import judge
from parity.decoding.records import Outcome, Prompt


def alike(prompts: Iterable[Prompt]) -> list[list[Prompt]]:
    """Return the prompts that ask the same thing, each with its kin, in the order of the set.

    >>> one, other = (Prompt(f"s/{name}", "text", "a") for name in "xy")
    >>> [[prompt.id for prompt in kin] for kin in alike([one, Prompt("s/z", "text", "b"), other])]
    [['s/x', 's/y']]
    """
    groups: dict[str, list[Prompt]] = {}
    for prompt in prompts:
        asked = repr((prompt.kind, prompt.payload, prompt.max_tokens, prompt.stop))
        groups.setdefault(asked, []).append(prompt)
    return [kin for kin in groups.values() if len(kin) > 1]


def beside_others(
    prompts: Sequence[Prompt], outcomes: Mapping[str, Outcome], budget: Budget | None = None
) -> list[Finding]:
    """Return what is found of each prompt that is there again, against the first of its kin.

    outcomes: of one engine, by prompt. Its notes name that first one.
    """
    found = []
    for first, *others in alike(prompts):
        for prompt in others:
            one = judge(prompt, outcomes.get(first.id), outcomes.get(prompt.id), budget)
            note = "; ".join(filter(None, [f"the same prompt as {first.id}", one.note]))
            found.append(one._replace(note=note))
    return found
