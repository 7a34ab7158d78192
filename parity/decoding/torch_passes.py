"""The passes of a loaded transformers model, and how to change what goes in and what comes out.

A pass is one call of the model: the first reads the prompts, each later one gives one new id. What
is planted here is a hook of torch, so it holds for whoever calls the model: `generate`, or a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Inputs = dict[str, Any]
"""What the model is called with: input_ids, attention_mask, position_ids, past_key_values, ..."""


class Passes:
    """Counts the passes of one batch: 0 reads the prompts."""

    def __init__(self) -> None:
        self.step = 0

    def begin(self, _model: Any, _args: Any, inputs: Inputs) -> None:
        """Count a pass; an empty cache is the beginning of a batch."""
        cache = inputs["past_key_values"]
        self.step = self.step + 1 if cache.get_seq_length() else 0


def before(model: Any, change: Callable[[int, Inputs], None]) -> None:
    """Let `change(step, inputs)` alter what each pass gets."""
    passes = Passes()

    def hook(model: Any, args: Any, inputs: Inputs) -> tuple[Any, Inputs]:
        passes.begin(model, args, inputs)
        altered = dict(inputs)
        change(passes.step, altered)
        return args, altered

    model.register_forward_pre_hook(hook, with_kwargs=True)


def after(model: Any, change: Callable[[int, Inputs, Any], None]) -> None:
    """Let `change(step, inputs, output)` alter the cache and the logits that each pass leaves."""
    passes = Passes()

    def hook(_model: Any, _args: Any, inputs: Inputs, output: Any) -> None:
        change(passes.step, inputs, output)

    model.register_forward_pre_hook(passes.begin, with_kwargs=True)
    model.register_forward_hook(hook, with_kwargs=True)


def written(inputs: Inputs) -> list[Any]:
    """Return the keys and values, of every layer, that a pass has just written: views to change."""
    new = inputs["input_ids"].shape[1]
    cache = inputs["past_key_values"]
    return [kept[:, :, -new:] for layer in cache.layers for kept in (layer.keys, layer.values)]


def heads(linear: Any, number: int) -> list[Any]:
    """Return the weight of a layer, and its bias if it has one, cut into heads: views to change."""
    there = [weight for weight in (linear.weight, linear.bias) if weight is not None]
    return [each.view(number, each.shape[0] // number, *each.shape[1:]) for each in there]
