"""transformers' own `generate()`, greedy, on a folder of safetensors.

Greedy is torch.argmax: the lowest id on exact ties. Prompts of a batch are filled up on the left
and masked. What `generation_config.json` says of sampling and penalties is left out: only its ids
for EOS and padding count. A batch goes on until its longest prompt is done, so each completion is
cut where it would have ended alone: at its own number of ids, its EOS, or its stop string, which
the package's own StopStringCriteria finds. Prompts with other stop strings are another batch, for
`generate` takes one list for all. A stop string, and what the last id has after it, stays in the
text; `finish` is found on the ids, for `generate` gives no reason.

Steps are the logits that `output_logits` keeps: one row a new id, checked by count, with `lookup`,
`assistant` and `prefill` too. They come as float32 whatever the dtype, so that float64 is rounded
there, and not in `score`, which is one plain pass over prompt and ids, without a cache. `chunks`
are what the package's TextStreamer was given to print, of one prompt alone; what printed nothing
is no chunk.

`generate` runs past the model's context without a word; a completion that does is a PromptTooLong.
Compiling is `model.compile()`; what `generate` compiles on its own, for a static cache on CUDA, is
off always. By its code, a draft of `lookup` may go on past a stop string; such ids stay. With an
assistant, stop strings are Unsupported: `generate` hands them on to it without a tokenizer.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import torch
import transformers

from parity.backend import Identity
from parity.decoding import torch_device, torch_model
from parity.decoding.engine import Engine, PromptTooLong
from parity.decoding.records import Capabilities, Generation, Prompt, Request, Step
from parity.decoding.torch_batch import Printed, ended, padded, stop_strings
from parity.decoding.torch_model import BAD_PROMPTS, Causal, out_of_memory
from parity.decoding.torch_steps import NotANumber, steps
from parity.errors import BadSpec, Unsupported

EXTRA: Final = "decode"
CACHES: Final = {
    "dynamic": None,
    "static": "static",
    "offloaded": "offloaded",
    "offloaded_static": "offloaded_static",
    "none": None,
}
"""What `generate` calls a cache; it takes a dynamic one where it is told of none."""
TOGETHER: Final = 1024
"""Prompts that a batch may have: only memory says how many really."""
COMPILERS: Final = ("c++", "g++", "clang++")
"""What torch.compile calls on a CPU."""


Settings: Final[Any] = transformers.GenerationConfig


class Way(NamedTuple):
    """How `generate` is told to work: options of a spec, read."""

    cache: str = "dynamic"
    prefill: int | None = None
    lookup: int | None = None
    assistant: str = ""
    compile: bool = False

    @property
    def drafts(self) -> bool:
        """Whether ids are guessed first and checked then; `generate` does so for one prompt."""
        return bool(self.lookup or self.assistant)


class Transformers(Engine):
    """A model, and the way in which `generate` is told to work."""

    name = "transformers"

    def __init__(self, causal: Causal, way: Way, facts: Mapping[str, str]) -> None:
        self.causal, self.way, self.facts = causal, way, facts
        self.assistant = _assistant(causal, way)
        causal.model.generation_config = Settings(**_ends(causal))
        if way.compile:
            causal.model.compile()
        readable = causal.tokenizer is not None  # a draft streams several ids at once
        self.capabilities = Capabilities(
            top=causal.vocabulary,
            rows=True,
            scores=True,
            streams="text_streamer" if readable and not way.drafts else "",
            stop_text="kept" if readable else "",
            together=1 if way.drafts else TOGETHER,
            device=causal.where.type,
            dtype=causal.dtype,
        )

    def encode(self, prompt: Prompt) -> list[int]:
        return self.causal.encode(prompt)

    def decode(self, ids: Sequence[int]) -> str:
        return self.causal.decode(ids)

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        found: dict[int, Generation | BaseException] = {}
        batches: dict[Any, dict[int, Request]] = {}
        for place, request in enumerate(requests):
            try:
                self.causal.fits(request)
                if request.stop and self.assistant is not None:
                    self.lacks("stop strings with an assistant, which gets no tokenizer for them")
            except BAD_PROMPTS as error:
                found[place] = error
                continue
            alone = place if self.way.drafts else None
            batches.setdefault((request.stop, alone), {})[place] = request
        for batch in batches.values():
            found.update(zip(batch, self._batch(list(batch.values()), top), strict=True))
        return [found[place] for place in range(len(requests))]

    def score(self, ids: Sequence[int], forced: Sequence[int], top: int) -> list[Step]:
        if not forced:
            return []
        self.causal.fits(Request("", tuple(ids)), len(forced))
        whole = (*ids, *forced[:-1])
        model = self.causal.model
        few = "logits_to_keep" in inspect.signature(model.forward).parameters
        kept = {"logits_to_keep": len(forced)} if few else {}
        given = torch.tensor([whole], device=self.causal.where)
        with torch.no_grad(), out_of_memory():
            logits = model(input_ids=given, use_cache=False, **kept).logits[0]
        return list(steps(logits[-len(forced) :], top))

    def identity(self) -> Identity:
        found = self.causal.identity(self.facts)
        if self.assistant in (None, self.causal):
            return found
        return found._replace(
            artefacts=[*found.artefacts, *map(str, self.assistant.files())],
            parts=[*found.parts, Identity(self.assistant.model)],
        )

    def _batch(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        """Return what one call makes of prompts; without memory for it, each says so."""
        try:
            with out_of_memory():
                return self._generated(requests, top)
        except (MemoryError, torch.OutOfMemoryError) as error:
            return [error] * len(requests)

    def _generated(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        ids, mask = padded([request.ids for request in requests], self.causal.pad)
        alone = len(requests) == 1
        streamer = Printed(self.causal.tokenizer) if alone and self.capabilities.streams else None
        made = self.causal.model.generate(
            ids.to(self.causal.where),
            attention_mask=mask.to(self.causal.where),
            generation_config=self._told(requests, top),
            tokenizer=self.causal.tokenizer,
            assistant_model=None if self.assistant is None else self.assistant.model,
            streamer=streamer,
        )
        rows, width = made.sequences.cpu(), ids.shape[1]
        cut = [self._cut(request, row, width) for request, row in zip(requests, rows, strict=True)]
        if streamer is not None:
            whole = tuple(rows[0, width:].tolist())
            cut[0] = cut[0]._replace(ids=whole, chunks=tuple(streamer.chunks))
        logits = made.logits if top and len(made.logits) == rows.shape[1] - width else ()
        return [
            self._whole(request, one, [step[number] for step in logits], top)
            for number, (request, one) in enumerate(zip(requests, cut, strict=True))
        ]

    def _told(self, requests: Sequence[Request], top: int) -> Any:
        """Return what `generate` is told, for these prompts."""
        way = self.way
        return Settings(
            **_ends(self.causal),
            do_sample=False,
            max_new_tokens=self.causal.most(requests),
            stop_strings=list(requests[0].stop) or None,
            use_cache=way.cache != "none",
            cache_implementation=CACHES[way.cache],
            prefill_chunk_size=way.prefill,
            prompt_lookup_num_tokens=way.lookup,
            disable_compile=True,
            return_dict_in_generate=True,
            output_logits=bool(top),
        )

    def _cut(self, request: Request, row: torch.Tensor, width: int) -> Generation:
        """Return the ids of a row up to where its prompt would have ended alone, and why."""
        stops = stop_strings(self.causal.tokenizer, request.stop)
        limit, eos = request.max_tokens, self.causal.eos
        count, finish = ended(row, width, limit=limit, eos=eos, stops=stops)
        return Generation(tuple(row[width : width + count].tolist()), finish)

    def _whole(
        self, request: Request, cut: Generation, logits: list[torch.Tensor], top: int
    ) -> Generation | BaseException:
        """Return a generation with its text, and its steps as far as there are any."""
        ids = cut.ids or ()
        try:
            self.causal.fits(request, len(ids))
            found = cut if self.causal.tokenizer is None else cut._replace(text=self.decode(ids))
            if top and logits and ids:
                return found._replace(steps=steps(torch.stack(logits[: len(ids)]), top))
        except (NotANumber, PromptTooLong) as error:
            return error
        return found._replace(steps=(Step(),) * len(ids)) if top else found


def make(  # noqa: PLR0913 (the options of a spec)
    target: str,
    *,
    dtype: str = "float32",
    device: str = "auto",
    attention: str = "sdpa",
    cache: str = "dynamic",
    prefill: str = "",
    lookup: str = "",
    assistant: str = "",
    compile: str = "no",
    deterministic: str = "no",
    padding: str = "left",
    tokenizer: str = "",
) -> Transformers:
    """Return a model behind `generate`. Raises BadSpec, Unsupported or Refused.

    dtype: float32, float64, bfloat16 or float16. device: auto, cpu or cuda.
    attention: eager, sdpa, or another that transformers knows.
    cache: one of CACHES. prefill: ids of a prompt that are read at a time.
    lookup: ids that are guessed from the prompt. assistant: `self`, or a model that guesses.
    tokenizer: the folder of another tokenizer than the model's own.
    """
    way = Way(
        cache, torch_device.number("prefill", prefill), torch_device.number("lookup", lookup),
        assistant, torch_device.yes("compile", compile),
    )  # fmt: skip
    if padding != "left":
        raise BadSpec(f"padding is left, not {padding!r}: the ids that follow would be of padding")
    if torch_device.yes("deterministic", deterministic):
        torch_device.make_deterministic()
    _refuse(way, torch_device.device(device))
    causal = torch_model.load(
        target, dtype=dtype, device=device, attention=attention, tokenizer=tokenizer
    )
    facts = {
        "cache": cache, "prefill": prefill or "whole", "lookup": lookup or "none",
        "assistant": assistant or "none", "compile": compile, "deterministic": deterministic,
        "padding": padding, "how.device": device,
    }  # fmt: skip
    return Transformers(causal, way, facts)


def _refuse(way: Way, where: torch.device) -> None:
    """Raise why a way cannot be gone here, if it cannot."""
    if way.cache not in CACHES:
        raise BadSpec(f"cache is one of {', '.join(CACHES)}, not {way.cache!r}")
    if way.lookup and way.assistant:
        raise BadSpec("lookup and assistant both guess ids: give one of them")
    if way.cache.startswith("offloaded") and where.type != "cuda":
        why = torch_device.without_cuda()
        raise Unsupported(f"cache={way.cache} moves it off a CUDA device: {why}")
    if way.prefill and way.cache == "none":
        raise Unsupported("transformers reads a prompt in chunks into a cache: cache=none has none")
    if way.drafts and way.cache != "dynamic":
        raise Unsupported(f"transformers guesses ids with a dynamic cache, not cache={way.cache}")
    if way.compile and where.type == "cpu" and not any(map(shutil.which, COMPILERS)):
        raise Unsupported(f"compile=yes needs a C++ compiler: none of {', '.join(COMPILERS)}")


def _ends(causal: Causal) -> dict[str, Any]:
    return {"eos_token_id": list(causal.eos) or None, "pad_token_id": causal.pad}


def _assistant(causal: Causal, way: Way) -> Causal | None:
    """Return the model that guesses ids, if one does. Raises BadSpec where it has other ids."""
    if way.assistant in ("", "self"):
        return causal if way.assistant else None
    attention = causal.model.config._attn_implementation  # noqa: SLF001 (its only name)
    found = torch_model.load(
        way.assistant, dtype=causal.dtype, device=causal.where.type, attention=attention
    )
    if found.vocabulary != causal.vocabulary:
        raise BadSpec(
            f"assistant={way.assistant} has {found.vocabulary} ids and {causal.folder} "
            f"{causal.vocabulary}: an assistant guesses ids of the same vocabulary"
        )
    return found
