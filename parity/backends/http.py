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

import ipaddress
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx2

from parity.artefact import resolve
from parity.backend import Backend, Identity
from parity.errors import BadSpec, LoadFailed
from parity.servers import SHAPES
from parity.servers.client import Client
from parity.servers.events import Event, Events
from parity.servers.failures import BadReply, Rejected, ServerFailed, UnknownModel, of_status
from parity.servers.shape import Call, Chat, Chunk, Shape, Wanted, shown
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

    def __init__(self, client: Client, shape: Shape, model: str, tokenizer: str) -> None:
        self.client, self.shape, self.model = client, shape, model
        self.name = f"a server of shape {shape.name}"
        self.artefacts = _files(tokenizer)
        self.says = self._asked_who()

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
        body = {**streaming.body(Wanted(prompt, max_tokens, stop)), **self._model()}
        return streaming.chunks(self._events(streaming.path, body), self.says)

    def identity(self) -> Identity:
        says = self._asked_who()
        facts = {
            "server": _home(self.client.url),
            "model": self.model or says.get("id", ""),
            "shape": self.shape.name,
            **{f"says.{name}": value for name, value in says.items()},
        }
        return Identity(self, "", self.artefacts, ["httpx2", "tokparity"], facts)

    def close(self) -> None:
        self.client.close()

    def _asked_who(self) -> dict[str, str]:
        """Return what the server says of itself, now."""
        said: dict[str, str] = {}
        for question in self.shape.who:
            said |= question.read(self._first(question.paths), self.model)
        return said

    def _first(self, paths: tuple[str, ...]) -> Any:
        missing = type(of_status(404, ""))
        for path in paths[:-1]:
            try:
                return self.client.ask(path)
            except missing:
                continue
        return self.client.ask(paths[-1])

    def _called(self, operation: str, given: Any, mode: Mapping[str, Any]) -> Any:
        call: Call | None = getattr(self.shape, operation)
        if call is None:
            self.lacks(operation)
        body = {**call.body(given), **mode, **self._model()}
        try:
            return call.read(self.client.ask(call.path, body), given)
        except (Rejected, ServerFailed) as error:
            if self.shape.unknown_model and self.shape.unknown_model in str(error):
                raise UnknownModel(str(error)) from error
            raise

    def _each(self, operation: str, batch: list[Any], mode: Mapping[str, Any]) -> list[Any]:
        if not batch:
            return []
        if self.shape.batches:
            found: list[Any] = self._called(operation, batch, mode)
            return found
        return [self._called(operation, given, mode) for given in batch]

    def _events(self, path: str, body: Mapping[str, Any]) -> Iterator[Event]:
        events = Events()
        for data in self.client.stream(path, body):
            yield from events.feed(data)
        if rest := events.unfinished():
            raise BadReply(f"the stream ended within an event: {shown(rest)}")

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

    def _model(self) -> dict[str, str]:
        return {"model": self.model} if self.model else {}


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
    kind = SHAPES[shape]
    if kind.model == "must" and not model:
        raise BadSpec(f"http:{target}: {shape} wants model=NAME, a name that it knows")
    if kind.model == "never" and model:
        raise BadSpec(f"http:{target}: {shape} has one model and takes no model={model}")
    client = Client(_checked(target), _key(key_file), _seconds(seconds))
    try:
        return Http(client, kind, model, tokenizer)
    except BaseException as error:
        client.close()
        if isinstance(error, ServerFailed):
            reason = f"{type(error).__name__}: {error}"
            raise LoadFailed(
                f"http:{target}: {kind.about}, does not say what it is: {reason}; "
                "is it running, at this URL, and of this shape?"
            ) from error
        raise


def _checked(url: str) -> str:
    """Return the URL of a server, without a slash at its end. Raises BadSpec."""
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise BadSpec(f"http: wants a URL such as http://127.0.0.1:3000, not {url!r}") from error
    if found.scheme not in ("http", "https") or not found.host:
        raise BadSpec(f"http: wants a URL such as http://127.0.0.1:3000, not {url!r}")
    if found.userinfo:
        raise BadSpec(
            "http: a spec is printed and kept, so no password stands in it: key_file=FILE"
        )
    if found.query or found.fragment:
        raise BadSpec(f"http: the URL is that of the server, without '?' and '#': {url!r}")
    return str(found).rstrip("/")


def _home(url: str) -> str:
    """Return what a server is known by; all names of this machine are one."""
    found = httpx2.URL(url)
    port = found.port or {"http": 80, "https": 443}[found.scheme]
    here = "loopback" if _is_here(found.host) else found.host.lower()
    return f"{here}:{port}{found.path.rstrip('/')}"


def _is_here(host: str) -> bool:
    """Say whether a name or address is one of this machine's, as far as it is known here."""
    addresses = _addresses(host)
    mine = _addresses(socket.gethostname())
    return any(one.is_loopback or one.is_unspecified or one in mine for one in addresses)


def _addresses(host: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        rows = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return set()
    found = {ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows}
    return {getattr(one, "ipv4_mapped", None) or one for one in found}


def _key(path: str) -> str:
    try:
        key = Path(path).read_text(encoding="utf-8").strip() if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSpec(f"http: key_file={path} cannot be read: {error}") from error
    if not (key.isascii() and key.isprintable()):
        raise BadSpec(f"http: key_file={path} holds no key: one line of ASCII is wanted")
    return key


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise BadSpec(f"http: seconds={text} is no number of seconds above 0")
    return seconds


def _files(tokenizer: str) -> list[str]:
    if not tokenizer:
        return []
    path = resolve(tokenizer)
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [str(one) for one in inside if one.is_file() and one.suffix in SUFFIXES]
    if not found:
        raise BadSpec(f"http: tokenizer={tokenizer} holds no file of a tokenizer")
    return found
