"""A backend with one thing wrong: the base of all faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.backend import Backend, Identity, Prompt
from parity.stream_cases import StopScript
from parity.streams import Script, StopRun, Streamed
from parity.types import Encoding, Specials, Trained, Vocabulary


class Fault(Backend):
    """A backend with one thing wrong: it passes everything on, and its subclass spoils one call."""

    name = "mock"
    caught_by = ""
    planted = True
    """Whether it is one of the canaries: a fault that other processes show costs too much."""

    def __init__(self, inner: Backend) -> None:
        self.inner, self.here = inner, inner.here
        self.spec = f"mock:{type(self).__name__}" + (f",of={inner.spec}" if inner.spec else "")

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text, specials)

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        return [self.encode(text, specials) for text in texts]

    def encode_cut(self, texts: Sequence[str], length: int) -> list[Encoding]:
        return self.inner.encode_cut(texts, length)

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return self.inner.decode(ids, skip_special)

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        return [self.decode(ids, skip_special) for ids in batch]  # type: ignore[return-value]

    @property
    def algorithm(self) -> str:
        return self.inner.algorithm

    def stream(self, script: Script) -> Streamed:
        return self.inner.stream(script)

    @property
    def stop_rule(self) -> str:
        return self.inner.stop_rule

    def stop(self, script: StopScript) -> StopRun:
        return self.inner.stop(script)

    def eos(self) -> int | None:
        return self.inner.eos()

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        return self.inner.render(messages, options)

    def expand(self, source: str, variables: dict[str, Any]) -> str:
        return self.inner.expand(source, variables)

    def chat_template(self, *, tools: bool = False) -> str:
        return self.inner.chat_template(tools=tools)

    def snippet(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        return self.inner.snippet(messages, options)

    def chat_ids(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[int]:
        return self.inner.chat_ids(messages, options)

    def prompts(self, batch: Sequence[Prompt]) -> list[list[int]]:
        return self.inner.prompts(batch)

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        return self.inner.train(texts, size, held_out)

    def vocabulary(self) -> Vocabulary:
        return self.inner.vocabulary()

    def normal_form(self, text: str) -> str:
        return self.inner.normal_form(text)

    def identity(self) -> Identity:
        inner = self.inner.identity()
        return inner._replace(facts={**inner.facts, "fault": type(self).__name__})

    def close(self) -> None:
        self.inner.close()
