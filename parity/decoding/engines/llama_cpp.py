"""llama.cpp in this process, by llama-cpp-python: ids in, all logits out, one id at a time.

    llama-cpp:tiny                        float32 weights and cache, no flash attention
    llama-cpp:model.gguf,kv=float16       with the cache that llama.cpp has by default

Options, and what they are where nobody says:

    dtype=float32     of the GGUF file that is taken of a named model
    kv=float32        of the cache, or float16
    flash=no          flash attention: no or yes
    context=2048      ids of prompt and completion; never more than the model has
    ubatch=512        ids that are computed at once

Only the library's own calls are used: `llama_decode` of a whole prompt, then of one id after
another, each time with an empty cache at the start. The greedy choice is ours: the lowest id of the
greatest logit. EOS is what `llama_vocab_is_eog` says, ends a completion and stays among the ids.
There are no stop strings. `score` is one `llama_decode` of the prompt and the given ids, where
`generate` takes them one by one: other sums, in another order.

`encode` parses special tokens and adds BOS where the file says so; messages go through the Jinja
formatter of llama-cpp-python with the template of the file. `decode` is `llama_detokenize` without
special tokens, and U+FFFD for what is no UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import create_string_buffer
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import llama_cpp
import llama_cpp.llama_chat_format
import numpy as np

from parity.backend import Identity, refusing
from parity.decoding import weights
from parity.decoding.apart import declared_threads
from parity.decoding.engine import Engine, PromptTooLong
from parity.decoding.engines._rows import step_of
from parity.decoding.records import Capabilities, Generation, Prompt, Request, Step
from parity.errors import BadSpec, Unsupported

EXTRA: Final = "llama_cpp_python"
MOST: Final = 1 << 20
"""Log-probabilities of a step, at most: all that a vocabulary has."""
KV: Final = {"float32": llama_cpp.GGML_TYPE_F32, "float16": llama_cpp.GGML_TYPE_F16}
FLASH: Final = {"no": False, "yes": True}
TEMPLATE: Final = "tokenizer.chat_template"


class DecodeFailed(RuntimeError):
    """`llama_decode` gave another code than 0."""


class LlamaCpp(Engine):
    """A `llama_cpp.Llama`, of which the model and the context are used."""

    name = "llama-cpp"

    def __init__(self, llama: Any, path: Path, options: Mapping[str, str]) -> None:
        self.llama, self.path, self.options = llama, path, dict(options)
        self.vocab = llama_cpp.llama_model_get_vocab(llama.model)
        self.memory = llama_cpp.llama_get_memory(llama.ctx)
        trained = llama_cpp.llama_model_n_ctx_train(llama.model)
        self.context, self.size = min(llama.n_ctx(), trained), llama.n_vocab()
        self.batch = llama_cpp.llama_batch_init(llama.n_ctx(), 0, 1)
        self.capabilities = Capabilities(
            top=MOST, rows=True, scores=True, dtype=options["dtype"],
        )  # fmt: skip

    def encode(self, prompt: Prompt) -> list[int]:
        if prompt.kind == "text":
            return self._tokenized(str(prompt.payload), add_special=True)
        made = self._formatter(messages=[dict(message) for message in prompt.payload])
        return self._tokenized(made.prompt, add_special=not made.added_special)

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        found: list[Generation | BaseException] = []
        for request in requests:
            try:
                found.append(self._generated(request, top))
            except (PromptTooLong, Unsupported, DecodeFailed) as error:
                found.append(error)
        return found

    def score(self, ids: Sequence[int], forced: Sequence[int], top: int) -> list[Step]:
        whole = [*ids, *forced[:-1]]
        self._fits(whole, 0)
        llama_cpp.llama_memory_clear(self.memory, True)  # noqa: FBT003 (a function of C)
        return [step_of(row, top) for row in self._decoded(whole, 0, len(forced))]

    def decode(self, ids: Sequence[int]) -> str:
        tokens = (llama_cpp.llama_token * len(ids))(*ids)
        size = 16 * len(ids) + 64
        while True:
            buffer = create_string_buffer(size)
            count = llama_cpp.llama_detokenize(
                self.vocab, tokens, len(ids), buffer, size, False, False  # noqa: FBT003 (the same)
            )  # fmt: skip
            if count >= 0:
                return buffer.raw[:count].decode("utf-8", "replace")
            size = -count

    def identity(self) -> Identity:
        facts = {
            **self.options, "context": str(self.context), "threads": str(declared_threads()),
        }  # fmt: skip
        compiled = sorted(Path(llama_cpp.__file__).parent.glob("lib/*llama.*"))
        files = [str(path) for path in (self.path, *compiled)]
        return Identity(self.llama, "llama_cpp", files, ["llama_cpp_python", "numpy"], facts)

    def close(self) -> None:
        llama_cpp.llama_batch_free(self.batch)
        self.llama.close()

    @cached_property
    def _formatter(self) -> Any:
        template = self.llama.metadata.get(TEMPLATE)
        if not template:
            self.lacks("chat template in its file")
        eos, bos = (
            llama_cpp.llama_vocab_get_text(self.vocab, id).decode("utf-8") if id >= 0 else ""
            for id in (self.llama.token_eos(), self.llama.token_bos())
        )
        kind = llama_cpp.llama_chat_format.Jinja2ChatFormatter
        return kind(template=template, eos_token=eos, bos_token=bos)

    def _tokenized(self, text: str, *, add_special: bool) -> list[int]:
        return list(self.llama.tokenize(text.encode("utf-8"), add_bos=add_special, special=True))

    def _generated(self, request: Request, top: int) -> Generation:
        if request.stop:
            self.lacks("stop strings")
        self._fits(request.ids, request.max_tokens)
        llama_cpp.llama_memory_clear(self.memory, True)  # noqa: FBT003 (a function of C)
        new: list[int] = []
        steps: list[Step] = []
        given, finish = list(request.ids), "length"
        while len(new) < request.max_tokens and finish == "length":
            place = len(request.ids) + len(new) - 1 if new else 0
            (row,) = self._decoded(given, place, 1)
            new.append(int(row.argmax()))
            steps += [step_of(row, top)] if top else []
            given = new[-1:]
            if llama_cpp.llama_vocab_is_eog(self.vocab, new[-1]):
                finish = "eos"
        return Generation(
            tuple(new), finish, self.decode(new), None,
            {"prompt": len(request.ids), "completion": len(new)}, tuple(steps) if top else None,
        )  # fmt: skip

    def _decoded(self, ids: Sequence[int], place: int, wanted: int) -> list[Any]:
        """Return the logits behind each of the last ids, which begin at a place of the cache."""
        self.batch.n_tokens = len(ids)
        for number, id in enumerate(ids):
            self.batch.token[number] = id
            self.batch.pos[number] = place + number
            self.batch.n_seq_id[number] = 1
            self.batch.seq_id[number][0] = 0
            self.batch.logits[number] = number >= len(ids) - wanted
        code = llama_cpp.llama_decode(self.llama.ctx, self.batch)
        if code:
            raise DecodeFailed(f"llama_decode gave {code} for {len(ids)} ids at {place}")
        ends = range(len(ids) - wanted, len(ids))
        rows = (llama_cpp.llama_get_logits_ith(self.llama.ctx, end) for end in ends)
        return [np.ctypeslib.as_array(row, shape=(self.size,)).copy() for row in rows]

    def _fits(self, ids: Sequence[int], more: int) -> None:
        if len(ids) + more > self.context:
            raise PromptTooLong(
                f"a prompt of {len(ids)} ids and {more} new ones are more than the context of "
                f"{self.context}: ask for less, or for another context=NUMBER"
            )


def make(
    target: str, *, dtype: str = "float32", kv: str = "float32", flash: str = "no",
    context: str = "2048", ubatch: str = "512",
) -> Engine:  # fmt: skip
    """Return the engine on a named model, or a .gguf file. Raises BadSpec, Refused."""
    for name, value, known in (("kv", kv, KV), ("flash", flash, FLASH)):
        if value not in known:
            allowed = ", ".join(known)
            raise BadSpec(f"llama-cpp:{target}: {name} is one of {allowed}, not {value!r}")
    for name, value in (("context", context), ("ubatch", ubatch)):
        if not value.isascii() or not value.isdigit() or value.startswith("0"):
            raise BadSpec(f"llama-cpp:{target}: {name} is a number, not {value!r}")
    path = weights.find(target, "gguf", dtype)
    longest = int(context)
    threads = declared_threads()
    with refusing("llama.cpp", target):
        llama = llama_cpp.Llama(
            str(path), n_ctx=longest, n_batch=longest, n_ubatch=int(ubatch), n_threads=threads,
            n_threads_batch=threads, type_k=KV[kv], type_v=KV[kv], flash_attn=FLASH[flash],
            verbose=False,
        )  # fmt: skip
    options = {"dtype": dtype, "kv": kv, "flash": flash, "ubatch": ubatch}
    return LlamaCpp(llama, path, options)
