"""Changes to a loaded transformers model that change nothing but the last bits of its arithmetic.

Who calls one of these a fault is too strict: a budget is smaller than the noise that it is for.
"""

from __future__ import annotations

from typing import Any, Final

import torch

from parity.decoding.torch_passes import Inputs, after, before, heads

CONSTANT: Final = 1.0
SHIFT: Final = 3
"""Positions that everything is moved by."""
STEP: Final = 4
"""The pass after which so many entries of the cache, the last, are turned round."""


def hidden_channels_permuted(model: Any) -> None:
    """All layers agree on another order of the hidden channels."""
    order = _order(model.config.hidden_size)
    body = model.model
    for weight in (body.embed_tokens.weight, body.norm.weight, model.lm_head.weight):
        weight.copy_(weight[..., order])
    for layer in body.layers:
        attention, mlp = layer.self_attn, layer.mlp
        for norm in (layer.input_layernorm, layer.post_attention_layernorm):
            norm.weight.copy_(norm.weight[order])
        for linear in (
            attention.q_proj, attention.k_proj, attention.v_proj, mlp.gate_proj, mlp.up_proj
        ):  # fmt: skip
            linear.weight.copy_(linear.weight[:, order])
        for linear in (attention.o_proj, mlp.down_proj):
            linear.weight.copy_(linear.weight[order])


def heads_permuted(model: Any) -> None:
    """Groups of heads stand in reverse order, in queries, keys, values and output alike."""
    for layer in model.model.layers:
        attention = layer.self_attn
        groups = model.config.num_key_value_heads
        for linear in (attention.q_proj, attention.k_proj, attention.v_proj):
            for cut in heads(linear, groups):
                cut.copy_(cut.flip(dims=[0]))
        columns = attention.o_proj.weight.unflatten(1, (groups, -1))
        columns.copy_(columns.flip(dims=[1]))


def intermediate_rows_permuted(model: Any) -> None:
    """The channels inside each MLP stand in another order."""
    order = _order(model.config.intermediate_size)
    for layer in model.model.layers:
        for linear in (layer.mlp.gate_proj, layer.mlp.up_proj):
            linear.weight.copy_(linear.weight[order])
        layer.mlp.down_proj.weight.copy_(layer.mlp.down_proj.weight[:, order])


def norms_folded(model: Any) -> None:
    """The weight of each norm is multiplied into the layer after it, as fused kernels have it."""
    for layer in model.model.layers:
        attention, mlp = layer.self_attn, layer.mlp
        _fold(layer.input_layernorm, attention.q_proj, attention.k_proj, attention.v_proj)
        _fold(layer.post_attention_layernorm, mlp.gate_proj, mlp.up_proj)
    _fold(model.model.norm, model.lm_head)


def _fold(norm: Any, *linears: Any) -> None:
    for linear in linears:
        linear.weight.mul_(norm.weight)
    norm.weight.fill_(1)


def constant_added(model: Any) -> None:
    """One number is added to all logits: the softmax of them is what it was."""

    def change(_step: int, _inputs: Inputs, output: Any) -> None:
        output.logits = output.logits + CONSTANT

    after(model, change)


def positions_shifted(model: Any) -> None:
    """Prompt and new ids stand three positions further: rotary positions are relative."""

    def change(_step: int, inputs: Inputs) -> None:
        inputs["position_ids"] = inputs["position_ids"] + SHIFT

    before(model, change)


def cache_entries_reversed(model: Any) -> None:
    """The last four entries of the cache are turned round, keys with values: it has no order."""

    def change(step: int, inputs: Inputs, _output: Any) -> None:
        if step == STEP:
            for layer in inputs["past_key_values"].layers:
                for kept in (layer.keys, layer.values):
                    kept[:, :, -STEP:] = kept[:, :, -STEP:].flip(dims=[2])

    after(model, change)


def _order(size: int) -> torch.Tensor:
    return torch.randperm(size, generator=torch.Generator().manual_seed(size))
