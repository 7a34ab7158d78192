"""transformers' continuous batching: `generate_batch`, paged, as many prompts a pass as fit.

Prompts are given to it together; which of them share a pass is its own matter. It takes one number
of new ids for all, so each completion is cut at its own; `finish` is found on the ids. It takes no
stop strings: such a prompt is Unsupported. Of log-probabilities it gives that of the chosen id
alone, and chooses by another rule (the argmax of the rounded softmax) once it is asked for it: so
none are asked for.

What fails in it is logged, and an answer of no ids comes instead, without an exception: each
request's own error is looked at, and a request that it lost is one. `num_blocks` is always given;
left to itself it takes gigabytes for the smallest model. It is never called in inference mode, in
which it fails just so. That it changes to flash attention by itself, where there is one, is off.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
import transformers

from parity.backend import Breach, Identity
from parity.decoding import torch_device, torch_model
from parity.decoding.engine import Engine, PromptTooLong
from parity.decoding.records import Capabilities, Generation, Prompt, Request
from parity.decoding.torch_batch import ended, stop_strings
from parity.decoding.torch_model import BAD_PROMPTS, Causal, out_of_memory
from parity.errors import Unsupported

EXTRA: Final = "decode"
TOGETHER: Final = 1024
"""Requests that one pass takes at most, by the package's default."""
BLOCKS: Final = "256"
PAGE: Final = "32"
TOKENS: Final = "256"
Settings: Final[Any] = transformers.GenerationConfig
Batching: Final[Any] = transformers.ContinuousBatchingConfig


class RequestFailed(Breach):
    """Continuous batching gave up on a request, and said why only there."""


class RequestLost(Breach):
    """Continuous batching gave no answer to a request, or that of another."""


class ContinuousBatching(Engine):
    """A model behind `generate_batch`."""

    name = "transformers-cb"

    def __init__(self, causal: Causal, batching: Any, facts: Mapping[str, str]) -> None:
        self.causal, self.batching, self.facts = causal, batching, facts
        self.capabilities = Capabilities(
            together=TOGETHER, device=causal.where.type, dtype=causal.dtype
        )

    def encode(self, prompt: Prompt) -> list[int]:
        return self.causal.encode(prompt)

    def decode(self, ids: Sequence[int]) -> str:
        return self.causal.decode(ids)

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        found: dict[int, Generation | BaseException] = {}
        for place, request in enumerate(requests):
            try:
                self.causal.fits(request)
                if request.stop:
                    self.lacks("stop strings: continuous batching takes none")
            except BAD_PROMPTS as error:
                found[place] = error
        asked = {place: one for place, one in enumerate(requests) if place not in found}
        if asked:
            found.update(zip(asked, self._together(list(asked.values())), strict=True))
        return [found[place] for place in range(len(requests))]

    def identity(self) -> Identity:
        return self.causal.identity(self.facts)

    def _together(self, requests: Sequence[Request]) -> list[Generation | BaseException]:
        """Return what comes of one call; requests are named req_0, req_1, ... in their order."""
        if torch.is_inference_mode_enabled():
            raise Unsupported("continuous batching does not work in torch.inference_mode")
        told = Settings(
            do_sample=False,
            max_new_tokens=self.causal.most(requests),
            eos_token_id=list(self.causal.eos) or None,
            pad_token_id=self.causal.pad,
        )
        try:
            with out_of_memory():
                made = self.causal.model.generate_batch(
                    [list(request.ids) for request in requests],
                    generation_config=told,
                    continuous_batching_config=self.batching,
                )
        except (MemoryError, torch.OutOfMemoryError) as error:
            return [error] * len(requests)
        return [
            self._one(request, made.get(f"req_{number}")) for number, request in enumerate(requests)
        ]

    def _one(self, request: Request, made: Any) -> Generation | BaseException:
        if made is None or tuple(made.prompt_ids) != request.ids:
            return RequestLost("generate_batch gave no answer to this prompt, and no exception")
        if made.error is not None:
            return RequestFailed(f"{made.error} ({len(made.generated_tokens)} ids were there)")
        limit, eos = request.max_tokens, self.causal.eos
        row = torch.tensor([*made.prompt_ids, *made.generated_tokens])
        count, finish = ended(
            row, len(request.ids), limit=limit, eos=eos, stops=stop_strings(None, ())
        )
        ids = tuple(made.generated_tokens[:count])
        try:
            self.causal.fits(request, len(ids))
        except PromptTooLong as error:
            return error
        text = None if self.causal.tokenizer is None else self.causal.decode(ids)
        return Generation(ids, finish, text)


def make(  # noqa: PLR0913 (the options of a spec)
    target: str,
    *,
    dtype: str = "float32",
    device: str = "auto",
    attention: str = "sdpa",
    blocks: str = BLOCKS,
    page: str = PAGE,
    tokens: str = TOKENS,
    deterministic: str = "no",
    tokenizer: str = "",
) -> ContinuousBatching:
    """Return a model behind `generate_batch`. Raises BadSpec, Unsupported or Refused.

    dtype, device, attention, deterministic, tokenizer: as for `transformers`.
    blocks: of the cache, each a page for every layer. page: ids that a page holds.
    tokens: ids that a pass takes, of all prompts together.
    """
    sizes = {
        "num_blocks": torch_device.number("blocks", blocks or BLOCKS),
        "page_size": torch_device.number("page", page or PAGE),
        "max_batch_tokens": torch_device.number("tokens", tokens or TOKENS),
    }
    if torch_device.yes("deterministic", deterministic):
        torch_device.make_deterministic()
    causal = torch_model.load(
        target, dtype=dtype, device=device, attention=attention, tokenizer=tokenizer
    )
    logging.getLogger("ContinuousBatchingLogger").setLevel(logging.CRITICAL)  # it is in `error` too
    facts = {
        "batching": "continuous", "blocks": blocks, "page": page, "tokens": tokens,
        "deterministic": deterministic, "how.device": device,
    }  # fmt: skip
    return ContinuousBatching(causal, Batching(**sizes, auto_switch_to_flash=False), facts)
