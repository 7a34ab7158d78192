"""A server that speaks HTTP: smg, SGLang, vLLM, TGI or llama.cpp, by the option `shape`.

    http:http://127.0.0.1:3000,shape=vllm,model=NAME

Options: `shape` is one of `parity.servers`; `model` is the name that the server knows the model by;
`tokenizer` is the folder that the server was started with: nothing is read from it, but its digests
are kept and checked; `seconds` is how long an answer may take (10); `key_file` holds a key.

It is always told what to do about special tokens, and what a shape has no word for is Unsupported.
Where a shape takes one text a request, a batch is one request after another. Byte ranges become
code points. Text goes out as JSON in ASCII, half surrogate pairs as their escapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx2  # noqa: F401 (what `servers.client` sends with)

from parity.artefact import resolve
from parity.backend import Backend, Identity
from parity.errors import BadSpec
from parity.servers import SHAPES
from parity.servers.server import Server, Way, reach
from parity.servers.shape import Call, Chat, Chunk, Wanted
from parity.types import Encoding, Specials

LANGUAGE: Final = "any"
SECONDS: Final = "10"
SUFFIXES: Final = (".json", ".txt", ".model", ".tiktoken", ".jinja", ".gguf")
"""Names of files that can decide what a tokenizer answers."""


class Http(Backend):
    """A server of a shape, at a URL."""

    name = "http"
    here = False
    releases_gil = True

    def __init__(self, server: Server, artefacts: Sequence[str]) -> None:
        self.server, self.client, self.shape = server, server.client, server.shape
        self.name = f"a server of shape {self.shape.name}"
        self.artefacts = artefacts

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        found: Encoding = self._called("encode", self._text(text), self._specials(specials))
        return found

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        mode = self._specials(specials)
        return self._each("encode", [self._text(text) for text in texts], mode)

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        found: str = self._called("decode", list(ids), self._skipping(skip_special))
        return found

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        return self._each("decode", [list(ids) for ids in batch], self._skipping(skip_special))

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        found: str = self._called("render", Chat(messages, options), {})
        return found

    def chat_ids(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[int]:
        found: list[int] = self._called("chat_ids", Chat(messages, options), {})
        return found

    def streamed_text(
        self, prompt: str | Sequence[int], max_tokens: int, stop: Sequence[str] = ()
    ) -> list[Chunk]:
        """Return the chunks that a greedy request is sent. Raises a failure of the server."""
        streaming = self.shape.stream
        if streaming is None or not (streaming.takes_ids or isinstance(prompt, str)):
            self.lacks("stream" if streaming is None else "stream for a prompt of ids")
        events = self.server.events(
            streaming.path, streaming.body(Wanted(prompt, max_tokens, stop))
        )
        return streaming.chunks(events, self.server.says)

    def identity(self) -> Identity:
        facts = {"shape": self.shape.name, **self.server.facts()}
        return Identity(self, "", self.artefacts, ["httpx2", "tokparity"], facts)

    def close(self) -> None:
        self.server.close()

    def _called(self, operation: str, given: Any, mode: Mapping[str, Any]) -> Any:
        call: Call | None = getattr(self.shape, operation)
        if call is None:
            self.lacks(operation)
        return self.server.call(call, given, mode)

    def _each(self, operation: str, batch: list[Any], mode: Mapping[str, Any]) -> list[Any]:
        if not batch:
            return []
        if self.shape.batches:
            found: list[Any] = self._called(operation, batch, mode)
            return found
        return [self._called(operation, given, mode) for given in batch]

    def _text(self, text: str | bytes) -> str:
        return self.lacks("encode of bytes") if isinstance(text, bytes) else text

    def _specials(self, mode: Specials) -> Mapping[str, Any]:
        if self.shape.encode and mode not in self.shape.specials:
            self.lacks(f"way to encode with specials {mode!r}")
        return self.shape.specials.get(mode, {})

    def _skipping(self, skip: bool) -> Mapping[str, Any]:
        if self.shape.decode and skip not in self.shape.skip_special:
            self.lacks(f"way to decode with special tokens {'skipped' if skip else 'kept'}")
        return self.shape.skip_special.get(skip, {})


def make(
    target: str,
    shape: str = "",
    model: str = "",
    tokenizer: str = "",
    seconds: str = SECONDS,
    key_file: str = "",
) -> Backend:
    """Return the backend for a URL. Raises BadSpec, LoadFailed where nobody answers there."""
    if shape not in SHAPES:
        raise BadSpec(f"http:{target} wants shape=NAME, one of {', '.join(SHAPES)}; not {shape!r}")
    artefacts = _files(tokenizer)
    return Http(reach("http", SHAPES[shape], Way(target, model, key_file, seconds)), artefacts)


def _files(tokenizer: str) -> list[str]:
    if not tokenizer:
        return []
    path = resolve(tokenizer)
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [str(one) for one in inside if one.is_file() and one.suffix in SUFFIXES]
    if not found:
        raise BadSpec(f"http: tokenizer={tokenizer} holds no file of a tokenizer")
    return found
