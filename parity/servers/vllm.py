"""vLLM: one text a request, chats too, and text by /v1/completions.

It adds special tokens to texts where it is not told, so it is always told; it opens an assistant's
turn where it is not told, so it is always told that too. /detokenize has no word for skipping
special tokens and keeps them. A text that is longer than max_model_len is refused, Status400.
Read, not run.
"""

from __future__ import annotations

from typing import Any

from parity.servers import openai
from parity.servers.failures import UnknownModel
from parity.servers.shape import (
    Body,
    Call,
    Chat,
    Question,
    Shape,
    Streaming,
    Wanted,
    body,
    encodings,
    facts,
    ids,
    lists,
    part,
    texts,
)


def _version(reply: Any, _: str) -> dict[str, str]:
    return facts(reply, "version")


def _model(reply: Any, model: str) -> dict[str, str]:
    rows = lists(part(reply, "data"))
    for row in rows:
        if model in ("", part(row, "id")):
            return facts(row, "id", "root", "max_model_len")
    names = ", ".join(str(part(row, "id")) for row in rows) or "none"
    raise UnknownModel(f"it serves no model {model!r}; it serves: {names}")


def _chat(chat: Chat) -> Body:
    return {**openai.chat(chat), "add_special_tokens": False}


def _completion(wanted: Wanted) -> Body:
    return {**openai.completion(wanted), "return_token_ids": True}


VLLM = Shape(
    name="vllm",
    about="a vLLM server, by /tokenize, /detokenize and /v1/completions",
    model="may",
    who=(Question(("/version",), _version), Question(("/v1/models",), _model)),
    specials={
        "parse": {"add_special_tokens": False},
        "template": {"add_special_tokens": True},
    },
    skip_special={False: {}},
    encode=Call("/tokenize", body("prompt"), encodings("tokens")),
    decode=Call("/detokenize", body("tokens"), texts("prompt")),
    chat_ids=Call("/tokenize", _chat, lambda reply, _: ids(part(reply, "tokens"))),
    stream=Streaming("/v1/completions", _completion, openai.chunks),
)
