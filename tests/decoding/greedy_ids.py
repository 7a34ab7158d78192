"""Prompts of ids, and what a plain loop over transformers in float32 makes of them."""

import functools
import random

from parity.decoding import weights
from parity.decoding.records import Request

ENDS = (602, 600)
"""What ends a completion of the tiny model: its generation_config.json."""
ENDING, LAST, SIZE = 1, 600, 29
"""The place of a request that ends by itself, the id that ends it, and how many came by then."""
LENGTHS = (4, 9, 17, 33, 64, 5, 100, 12, 40, 3)


def requests(max_tokens=24):
    """As many requests as there are LENGTHS, drawn."""
    draw = random.Random(42)  # noqa: S311 (prompts, not secrets)
    drawn = [tuple(draw.randrange(600) for _ in range(length)) for length in LENGTHS]
    return [Request(f"drawn/{n}", ids, "", max_tokens) for n, ids in enumerate(drawn)]


@functools.cache
def expected():
    """The new ids of each request."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        weights.find("tiny", "safetensors"), dtype=torch.float32, attn_implementation="eager"
    )
    return [_completed(model, torch, request) for request in requests()]


def _completed(model, torch, request):
    new, given, past = [], list(request.ids), None
    with torch.no_grad():
        while len(new) < request.max_tokens and not (new and new[-1] in ENDS):
            made = model(torch.tensor([given]), past_key_values=past, use_cache=True)
            past = made.past_key_values
            given = [int(made.logits[0, -1].argmax())]
            new += given
    return tuple(new)
