"""A server of completions at a URL: vLLM, SGLang, TGI, llama.cpp's, smg, or one of OpenAI's kind.

    openai-http:http://127.0.0.1:8000,dialect=vllm,model=NAME

    dialect=NAME   vllm, sglang, tgi, llama-server, smg or openai: one of `parity.servers.DIALECTS`
    model=NAME     the name that the server knows the model by
    together=8     requests that are sent at once, of the prompts that are given at once (`batch=`)
    stream=yes     whether each prompt is asked once more as a stream, for its chunks
    seconds=120    how long an answer, or the next part of a stream, may take
    key_file=FILE  holds a key
    said_device=, said_dtype=  what it computes on and in, as you know it; nothing is set by them

Each prompt is completed in one answer, which gives ids, text, log-probabilities, finish and counts,
and then as a stream, for the chunks as they came; they are not joined or repaired, and left out
where one is of several ids, as a server joins what its client was late for. Greedy is asked
for in the dialect's own words, with no penalty and a natural stop; what a dialect echoes is
checked. A prompt goes as ids where the dialect takes them, else as the text that it was made of:
one of ids alone is then Unsupported. What each dialect gives stands in its file in
`parity/servers`.

Scores of given ids are those of a prompt, in one request, where a dialect has them (vLLM, SGLang).
llama.cpp's server is asked for one id after each of them, with its cache on.

Changed on the way: log-probabilities are put in order, best first; that of the id that came out
stands among them even where it is not one of the best that were asked for. Entries go to their ids
by the ids that they name. A completion that contradicts itself is a failure of that prompt: counts
that are not those of its ids, an id that is not the best of its log-probabilities, a stream of
other ids. Under load that last may be a server's batching: `stream=no` asks once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx2  # noqa: F401 (what `servers.client` sends with)

from parity.backend import Identity
from parity.decoding.alignment import Entry, Misaligned, aligned
from parity.decoding.engine import Engine, PromptTooLong
from parity.decoding.records import Capabilities, Generation, Prompt, Request, Step
from parity.errors import BadSpec
from parity.servers import DIALECTS
from parity.servers.completing import Asked, Completed, Completing, Forced, checked, checked_stream
from parity.servers.failures import Rejected, ServerFailed
from parity.servers.server import Server, Way, reach
from parity.servers.shape import Call, Chat
from parity.types import Specials

EXTRA: Final = "http"
KIND: Final = "openai-http"
SECONDS: Final = "120"
TOGETHER: Final = "8"
UNKNOWN: Final = "unknown"
CHAT: Final = {"add_generation_prompt": True}


class OpenAIHttp(Engine):
    """A server of a dialect."""

    def __init__(self, server: Server, completing: Completing, options: Mapping[str, str]) -> None:
        self.server, self.completing, self.options = server, completing, dict(options)
        self.name = f"a server of dialect {options['dialect']}"
        self.together = int(options["together"])
        streams = options["stream"] == "yes"
        self.capabilities = Capabilities(
            ids_in=completing.takes_ids, ids_out=completing.gives_ids, top=completing.top,
            aligned=completing.aligned, scores=completing.takes_ids and completing.top > 0,
            streams=completing.detokenizer if streams else "", eos_modes=completing.eos_modes,
            stop_text=completing.stop_text, together=self.together, device=options["said_device"],
            dtype=options["said_dtype"],
        )  # fmt: skip

    def encode(self, prompt: Prompt) -> list[int]:
        shape = self.server.shape
        if prompt.kind == "messages" and shape.chat_ids:
            found: list[int] = self._called(shape.chat_ids, Chat(prompt.payload, CHAT))
            return found
        if prompt.kind == "messages" and shape.render:
            content = self._called(shape.render, Chat(prompt.payload, CHAT))
        else:
            content = prompt.payload if prompt.kind == "text" else self.lacks("chat template")
        if shape.encode is None:
            self.lacks("tokenizer that can be asked")
        mode: Specials = "template" if "template" in shape.specials else "parse"
        ids: list[int] = self._called(shape.encode, content, shape.specials[mode]).ids
        return ids

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        with ThreadPoolExecutor(self.together) as pool:
            return list(pool.map(lambda request: self._seen(request, top), requests))

    def score(self, ids: Sequence[int], forced: Sequence[int], top: int) -> list[Step]:
        wanted = Forced(ids, forced, min(top, self.completing.top))
        if not self.capabilities.scores:
            self.lacks("scores of given ids")
        if self.completing.forced:
            return [Step(one) for one in self._called(self.completing.forced, wanted)]
        found: list[Step] = []
        for place in range(len(forced)):
            asked = Asked((*ids, *forced[:place]), 1, (), wanted.top, cached=True)
            (step,) = self._steps(self._completed(asked)) or (Step(),)
            found.append(step)
        return found

    def decode(self, ids: Sequence[int]) -> str:
        shape = self.server.shape
        if shape.decode is None or True not in shape.skip_special:
            self.lacks("decode that leaves special tokens out")
        found: str = self._called(shape.decode, list(ids), shape.skip_special[True])
        return found

    def identity(self) -> Identity:
        facts = {**self.options, **self.server.facts()}
        return Identity(self, "", (), ["httpx2", "tokparity"], facts)

    def close(self) -> None:
        self.server.close()

    def _seen(self, request: Request, top: int) -> Generation | BaseException:
        """Return what comes of one prompt; a failure leaves the others alone."""
        try:
            return self._generated(request, top)
        except Exception as error:  # noqa: BLE001 (what an engine does is seen)
            return error

    def _generated(self, request: Request, top: int) -> Generation:
        prompt = request.ids if self.completing.takes_ids else request.text
        if not prompt and request.ids:
            self.lacks("way to take a prompt of ids alone")
        most = min(top, self.completing.top)
        asked = Asked(prompt, request.max_tokens, request.stop, most)
        found = self._completed(asked)
        chunks = self._streamed(found, asked) if self.options["stream"] == "yes" else None
        steps = self._steps(found)
        return Generation(found.ids, found.finish, found.text, chunks, found.counts, steps)

    def _completed(self, asked: Asked) -> Completed:
        return checked(self._called(self.completing.completion, asked), asked)

    def _steps(self, found: Completed) -> tuple[Step, ...] | None:
        """Return a step for each id. Raises Misaligned."""
        if found.known is None or found.ids is None:
            return None
        named = [one.id for one in found.known]
        if self.completing.aligned and named != list(found.ids):
            raise Misaligned(
                f"there are {len(found.ids)} ids and {len(named)} entries of log-probabilities, "
                "which are not of the same ids"
            )
        return aligned(found.ids, [Entry(*one) for one in found.known])

    def _streamed(self, found: Completed, asked: Asked) -> tuple[str, ...] | None:
        streaming = self.server.shape.stream
        if streaming is None:
            self.lacks("stream")
        completing = self.completing
        body = {**completing.completion.body(asked._replace(top=0)), **completing.streaming}
        chunks = streaming.chunks(self.server.events(completing.stream, body), self.server.says)
        return checked_stream(found, chunks, whole=completing.streams_ids)

    def _called(self, call: Call, given: Any, mode: Mapping[str, Any] | None = None) -> Any:
        """Return what a call gives. Raises PromptTooLong, or a failure."""
        try:
            return self.server.call(call, given, mode or {})
        except (Rejected, ServerFailed) as error:
            if any(words in str(error) for words in self.completing.too_long):
                raise PromptTooLong(str(error)) from error
            raise


def make(  # noqa: PLR0913 (each is an option of the spec)
    target: str, *, dialect: str = "", model: str = "", together: str = TOGETHER,
    stream: str = "yes", seconds: str = SECONDS, key_file: str = "", said_device: str = UNKNOWN,
    said_dtype: str = UNKNOWN,
) -> Engine:  # fmt: skip
    """Return the engine for a URL. Raises BadSpec, LoadFailed where nobody answers there."""
    if dialect not in DIALECTS:
        known = ", ".join(DIALECTS)
        raise BadSpec(f"{KIND}:{target} wants dialect=NAME, one of {known}; not {dialect!r}")
    if stream not in ("yes", "no"):
        raise BadSpec(f"{KIND}:{target}: stream is yes or no, not {stream!r}")
    if not (together.isascii() and together.isdigit() and 0 < int(together) < 1000):  # noqa: PLR2004
        raise BadSpec(f"{KIND}:{target}: together is a number below 1000, not {together!r}")
    options = {
        "dialect": dialect, "together": together, "stream": stream, "said_device": said_device,
        "said_dtype": said_dtype,
    }  # fmt: skip
    shape, completing = DIALECTS[dialect]
    server = reach(KIND, shape, Way(target, model, key_file, seconds), keep=False)
    return OpenAIHttp(server, completing, options)
