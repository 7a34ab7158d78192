"""A pipeline: one backend's tokenizer, a template engine, and a detokenizer by its name.

    pipeline:minisgl,encode=hf:DIR                      mini-sglang's detokenizer over tokenizers
    pipeline:vllm,encode=hf:DIR,decode=transformers:DIR,render=minijinja,stops=vllm
    pipeline:rust_inprocess,model=DIR                   a combination that has a name

`decode` is `encode` if not said; `render` is `own`, the encoding side's own way, or a template
engine; `stops` is a stop decoder. The combinations with a name are those of PIPELINES. A prompt's
ids are 32-bit: an id that is not raises OverflowError. A batch of texts alone takes the batch
call; one with chat messages in it is encoded one by one, as engines do.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.backend import Backend, Identity, Prompt
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.engine import run_script
from parity.errors import BadSpec
from parity.stops import STOP_DECODERS, run_stops
from parity.stream_cases import StopScript
from parity.streaming import decoder_of, stop_steps
from parity.streams import Script, StopRun, Streamed
from parity.types import Encoding, Specials, Vocabulary


class Pipeline(NamedTuple):
    """A combination that has a name: kinds of backends, and names of the rest."""

    encode: str
    decode: str
    render: str
    detokenizer: str


PIPELINES: Final[Mapping[str, Pipeline]] = {
    "python": Pipeline("transformers", "transformers", "own", "minisgl"),
    "rust_inprocess": Pipeline("hf", "hf", "minijinja", "minisgl"),
    "rust_tokenize_only": Pipeline("hf", "transformers", "minijinja", "minisgl"),
}
"""mini-sglang's tokenizer backends: all in Python, all in Rust, only encoding in Rust."""


ENGINES: Final[Mapping[str, str]] = {
    "jinja": "jinja:{}",
    "minijinja": "minijinja:{}",
    "smg": "minijinja:{},preset=smg",
    "tgi": "minijinja:{},preset=tgi",
    "huggingface_jinja": "huggingface_jinja:{}",
}
"""The backends that render a chat template, by the name that a pipeline has for them."""


class Names(NamedTuple):
    """The named algorithms of a pipeline; `stops` is "" where it has no stop decoder."""

    detokenizer: str
    render: str
    stops: str


class Piped(Backend):
    """Everything of one tokenizer, with named algorithms in the place of its own."""

    name = "pipeline"

    def __init__(
        self, encode: Backend, decode: Backend, names: Names, template: Backend | None
    ) -> None:
        self.encoder, self.decoder = encode, decode
        self.names, self.template = names, template
        self.releases_gil = encode.releases_gil
        self.here = encode.here and decode.here

    @property
    def algorithm(self) -> str:
        return self.names.detokenizer

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.encoder.encode(text, specials)

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        return self.encoder.encode_batch(texts, specials, offsets)

    def encode_cut(self, texts: Sequence[str], length: int) -> list[Encoding]:
        return self.encoder.encode_cut(texts, length)

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return self.decoder.decode(ids, skip_special)

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        return self.decoder.decode_batch(batch, skip_special)

    def vocabulary(self) -> Vocabulary:
        return self.encoder.vocabulary()

    def normal_form(self, text: str) -> str:
        return self.encoder.normal_form(text)

    def eos(self) -> int | None:
        return self.encoder.eos()

    def stream(self, script: Script) -> Streamed:
        return run_script(DETOKENIZERS[self.names.detokenizer], decoder_of(self.decoder), script)

    @property
    def stop_rule(self) -> str:
        return STOP_DECODERS[self.names.stops].tie if self.names.stops else ""

    def stop(self, script: StopScript) -> StopRun:
        if not self.names.stops:
            self.lacks("stop decoder: the spec says no stops=NAME")
        make = DETOKENIZERS[self.names.detokenizer]
        steps = stop_steps(make, decoder_of(self.decoder), script)
        return run_stops(STOP_DECODERS[self.names.stops], script.stops, steps)

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        if self.template is None:
            return self.encoder.render(messages, options)
        return self.template.render(messages, options)

    def expand(self, source: str, variables: dict[str, Any]) -> str:
        return (self.template or self.encoder).expand(source, variables)

    def chat_template(self, *, tools: bool = False) -> str:
        return (self.template or self.encoder).chat_template(tools=tools)

    def snippet(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        return (self.template or self.encoder).snippet(messages, options)

    def chat_ids(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[int]:
        return list(self.encoder.encode(self.render(messages, options), "template").ids)

    def prompts(self, batch: Sequence[Prompt]) -> list[list[int]]:
        if all(isinstance(prompt, str) for prompt in batch):
            seen = self.encoder.encode_batch([str(prompt) for prompt in batch], "template")
        else:
            seen = [self.encoder.encode(self._text(prompt), "template") for prompt in batch]
        return [list(array("i", encoding.ids)) for encoding in seen]

    def _text(self, prompt: Prompt) -> str:
        if isinstance(prompt, str):
            return prompt
        return self.render(prompt, {"add_generation_prompt": True})

    def identity(self) -> Identity:
        inner, outer = self.decoder.identity(), self.encoder.identity()
        facts = {f"encode.{key}": value for key, value in outer.facts.items()}
        facts |= {"encode": f"{type(outer.native).__module__}.{type(outer.native).__qualname__}"}
        facts |= self.names._asdict()
        parts = (outer,) if self.template is None else (outer, self.template.identity())
        artefacts = [path for part in (inner, *parts) for path in part.artefacts]
        packages = [name for part in (inner, *parts) for name in part.packages]
        if self.template is not None:
            facts |= {f"render.{key}": value for key, value in parts[-1].facts.items()}
        return inner._replace(
            artefacts=list(dict.fromkeys(artefacts)),
            packages=list(dict.fromkeys([*packages, "tokparity"])),
            parts=parts,
            facts={**inner.facts, **facts},
        )

    def close(self) -> None:
        for backend in {self.encoder, self.decoder, *filter(None, [self.template])}:
            backend.close()


def make(
    target: str,
    encode: str = "",
    decode: str = "",
    render: str = "own",
    stops: str = "",
    model: str = "",
) -> Backend:
    """Return a pipeline: `target` is a detokenizer, or a combination that has a name."""
    from parity.backends import load, read_spec  # noqa: PLC0415 (the registry imports this file)

    if target in PIPELINES:
        if not model or encode or decode or render != "own":
            raise BadSpec(f"pipeline:{target} takes model=TARGET, and of the others only stops=")
        named = PIPELINES[target]
        encode, decode, render = f"{named.encode}:{model}", f"{named.decode}:{model}", named.render
        target = named.detokenizer
    elif model or not encode:
        raise BadSpec(f"pipeline:{target} takes encode=SPEC, such as encode=hf:tiny:byte-bpe-600")
    if target not in DETOKENIZERS:
        names = ", ".join([*PIPELINES, *DETOKENIZERS])
        raise BadSpec(f"no detokenizer or pipeline {target!r}; known: {names}")
    if stops and stops not in STOP_DECODERS:
        raise BadSpec(f"no stop decoder {stops!r}; known: {', '.join(STOP_DECODERS)}")
    encoder = load(encode)
    decoder = load(decode) if decode and decode != encode else encoder
    template = None
    if render != "own":
        if render not in ENGINES:
            raise BadSpec(f"no template engine {render!r}; known: own, {', '.join(ENGINES)}")
        template = load(ENGINES[render].format(read_spec(encode).target))
        template.chat_template()  # it has one, or is said to have none
    return Piped(encoder, decoder, Names(target, render, stops), template)
