"""Batch plans: one prompt alone and in company, padded on either side, cold and warm, with a draft.

What a model answers should not depend on who else is in the batch. A payload is

    prompts   one to five texts
    batches   calls in order, each with `of` (numbers of prompts), `padding` ("left", "right" or
              "none"), `cache` ("cold" or "warm") and `draft` (whether a draft model guesses first);
              the first is always prompt 0 alone and cold: what the others are compared with
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from parity.grammar import Changed, Choose, Fields, Grammar, Join, Many, OneOf, Pick, Repeat

WORDS: Final = ("Hello", " world", " 1, 2, 3,", "\n", " the", " 世界", "😀", " def f():", "é", ".")
LENGTHS: Final = ((1, 2), (3, 8), (30, 60))
MOST: Final = 5
"""Prompts, at most."""
ALONE: Final = {"padding": "none", "cache": "cold", "draft": False}


def grammar() -> Grammar:
    """Return plans of two to five batches."""
    prompt = OneOf([Join((Pick(WORDS), Repeat(Pick(WORDS), *length))) for length in LENGTHS])
    batch = Fields(
        {
            "of": Many(Choose(range(MOST)), 1, 6),
            "padding": Choose(("none", "left", "right")),
            "cache": Choose(("cold", "warm")),
            "draft": Choose((False, True)),
        }
    )
    plan = Fields({"prompts": Many(prompt, 1, MOST), "batches": Many(batch, 1, 4)})
    return Changed(plan, _numbered)


def _numbered(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan in which prompt 0 comes first, alone, and every number is of a prompt."""
    count = len(drawn["prompts"])
    batches = [
        {**batch, "of": [number % count for number in batch["of"]]} for batch in drawn["batches"]
    ]
    return {"prompts": drawn["prompts"], "batches": [{"of": [0], **ALONE}, *batches]}
