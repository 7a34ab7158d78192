"""Prompts of one batch: filled up on the left before, and cut where each ends alone after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import transformers

Ends = Callable[[torch.Tensor], bool]
"""Whether a row, prompt and new ids, ends with a stop string."""


def padded(prompts: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids filled up on the left, and the mask that is 0 there.

    >>> padded([[5], [6, 7]], 0)[0].tolist()
    [[0, 5], [6, 7]]
    """
    width = max(map(len, prompts))
    ids = [[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids), torch.tensor(mask)


def ended(
    row: torch.Tensor, width: int, *, limit: int, eos: Sequence[int], stops: Ends
) -> tuple[int, str]:
    """Return how many new ids of a row there are up to its end, and why it ends there.

    row: the ids of a prompt, `width` wide, and of all that came after it. An id of `eos` is the
    last; so is one that completes a stop string, or the one that makes it `limit`. Where none of
    this comes, the reason is "".
    """
    new = row[width:].tolist()[:limit]
    for count, id in enumerate(new, 1):
        if id in eos:
            return count, "eos"
        if stops(row[: width + count]):
            return count, "string"
    return len(new), "length" if len(new) == limit else ""


def stop_strings(tokenizer: Any, strings: Sequence[str]) -> Ends:
    """Return the package's own test for stop strings: it looks at the last ids, prompt included."""
    if not strings:
        return lambda row: False  # noqa: ARG005 (no strings)
    criteria = transformers.StopStringCriteria(tokenizer, list(strings))
    scores: Any = None
    return lambda row: bool(criteria(row[None], scores).item())


class Printed(transformers.TextStreamer):
    """A TextStreamer that keeps what it would print."""

    def __init__(self, tokenizer: Any) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self.chunks: list[str] = []

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002, D102 (its shape)
        if text:
            self.chunks.append(text)
