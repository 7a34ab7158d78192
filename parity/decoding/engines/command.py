"""A program in any language that answers JSON lines: `command:./gen --flag,model=DIR`.

It speaks version 1 of docs/protocol.md, and has its op `generate`. The target is its command line,
split as a shell would.

    model=TARGET       what it is asked to load: a path
    load=NAME:VALUE    other options of its `load`; several have `;` between them
    prompts=ids        ids, or text: what a prompt goes in as
    stop_text=cut      cut, or kept: what becomes of the text of a stop string
    seconds=120        how long a reply may take
    said_device=, said_dtype=  what it computes on and in, as you know it; nothing is set by them

It is asked for one prompt after another, greedily (`temperature` 0), with stop strings and without
stop ids. Of its words for an end `stop` is a stop id, `id` here. An id that ended a completion is
among its ids. It gives no log-probabilities and no stream. Where it dies over a prompt, that prompt
has failed and it is started again. `encode` is its own, with special tokens added where it has that
mode, of a chat behind its `render`; bytes that `decode` gives become text, with U+FFFD for what is
no UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from parity import backends
from parity.backend import Identity
from parity.decoding.engine import Engine
from parity.decoding.records import Capabilities, Generation, Prompt, Request
from parity.errors import BadSpec
from parity.remote import replies, wire
from parity.remote.foreign import Foreign
from parity.types import Specials

KIND: Final = "command"
SECONDS: Final = "120"
MEMORY: Final = "100000"
"""GiB: the process that asks it is bounded, with all that it started."""
FINISH: Final = {
    "": "", "eos": "eos", "stop": "id", "string": "string", "length": "length", "abort": "abort",
}  # fmt: skip
"""The protocol's words for an end, and ours."""
CHAT: Final = {"add_generation_prompt": True}
GREEDY: Final = {"temperature": 0}


class Command(Engine):
    """A harness, asked to complete prompts."""

    def __init__(self, harness: Foreign, options: Mapping[str, str]) -> None:
        self.harness, self.options = harness, dict(options)
        self.name = harness.name
        if not harness.has("generate"):
            self.lacks("generate")
        self.capabilities = Capabilities(
            ids_in=options["prompts"] == "ids", stop_text=options["stop_text"],
            device=options["said_device"], dtype=options["said_dtype"],
        )  # fmt: skip

    def encode(self, prompt: Prompt) -> list[int]:
        if prompt.kind == "messages":
            text = self.harness.render(prompt.payload, CHAT)
            return list(self.harness.encode(text).ids)
        mode: Specials = "template" if self.harness.has("specials:template") else "parse"
        return list(self.harness.encode(prompt.payload, mode).ids)

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        return [self._seen(request) for request in requests]

    def decode(self, ids: Sequence[int]) -> str:
        found = self.harness.decode(ids, skip_special=True)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else found

    def identity(self) -> Identity:
        theirs = self.harness.identity()
        taken = dict(theirs.taken or {})
        return theirs._replace(taken={**taken, "facts": {**taken["facts"], **self.options}})

    def close(self) -> None:
        self.harness.close()

    def _seen(self, request: Request) -> Generation | BaseException:
        """Return what comes of one prompt; a failure leaves the others alone."""
        try:
            return self._generated(request)
        except Exception as error:  # noqa: BLE001 (what an engine does is seen)
            return error

    def _generated(self, request: Request) -> Generation:
        prompt: dict[str, Any] = {"ids": list(request.ids)}
        if not self.capabilities.ids_in:
            if not request.text and request.ids:
                self.lacks("way to take a prompt of ids alone")
            prompt = {"prompt": wire.text_out(request.text)}
        found = self.harness.ask(
            "generate", **prompt, max_tokens=request.max_tokens,
            stop=wire.texts_out(request.stop), stop_ids=[], options=GREEDY,
        )  # fmt: skip
        with replies.reading():
            ids = replies.integers(found["ids"], "ids")
            text, finish = replies.string(found["text"]), FINISH[found["finish"]]
        if len(ids) > request.max_tokens:
            raise wire.BadReply(f"{len(ids)} ids, and {request.max_tokens} were asked for at most")
        return Generation(tuple(ids), finish, text)


def make(  # noqa: PLR0913 (each is an option of the spec)
    target: str, *, model: str = "", load: str = "", prompts: str = "ids", stop_text: str = "cut",
    seconds: str = SECONDS, said_device: str = "unknown",
    said_dtype: str = "unknown",
) -> Engine:  # fmt: skip
    """Return the engine of a command line. Raises BadSpec, LoadFailed, Refused, Unsupported."""
    options = {
        "prompts": prompts,
        "stop_text": stop_text,
        "said_device": said_device,
        "said_dtype": said_dtype,
    }
    for name, known in (("prompts", ("ids", "text")), ("stop_text", ("cut", "kept"))):
        if options[name] not in known:
            allowed = " or ".join(known)
            raise BadSpec(f"{KIND}:{target}: {name} is {allowed}, not {options[name]!r}")
    told = {"model": model, **_options(load, target), "timeout": seconds, "memory": MEMORY}
    words = [f"{name}={value}" for name, value in told.items() if value]
    harness = backends.load(",".join([f"{KIND}:{target}", *words]))
    try:
        return Command(cast("Foreign", harness), options)
    except BaseException:
        harness.close()
        raise


def _options(load: str, target: str) -> dict[str, str]:
    """Return what `load` is told beside a path. Raises BadSpec."""
    found: dict[str, str] = {}
    for pair in filter(None, load.split(";")):
        name, colon, value = pair.partition(":")
        if not colon or not name.isidentifier() or name in found:
            raise BadSpec(f"{KIND}:{target}: load is NAME:VALUE;NAME:VALUE, not {load!r}")
        found[name] = value
    return found
