r"""llama.cpp's own server, of the xllamacpp wheel, on 127.0.0.1 in this process.

    llama-server:tiny                     float32 weights and cache, no flash attention, one slot
    llama-server:model.gguf,parallel=4    four slots: so many prompts at once, a thread each

Options, and what they are where nobody says:

    dtype=float32     of the GGUF file that is taken of a named model
    kv=float32        of the cache, or float16
    flash=no          flash attention: no, yes or auto
    parallel=1        slots
    context=2048      ids of a slot, prompt and completion; never more than the model has
    ubatch=512        ids that are computed at once
    prefix=no         whether a slot keeps what it has of a prompt (`cache_prompt`)
    stream=yes        whether each prompt is asked once more, for the chunks

A prompt goes to `/completion` as ids, and the answer is not streamed: only such an answer has all
ids. It is then asked once more as a stream, with the same settings, for the chunks alone, which are
given as they came, empty ones too. Ids that a stream reports are those of frames only; where they
are no part of the ids of the first answer, the prompt fails (StreamsOtherIds).

Each answer echoes the settings that it was made with. One that is not as it was asked for, or
another length of the prompt, is a NotWhatWasAsked.

Greedy is `top_k` 1 and temperature 0 with no other sampler: of exact ties the lowest id is taken.
EOS ends a completion and stays among the ids; it is not banned. It is every id that llama.cpp takes
for an end, which it finds by spelling too (`<|im_end|>`), whatever the file says.
A stop string is cut from the text, with what follows; the ids of all of it stay. In the stream,
text that could begin one is held back, and at the limit of ids it is never sent: the joined chunks
are then shorter than the text. It looks for a stop string in as many bytes as that string and the
last token have, and not while a character is cut: one in a token that such a wait began in is
missed. A completion that the context cuts short is a PromptTooLong.

Log-probabilities are those of all logits, not of the sampler's; `alignment` says which steps have
none. `score` asks for one id after each of the given ones, with the cache on, whatever `prefix`
says: as many requests as ids, each of one step.

`encode` is `/tokenize` as the server itself does it of a prompt: special tokens parsed, BOS added
where the file says so; of messages, behind `/apply-template`. A file without a template has none
here, where llama.cpp would take ChatML. `decode` is `/detokenize` without the ids that the file
calls control tokens, which it would show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import xllamacpp

from parity import gguf_files
from parity.backend import Breach, Identity
from parity.decoding import weights
from parity.decoding.alignment import Entry, aligned
from parity.decoding.apart import declared_threads
from parity.decoding.engine import Engine, PromptTooLong
from parity.decoding.records import Capabilities, Generation, Prompt, Request, Step
from parity.errors import BadSpec, NotWhatWasAsked
from parity.gguf_vocabulary import CONTROL, PREFIX, templates
from parity.servers import SHAPES
from parity.servers.client import Client
from parity.servers.embedded import HERE, started
from parity.servers.events import Event, Events
from parity.servers.failures import BadReply, Rejected
from parity.servers.shape import Chat, Chunk, ids, lists, part, shown, text

EXTRA: Final = "llama_server"
SHAPE: Final = SHAPES["llama_cpp"]
SECONDS: Final = 3600.0
"""How long an answer may take: the process is bounded, not each request of a batch."""
MOST: Final = 100
"""Log-probabilities of a step, at most."""
KV: Final = ("float32", "float16")
FLASH: Final = ("no", "yes", "auto")
YES_NO: Final = ("no", "yes")
GREEDY: Final = {
    "temperature": 0, "top_k": 1, "samplers": ["top_k", "temperature"], "repeat_penalty": 1,
    "presence_penalty": 0, "frequency_penalty": 0, "dry_multiplier": 0, "mirostat": 0,
    "ignore_eos": False, "logit_bias": [], "grammar": "", "post_sampling_probs": False,
}  # fmt: skip
"""What is asked for, and must be echoed."""
FINISH: Final = {"eos": "eos", "limit": "length", "word": "string"}


class StreamsOtherIds(Breach):
    """Asked once more as a stream, it reports ids that are not those of its first answer."""


class LlamaServer(Engine):
    """A server, and the client that asks it."""

    name = "llama-server"

    def __init__(self, url: str, path: Path, options: Mapping[str, str], server: Any) -> None:
        self.client = Client(url, "", SECONDS, keep=False)  # its streams end with no word of it
        self.path, self.options, self.server = path, dict(options), server
        self.slots = int(options["parallel"])
        self.props = self.client.ask("/props")
        self.context = int(part(self.props, "default_generation_settings", "n_ctx"))
        self.capabilities = Capabilities(
            top=MOST, aligned=False, scores=True, streams="llama_cpp", eos_modes=("ban",),
            stop_text="cut", together=self.slots, dtype=options["dtype"],
        )  # fmt: skip

    def encode(self, prompt: Prompt) -> list[int]:
        return self._tokenized(self._rendered(prompt))

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        with ThreadPoolExecutor(self.slots) as pool:
            return list(pool.map(lambda request: self._generated(request, top), requests))

    def score(self, ids: Sequence[int], forced: Sequence[int], top: int) -> list[Step]:
        found: list[Step] = []
        for place in range(len(forced)):
            request = Request("score", (*ids, *forced[:place]), max_tokens=1)
            reply = self._completed(request, top, prefix=True)
            found += aligned(_ids(reply), _entries(reply))
        return found

    def decode(self, ids: Sequence[int]) -> str:
        kept = [id for id in ids if id not in self._control]
        return text(part(self.client.ask("/detokenize", {"tokens": kept}), "content"))

    def identity(self) -> Identity:
        facts = {
            **self.options, "context": str(self.context), "build": str(self.props["build_info"]),
            "threads": str(declared_threads()),
        }  # fmt: skip
        return Identity(self.server, "xllamacpp", [str(self.path)], ["xllamacpp"], facts)

    def close(self) -> None:
        self.client.close()
        self.server = None  # which ends its threads and lets go of its port

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        return gguf_files.read(self.path)

    @cached_property
    def _control(self) -> frozenset[int]:
        types = self._metadata.get(f"{PREFIX}token_type") or []
        return frozenset(id for id, type in enumerate(types) if type == CONTROL)

    def _rendered(self, prompt: Prompt) -> str:
        if prompt.kind == "text":
            return str(prompt.payload)
        if not templates(self._metadata)[0]:
            self.lacks("chat template in its file")
        assert SHAPE.render  # noqa: S101 (a table's entry)
        body = SHAPE.render.body(Chat(prompt.payload, {"add_generation_prompt": True}))
        return text(SHAPE.render.read(self.client.ask(SHAPE.render.path, body), prompt.payload))

    def _tokenized(self, content: str) -> list[int]:
        body = {"content": content, **SHAPE.specials["template"]}
        return ids(part(self.client.ask("/tokenize", body), "tokens"))

    def _generated(self, request: Request, top: int) -> Generation | BaseException:
        """Return what comes of one prompt; a failure leaves the others of a batch alone."""
        try:
            reply = self._completed(request, top, prefix=self.options["prefix"] == "yes")
            made = _generation(reply, top)
            if self.options["stream"] == "no":
                return made
            chunks = self._streamed(request)
            reported = [id for chunk in chunks for id in chunk.ids or ()]
            _check_reported(reported, made.ids or ())
            return made._replace(chunks=tuple(chunk.text for chunk in chunks))
        except Exception as error:  # noqa: BLE001 (what an engine does is seen)
            return error

    def _completed(self, request: Request, top: int, *, prefix: bool) -> Any:
        """Return the whole answer to a prompt. Raises PromptTooLong, NotWhatWasAsked."""
        asked = _asked(request, min(top, MOST))
        try:
            reply = self.client.ask("/completion", {**asked, "cache_prompt": prefix})
        except Rejected as error:
            if "exceed_context_size" in str(error):
                raise PromptTooLong(_too_long(request, self.context)) from error
            raise
        _check_echo(reply, asked, request)
        if reply.get("truncated") and len(_ids(reply)) < request.max_tokens:
            raise PromptTooLong(_too_long(request, self.context))
        return reply

    def _streamed(self, request: Request) -> list[Chunk]:
        body = {**_asked(request, 0), "stream": True}
        body["cache_prompt"] = self.options["prefix"] == "yes"
        assert SHAPE.stream  # noqa: S101 (a table's entry)
        return SHAPE.stream.chunks(self._events(body), {})

    def _events(self, body: Mapping[str, Any]) -> Iterator[Event]:
        events = Events()
        for data in self.client.stream("/completion", body):
            yield from events.feed(data)
        if rest := events.unfinished():
            raise BadReply(f"the stream ended within an event: {shown(rest)}")


def _asked(request: Request, top: int) -> dict[str, Any]:
    return {
        **GREEDY, "prompt": list(request.ids), "n_predict": request.max_tokens, "n_probs": top,
        "stop": list(request.stop), "return_tokens": True,
    }  # fmt: skip


def _check_echo(reply: Any, asked: Mapping[str, Any], request: Request) -> None:
    """Raise NotWhatWasAsked where an answer was made with other settings, or of another prompt."""
    settings = part(reply, "generation_settings")
    for name in (*GREEDY, "n_predict", "n_probs", "stop"):
        if name not in settings or settings[name] != asked[name]:
            raise NotWhatWasAsked(
                f"llama-server was asked for {name} {asked[name]!r}; it says that it took "
                f"{settings.get(name, 'nothing')!r}"
            )
    read = part(reply, "tokens_evaluated")
    if read != len(request.ids):
        raise NotWhatWasAsked(f"llama-server read {read} ids of a prompt of {len(request.ids)}")


def _too_long(request: Request, context: int) -> str:
    return (
        f"a prompt of {len(request.ids)} ids and {request.max_tokens} new ones are more than the "
        f"context of {context}: ask for less, or for another context=NUMBER"
    )


def _generation(reply: Any, top: int) -> Generation:
    new = _ids(reply)
    stopped = text(part(reply, "stop_type"))
    counts = {"prompt": reply["tokens_evaluated"], "completion": part(reply, "tokens_predicted")}
    if counts["completion"] and not new:
        raise BadReply(f"it made {counts['completion']} ids and gives none of them")
    steps = aligned(new, _entries(reply)) if top else None
    said = text(part(reply, "content"))
    return Generation(tuple(new), FINISH.get(stopped, ""), said, None, counts, steps)


def _ids(reply: Any) -> list[int]:
    return ids(part(reply, "tokens"))


def _entries(reply: Any) -> list[Entry]:
    return [_entry(row) for row in lists(reply.get("completion_probabilities") or [])]


def _entry(row: Any) -> Entry:
    """Return an entry; its text is what was sent at once, of one token or of several."""
    rows = lists(part(row, "top_logprobs"))
    top = tuple((int(part(one, "id")), float(part(one, "logprob"))) for one in rows)
    id = int(part(row, "id"))
    own = next((one.get("bytes") for one in rows if one["id"] == id), None)
    return Entry(id, top, alone=own is not None and own == row.get("bytes"))


def _check_reported(reported: Sequence[int], new: Sequence[int]) -> None:
    """Raise StreamsOtherIds where ids of a stream are not ids of the answer, in their order."""
    rest = iter(new)
    for place, id in enumerate(reported):
        if id not in rest:
            raise StreamsOtherIds(
                f"id {place} that its stream reports is {id}, which does not come there in the "
                f"{len(new)} ids of its answer: the same settings gave another completion"
            )


def make(  # noqa: PLR0913 (each is an option of the spec)
    target: str, *, dtype: str = "float32", kv: str = "float32", flash: str = "no",
    parallel: str = "1", context: str = "2048", ubatch: str = "512", prefix: str = "no",
    stream: str = "yes",
) -> Engine:  # fmt: skip
    """Return the engine on a named model, or a .gguf file. Raises BadSpec, Refused."""
    options = {
        "dtype": dtype, "kv": kv, "flash": flash, "parallel": parallel, "context": context,
        "ubatch": ubatch, "prefix": prefix, "stream": stream,
    }  # fmt: skip
    _check(options, target)
    path = weights.find(target, "gguf", dtype)

    def start(verbosity: int) -> Any:
        return xllamacpp.Server(_parameters(path, options, verbosity))

    server = started(start, target)
    engine = LlamaServer(str(server.listening_address), path, options, server)
    if engine.context < int(context):
        options["context"] = str(engine.context)  # the model's own, which llama.cpp never exceeds
    return engine


def _check(options: Mapping[str, str], target: str) -> None:
    choices = {"kv": KV, "flash": FLASH, "prefix": YES_NO, "stream": YES_NO}
    for name, known in choices.items():
        if options[name] not in known:
            allowed = ", ".join(known)
            raise BadSpec(
                f"llama-server:{target}: {name} is one of {allowed}, not {options[name]!r}"
            )
    for name in ("parallel", "context", "ubatch"):
        if not options[name].isascii() or not options[name].isdigit() or options[name][0] == "0":
            raise BadSpec(f"llama-server:{target}: {name} is a number, not {options[name]!r}")


def _parameters(path: Path, options: Mapping[str, str], verbosity: int) -> Any:
    types, flash = xllamacpp.ggml_type, xllamacpp.llama_flash_attn_type
    kv = {"float32": types.GGML_TYPE_F32, "float16": types.GGML_TYPE_F16}[options["kv"]]
    slots = int(options["parallel"])
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.hostnames = [HERE]
    parameters.port = 0  # any that is free
    parameters.n_parallel = slots
    parameters.n_ctx = int(options["context"]) * slots
    parameters.n_ubatch = int(options["ubatch"])
    parameters.n_batch = max(parameters.n_batch, parameters.n_ubatch)
    parameters.cache_type_k = parameters.cache_type_v = kv
    parameters.flash_attn_type = {
        "no": flash.LLAMA_FLASH_ATTN_TYPE_DISABLED,
        "yes": flash.LLAMA_FLASH_ATTN_TYPE_ENABLED,
        "auto": flash.LLAMA_FLASH_ATTN_TYPE_AUTO,
    }[options["flash"]]
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = declared_threads()
    parameters.n_threads_http = slots + 1
    parameters.cache_ram_mib = 0  # a slot's own cache is all that is kept of a prompt
    parameters.warmup = parameters.fit_params = parameters.ui = False
    parameters.verbosity = verbosity
    return parameters
