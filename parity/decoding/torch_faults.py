"""Faults to plant in a loaded transformers model of Llama's or Qwen2's shape, one function each.

Each is named for its fault. Its docstring says in one sentence what is wrong, and after the colon
which bug that is; then where such a one was seen. It changes the model in place: its weights, or by
`torch_passes` its inputs, its cache or its logits.
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from transformers.activations import ACT2FN

from parity.decoding.torch_passes import Inputs, after, before, heads, written

ONCE: Final = 5
"""The pass of faults that happen once: some ids are right before it."""
LATE: Final = 8
"""The pass from which a late fault holds."""
WINDOW: Final = 48
"""Positions that a window wrongly leaves in sight: longer prompts alone show it."""


def position_off_by_one(model: Any) -> None:
    """New ids stand one position too far: a decode loop that counts from the wrong end.

    Seen: microsoft/onnxruntime-genai#2354
    """

    def change(step: int, inputs: Inputs) -> None:
        inputs["position_ids"] = inputs["position_ids"] + (step > 0)

    before(model, change)


def first_token_dropped(model: Any) -> None:
    """The first id of a prompt is never seen: a BOS that one side adds and the other does not.

    Seen: vllm-project/vllm#15420
    """
    first: list[Any] = []

    def change(step: int, inputs: Inputs) -> None:
        mask = inputs["attention_mask"].clone()
        if step == 0:
            first[:] = [mask.argmax(dim=1, keepdim=True)]
        inputs["attention_mask"] = mask.scatter(1, first[0], 0)
        inputs["position_ids"] = (inputs["position_ids"] - 1).clamp(min=0)

    before(model, change)


def last_token_masked(model: Any) -> None:
    """Nobody may look at the last id of a prompt: a mask that is built one too short."""
    last: list[int] = []

    def change(step: int, inputs: Inputs) -> None:
        mask = inputs["attention_mask"].clone()
        if step == 0:
            last[:] = [mask.shape[1] - 1]
        mask[:, last[0]] = 0
        inputs["attention_mask"] = mask

    before(model, change)


def padding_leaks(model: Any) -> None:
    """Padding is attended to as if it were text: a batch whose mask is forgotten.

    Seen: ml-explore/mlx-lm#1906
    """

    def change(_step: int, inputs: Inputs) -> None:
        inputs["attention_mask"] = torch.ones_like(inputs["attention_mask"])

    before(model, change)


def right_padding(model: Any) -> None:
    """Shorter prompts are padded at their end, and completed after it: the wrong padding side.

    Seen: TransformerLensOrg/TransformerLens#1760
    """
    padded: list[Any] = []

    def change(step: int, inputs: Inputs) -> None:
        mask = inputs["attention_mask"]
        if step == 0:
            order = mask.argsort(dim=1, descending=True, stable=True)
            padded[:] = [mask.gather(1, order)]
            inputs["input_ids"] = inputs["input_ids"].gather(1, order)
            inputs["position_ids"] = inputs["position_ids"].gather(1, order)
        length = padded[0].shape[1]
        inputs["attention_mask"] = torch.cat([padded[0], mask[:, length:]], dim=1)

    before(model, change)


def window_where_none_is(model: Any) -> None:
    """Only the last 48 positions are seen: a sliding window read from a config that disables it.

    Seen: huggingface/transformers#38002
    """

    def change(step: int, inputs: Inputs) -> None:
        if step > 0:
            mask = inputs["attention_mask"].clone()
            mask[:, :-WINDOW] = 0
            inputs["attention_mask"] = mask

    before(model, change)


def key_zeroed(model: Any) -> None:
    """One position's keys are zero in the cache: a slot at the edge of a page, never written.

    Seen: microsoft/onnxruntime-genai#2354
    """

    def change(step: int, inputs: Inputs, _output: Any) -> None:
        if step == 0:
            for layer in inputs["past_key_values"].layers:
                layer.keys[:, :, -1] = 0

    after(model, change)


def stale_key(model: Any) -> None:
    """At one step the cache keeps the keys of the step before: a write that came too late.

    Seen: vllm-project/vllm#45357
    """

    def change(step: int, inputs: Inputs, _output: Any) -> None:
        if step == ONCE:
            for layer in inputs["past_key_values"].layers:
                layer.keys[:, :, -1] = layer.keys[:, :, -2]

    after(model, change)


def cache_of_neighbour(model: Any) -> None:
    """From one step on a request reads its neighbour's cache: slots of a batch mixed up.

    Seen: gittensor-ai-lab/sparkinfer#289
    """

    def change(step: int, inputs: Inputs, _output: Any) -> None:
        if step == ONCE:
            for layer in inputs["past_key_values"].layers:
                layer.keys = layer.keys.roll(1, dims=0)
                layer.values = layer.values.roll(1, dims=0)

    after(model, change)


def cache_as_int8(model: Any) -> None:
    """Keys and values are kept in 8 bits a number: a quantised cache that nobody asked for."""

    def change(_step: int, inputs: Inputs, _output: Any) -> None:
        for kept in written(inputs):
            scale = kept.abs().amax(dim=-1, keepdim=True).clamp(min=1e-12) / 127
            kept.copy_((kept / scale).round() * scale)

    after(model, change)


def cache_as_float8(model: Any) -> None:
    """Keys and values are kept as float8 (e4m3): an option of a server that was left on.

    Seen: vllm-project/vllm#50881
    """
    _rounded_cache(model, torch.float8_e4m3fn)


def cache_as_bfloat16(model: Any) -> None:
    """Keys and values are kept as bfloat16 beside float32 compute: the mildest cache there is."""
    _rounded_cache(model, torch.bfloat16)


def _rounded_cache(model: Any, dtype: torch.dtype) -> None:
    def change(_step: int, inputs: Inputs, _output: Any) -> None:
        for kept in written(inputs):
            kept.copy_(kept.to(dtype))

    after(model, change)


def late_swap(model: Any) -> None:
    """From one step on the last layer's new keys have their heads swapped: a fault that waits."""

    def change(step: int, inputs: Inputs, _output: Any) -> None:
        if step >= LATE:
            keys = inputs["past_key_values"].layers[-1].keys
            keys[:, :, -1] = keys[:, :, -1].flip(dims=[1])

    after(model, change)


def wrong_rope_base(model: Any) -> None:
    """Rotary frequencies are 1 % off: a base or a scaling that a conversion changed.

    Seen: huggingface/candle#3746
    """
    model.model.rotary_emb.inv_freq.mul_(0.99)


def rope_interleaved(model: Any) -> None:
    """Rotary pairs are neighbours, not halves: weights that a conversion permuted, or did not.

    Seen: ggml-org/llama.cpp#22611
    """
    for layer in model.model.layers:
        for linear in (layer.self_attn.q_proj, layer.self_attn.k_proj):
            for cut in heads(linear, linear.out_features // layer.self_attn.head_dim):
                cut.copy_(torch.cat([cut[:, 0::2], cut[:, 1::2]], dim=1))


def wrong_attention_scale(model: Any) -> None:
    """Scores are scaled 1 % too much: a scale of another head size, or one applied twice.

    Seen: ggml-org/llama.cpp#8444
    """
    for layer in model.model.layers:
        layer.self_attn.scaling *= 1.01


def wrong_eps(model: Any) -> None:
    """The eps of each RMS norm is ten times too large: 1e-5 for 1e-6, read from a default.

    Seen: apache/tvm#15856
    """
    for module in model.modules():
        if hasattr(module, "variance_epsilon"):
            module.variance_epsilon *= 10


def norms_shifted_by_one(model: Any) -> None:
    """The last norm multiplies by 1 + weight: Gemma's convention where it does not hold.

    Seen: vllm-project/vllm#31464
    """
    model.model.norm.weight.add_(1)


def wrong_activation(model: Any) -> None:
    """The gate is GELU where it is SiLU: an activation written into the code, not read.

    Seen: huggingface/candle#3745
    """
    for layer in model.model.layers:
        layer.mlp.act_fn = ACT2FN["gelu_pytorch_tanh"]


def biases_dropped(model: Any) -> None:
    """The biases of queries, keys and values are gone: a loader that skips names it knows not.

    Seen: vllm-project/vllm#39663
    """
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            weight.zero_()


def weights_as_bfloat16(model: Any) -> None:
    """Weights went through bfloat16: a checkpoint that somebody saved in another dtype."""
    for weight in model.parameters():
        weight.copy_(weight.to(torch.bfloat16))


def weights_as_int8(model: Any) -> None:
    """Weights went through 8 bits a row: a quantised file taken for the original."""
    for weight in model.parameters():
        scale = weight.abs().amax(dim=-1, keepdim=True).clamp(min=1e-12) / 127
        weight.copy_((weight / scale).round() * scale)


def key_heads_swapped(model: Any) -> None:
    """The last layer's key heads are swapped: grouped heads laid out in another order.

    Seen: huggingface/transformers#31788
    """
    attention = model.model.layers[-1].self_attn
    for cut in heads(attention.k_proj, model.config.num_key_value_heads):
        cut.copy_(cut.flip(dims=[0]))


def output_tied(model: Any) -> None:
    """The output layer is the embedding: `tie_word_embeddings` read as true where it is false.

    Seen: huggingface/transformers#46456
    """
    model.lm_head.weight.copy_(model.model.embed_tokens.weight)


def output_scaled(model: Any) -> None:
    """Logits are 2 % too large: a temperature, or a scale of the model, left in or left out.

    No greedy id can ever show it; log-probabilities must.

    Seen: vllm-project/vllm#52158
    """
    model.lm_head.weight.mul_(1.02)


def previous_logits(model: Any) -> None:
    """Each id is chosen from the logits of the step before: off by one between row and position."""
    kept: list[Any] = []

    def ask(step: int, inputs: Inputs) -> None:
        inputs["logits_to_keep"] = 1 + (step == 0)

    def change(step: int, _inputs: Inputs, output: Any) -> None:
        if step == 0:
            kept[:] = [output.logits[:, -2:-1]]
        output.logits, kept[0] = kept[0], output.logits[:, -1:]

    before(model, ask)
    after(model, change)


def ties_to_highest(model: Any) -> None:
    """Of exactly equal logits the highest id is taken: top-k where the other side has argmax.

    The highest is put ahead by one unit in the last place of float32, which decides a tie only.

    Seen: vllm-project/vllm#41598
    """

    def change(_step: int, _inputs: Inputs, output: Any) -> None:
        logits = output.logits.float()
        greatest = logits.amax(dim=-1, keepdim=True)
        ids = torch.arange(logits.shape[-1], device=logits.device)
        highest = torch.where(logits == greatest, ids, -1).amax(dim=-1, keepdim=True)
        ahead = torch.nextafter(greatest, torch.full_like(greatest, math.inf))
        output.logits = logits.scatter(-1, highest, ahead)

    after(model, change)
