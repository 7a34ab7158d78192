"""llama.cpp's own tokenizer: the server in the xllamacpp wheel, on 127.0.0.1, one call a text.

    llama_cpp:model.gguf          the file as it is, weights and all
    llama_cpp:ggml-vocab.gguf     a file without weights: its metadata with a Llama of one layer
    llama_cpp:models/qwen         a tokenizer.json, written as GGUF (`gguf_writing`) with such a
                                  Llama; a pipeline that llama.cpp has not is refused

A made file is in a temporary folder until the backend is closed. What a tokenizer.json says and
GGUF cannot is among the facts of its identity, as `gguf.lost`. The name of an architecture decides
a little too (`<mask>` takes spaces in `nomic-bert-moe`); a file without weights loses it.

Specials are `/tokenize`'s: `parse` is parse_special and no add_special, `plain` is neither, so
that user-defined tokens are still found, and `template` is both. A text goes there as JSON in
UTF-8, so a lone surrogate is Python's UnicodeEncodeError, and bytes are Unsupported; there are no
offsets. `decode` is `/detokenize`: the pieces one after another, special tokens shown, no space
taken from the front, and U+FFFD for what is not UTF-8. It cannot be asked to skip special tokens:
`skip_special` leaves out, before the call, the ids that llama.cpp takes for special (control and
unknown tokens of the file that `/tokenize` does not find without parse_special), which is what
`special = false` does in its library. What the server refuses is a ServerSays with its message.

`render` is `/apply-template`: llama.cpp's own template engine, and its own reading of messages and
tools; other options of a chat go as `chat_template_kwargs`. `chat_template` is what `/props` shows,
which lacks the last line end. A file without a template has none here, where llama.cpp would take
ChatML. The batch calls are loops over single ones.

llama.cpp ends the whole process where one of its asserts does not hold: hence ISOLATED.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import gguf  # noqa: F401 (what `gguf_files` reads and writes with)
import xllamacpp

from parity import chat_template, gguf_files
from parity.artefact import resolve, tokenizer_json
from parity.backend import Backend, Identity
from parity.errors import Refused
from parity.gguf_vocabulary import CONTROL, PREFIX, UNKNOWN, USER_DEFINED, templates
from parity.gguf_writing import Written, written
from parity.servers.embedded import HERE, started
from parity.types import Encoding, Specials

LANGUAGE: Final = "C++"
ISOLATED: Final = True
"""An assert of llama.cpp's that does not hold ends the process."""
CONTEXT: Final = 64
"""Tokens of context: the least memory, as nothing is ever generated."""
SECONDS: Final = 60.0
DROPPED: Final = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)
SPECIALS: Final = {
    "parse": {"parse_special": True, "add_special": False},
    "plain": {"parse_special": False, "add_special": False},
    "template": {"parse_special": True, "add_special": True},
}
OWN_OPTIONS: Final = ("tools", "add_generation_prompt")
"""Options of a chat that `/apply-template` takes by their names."""


class ServerSays(Exception):
    """What llama.cpp's server answers instead of a result."""


class LlamaCpp(Backend):
    """A `xllamacpp.Server` on a GGUF file."""

    name = "llama_cpp"

    def __init__(self, target: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="tokparity-")
        try:
            path, self.written, self.files = _gguf(target, Path(self.folder.name))

            def start(verbosity: int) -> Any:
                return xllamacpp.Server(_parameters(path, verbosity=verbosity))

            self.server: Any = started(start, target)
        except BaseException:
            self.folder.cleanup()
            raise
        self.made = path.parent == Path(self.folder.name)
        address = urlsplit(str(self.server.listening_address))
        self.address = address.hostname or HERE, address.port or 0
        self._own = threading.local()
        self._connections: list[http.client.HTTPConnection] = []
        self._ask("/slots", None)  # by its loop: a server that is ended before that begins hangs

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if isinstance(text, bytes):
            self.lacks("encode of bytes")
        return Encoding(self._ask("/tokenize", {"content": text, **SPECIALS[specials]})["tokens"])

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        return [self.encode(text, specials) for text in texts]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        kept = [id for id in ids if id not in self._special] if skip_special else list(ids)
        text: str = self._ask("/detokenize", {"tokens": kept})["content"]
        return text

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        return [self.decode(ids, skip_special) for ids in batch]

    def eos(self) -> int | None:
        ids = self._ask("/tokenize", {"content": self._props["eos_token"], **SPECIALS["parse"]})
        return ids["tokens"][0] if len(ids["tokens"]) == 1 else None

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        self._check_template()
        named = {name: value for name, value in options.items() if name in OWN_OPTIONS}
        others = {name: value for name, value in options.items() if name not in OWN_OPTIONS}
        body = {"messages": list(messages), **named, "chat_template_kwargs": others}
        prompt: str = self._ask("/apply-template", body)["prompt"]
        return prompt

    def chat_template(self, *, tools: bool = False) -> str:
        self._check_template()
        found: str = (self._props.get("chat_template_tool_use") if tools else "") or self._props[
            "chat_template"
        ]
        return found

    def identity(self) -> Identity:
        metadata = self.written.metadata
        facts = {f"gguf.{key}": str(metadata.get(PREFIX + key)) for key in ("model", "pre")}
        facts |= {
            "gguf.lost": "; ".join(self.written.lost) or "nothing",
            "gguf.made": str(self.made),
        }
        facts["gguf.sha256"] = hashlib.sha256(repr(sorted(metadata.items())).encode()).hexdigest()
        facts["build"] = str(xllamacpp.BUILD_INFO)
        return Identity(
            self.server, "xllamacpp", [*map(str, self.files)], ["xllamacpp", "gguf"], facts
        )

    def close(self) -> None:
        for connection in self._connections:
            connection.close()  # before its server, which waits for them
        self.server = None  # which ends its threads and lets go of its port
        self.folder.cleanup()

    @cached_property
    def _props(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("/props", None)
        return found

    @cached_property
    def _special(self) -> frozenset[int]:
        """The ids that llama.cpp takes for special, which may be others than the file says."""
        metadata = self.written.metadata
        types = metadata.get(f"{PREFIX}token_type") or []
        asked = {
            id: metadata[f"{PREFIX}tokens"][id]
            for id, type in enumerate(types)
            if type in (CONTROL, UNKNOWN, USER_DEFINED)
        }
        return frozenset(
            id for id, token in asked.items() if id not in self.encode(token, "plain").ids
        )

    def _check_template(self) -> None:
        if not templates(self.written.metadata)[0]:
            self.lacks("chat template in its file")

    def _ask(self, path: str, body: Mapping[str, Any] | None) -> Any:
        """Return the JSON that the server answers, by a connection of this thread's own."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8")
        try:
            reply, content = self._sent(path, data)
        except DROPPED:  # an idle connection is let go of after a few seconds
            reply, content = self._sent(path, data)
        if reply.status != http.client.OK:
            raise ServerSays(f"{path}: {reply.status} {content[:500].decode('utf-8', 'replace')}")
        return json.loads(content)

    def _sent(self, path: str, data: bytes | None) -> tuple[http.client.HTTPResponse, bytes]:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(*self.address, timeout=SECONDS)
            self._own.connection = connection
            self._connections.append(connection)
        try:
            method = "GET" if data is None else "POST"
            connection.request(method, path, data, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            return reply, reply.read()
        except BaseException:
            connection.close()  # what comes next begins anew
            raise


def _gguf(target: str, folder: Path) -> tuple[Path, Written, list[Path]]:
    """Return a file that llama.cpp loads, what it says, and the files that it was made of."""
    path = resolve(target)
    if path.suffix == ".gguf" or gguf_files.is_gguf(path):
        found = gguf_files.read(path)
        if gguf_files.has_tensors(path):
            return path, Written(found), [path]
        made, files = Written(found, ("architecture",)), [path]
    else:
        source, content = tokenizer_json(target)
        chat = chat_template.read(str(source))
        try:
            made = written(content, chat.tokens, chat.named)
        except Refused as error:
            raise Refused(f"{source}: it has no form in GGUF: {error}") from error
        files = list(dict.fromkeys([source, *chat.files]))
    place = folder / "model.gguf"
    gguf_files.write(place, made.metadata)
    return place, made, files


def _parameters(path: Path, *, verbosity: int) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.hostnames = [HERE]
    parameters.port = 0  # any that is free
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    parameters.warmup = False
    parameters.fit_params = False
    parameters.ui = False
    parameters.verbosity = verbosity
    return parameters


def make(target: str) -> Backend:
    """Return the backend for a .gguf file, a folder, a tokenizer.json, tiny:NAME or asset:NAME."""
    return LlamaCpp(target)
