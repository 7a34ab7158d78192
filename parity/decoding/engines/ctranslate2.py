"""CTranslate2's Generator, on a model that its own converter made: a batch at once.

    ctranslate2:tiny          computes in float32
    ctranslate2:smollm2,compute=bfloat16,dtype=bfloat16

Options, and what they are where nobody says:

    dtype=float32       of the weights that are converted
    compute=float32     what it computes in (`compute_type`); where it takes another one instead,
                        the engine is refused (NotWhatWasAsked)
    tokenizer=          a folder; that of the model where nobody says

Prompts go in as token strings, by the vocabulary of the converted model. Those that want as many
new ids are one batch: as much of each as the shortest one has goes in at once, the rest of the
longer ones id by id.
Greedy is `beam_size` 1 and `sampling_topk` 1. EOS is what the folder's generation_config.json or
config.json names, not the converted model's, which has room for one; it stays among the ids. There
are no stop strings. Logits are shown raw (`return_logits_vocab`), in a batch also for the ids of a
prompt that were forced: those before the new ids are left out.

CTranslate2 has no tokenizer and knows no context: `encode`, `decode` and the text are those of
the library transformers on the folder that the model was made of, and the context is that of its
config.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import ctranslate2
import numpy as np

from parity import backends
from parity.artefact import read_json
from parity.backend import Backend, Breach, Identity, refusing
from parity.decoding import weights
from parity.decoding.apart import declared_threads
from parity.decoding.engine import Engine, PromptTooLong
from parity.decoding.engines._rows import step_of
from parity.decoding.records import Capabilities, Generation, Prompt, Request, Step
from parity.errors import BadSpec, NotWhatWasAsked, Unsupported

EXTRA: Final = "ctranslate2"
MOST: Final = 1 << 20
"""Log-probabilities of a step, at most: all that a vocabulary has."""
TOGETHER: Final = 1024
PROCESSED: Final = ("model.bin", "config.json", "vocabulary.json")


class LogitsOfOthers(Breach):
    """The greatest logit of a step is not that of the id that was chosen."""


class CTranslate2(Engine):
    """A `ctranslate2.Generator`, the vocabulary it goes by, and a tokenizer beside it."""

    name = "ctranslate2"

    def __init__(self, generator: Any, path: Path, source: Path, options: dict[str, str]) -> None:
        self.generator, self.path, self.source, self.options = generator, path, source, options
        self.tokens: list[str] = json.loads((path / "vocabulary.json").read_text("utf-8"))
        config = read_json(source / "config.json")
        self.context = int(config.get("max_position_embeddings") or 0)
        self.ends = _ends(source, config)
        self.capabilities = Capabilities(
            top=MOST, rows=True, scores=True, together=TOGETHER, dtype=generator.compute_type,
        )  # fmt: skip

    def encode(self, prompt: Prompt) -> list[int]:
        if prompt.kind == "text":
            return self._tokenizer.encode(prompt.payload, "template").ids
        return self._tokenizer.chat_ids(prompt.payload, {"add_generation_prompt": True})

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        found: dict[int, Generation | BaseException] = {}
        batches: dict[int, list[int]] = {}
        for place, request in enumerate(requests):
            try:
                self._fits(request)
                batches.setdefault(request.max_tokens, []).append(place)
            except (PromptTooLong, Unsupported, IndexError) as error:
                found[place] = error
        for longest, places in batches.items():
            made = self._batch([requests[place].ids for place in places], longest, top)
            found |= dict(zip(places, made, strict=True))
        return [found[place] for place in range(len(requests))]

    def score(self, ids: Sequence[int], forced: Sequence[int], top: int) -> list[Step]:
        rows = self.generator.forward_batch([[*ids, *forced[:-1]]])
        return [step_of(row, top) for row in np.asarray(rows)[0][-len(forced) :]]

    def decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids)))

    def identity(self) -> Identity:
        files = [str(self.path / name) for name in PROCESSED if (self.path / name).is_file()]
        facts = {
            **self.options, "threads": str(declared_threads()),
            "eos": " ".join(map(str, self.ends)), "device": str(self.generator.device),
        }  # fmt: skip
        return Identity(
            self.generator, "ctranslate2", files, ["ctranslate2"], facts,
            parts=[self._tokenizer.identity()],
        )  # fmt: skip

    def close(self) -> None:
        self.generator.unload_model()

    @cached_property
    def _tokenizer(self) -> Backend:
        folder = self.options["tokenizer"] or str(self.source)
        return backends.load(f"transformers:{folder}")

    def _fits(self, request: Request) -> None:
        if request.stop:
            self.lacks("stop strings")
        for id in request.ids:
            if not 0 <= id < len(self.tokens):
                raise IndexError(f"there is no id {id} in a vocabulary of {len(self.tokens)}")
        if self.context and len(request.ids) + request.max_tokens > self.context:
            raise PromptTooLong(
                f"a prompt of {len(request.ids)} ids and {request.max_tokens} new ones are more "
                f"than the context of {self.context}"
            )

    def _batch(
        self, prompts: Sequence[Sequence[int]], longest: int, top: int
    ) -> list[Generation | BaseException]:
        results = self.generator.generate_batch(
            [[self.tokens[id] for id in ids] for ids in prompts], beam_size=1, sampling_topk=1,
            include_prompt_in_result=False, max_length=longest, end_token=list(self.ends) or None,
            return_end_token=True, return_logits_vocab=top > 0,
        )  # fmt: skip
        return [
            self._generation(result, ids, top)
            for ids, result in zip(prompts, results, strict=True)
        ]  # fmt: skip

    def _generation(
        self, result: Any, prompt: Sequence[int], top: int
    ) -> Generation | BaseException:
        new = tuple(result.sequences_ids[0])
        finish = "eos" if new and new[-1] in self.ends else "length"
        steps: tuple[Step, ...] | None = None
        if top:
            rows = [np.asarray(row) for row in result.logits[0][-len(new) :]]
            chosen = [int(row.argmax()) for row in rows]
            if chosen != list(new):
                return LogitsOfOthers(f"the greatest logits are of {chosen}, the ids are {new}")
            steps = tuple(step_of(row, top) for row in rows)
        counts = {"prompt": len(prompt), "completion": len(new)}
        return Generation(new, finish, self.decode(new), None, counts, steps)


def _ends(source: Path, config: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the ids that end a completion, as transformers takes them of a folder."""
    file = source / "generation_config.json"
    own = read_json(file).get("eos_token_id") if file.is_file() else None
    found = config.get("eos_token_id") if own is None else own
    return () if found is None else (found,) if isinstance(found, int) else tuple(found)


def make(
    target: str, *, dtype: str = "float32", compute: str = "float32", tokenizer: str = ""
) -> Engine:
    """Return the engine on a named model, or a folder. Raises BadSpec, Refused."""
    known = ctranslate2.get_supported_compute_types("cpu")
    if compute not in known:
        raise BadSpec(
            f"ctranslate2:{target}: it computes here in {', '.join(sorted(known))}, "
            f"not in {compute!r}"
        )
    path = weights.find(target, "ctranslate2", dtype)
    source = weights.find(target, "safetensors", dtype)
    with refusing("ctranslate2", path):
        generator = ctranslate2.Generator(
            str(path), compute_type=compute, intra_threads=declared_threads()
        )
    if generator.compute_type != compute:
        raise NotWhatWasAsked(f"ctranslate2 took {generator.compute_type}, not {compute}")
    options = {"dtype": dtype, "compute": compute, "tokenizer": tokenizer}
    return CTranslate2(generator, path, source, options)
