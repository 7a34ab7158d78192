"""SGLang: its own tokenizer behind /tokenize, chats too, and text by /generate.

It adds special tokens where it is not told, so it is always told. Its stream is cumulative, text
and ids, unless it was started with --incremental-streaming-output, as it says of itself; here
chunks are what is new. Where it takes text back that it had sent, that is Retracted.
Read, not run: version 0.5.23.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parity.servers import openai
from parity.servers.events import Event
from parity.servers.failures import Retracted
from parity.servers.shape import (
    DONE,
    Body,
    Call,
    Chat,
    Chunk,
    Question,
    Shape,
    Streaming,
    Wanted,
    body,
    cut_off,
    encodings,
    facts,
    ids,
    part,
    read_event,
    shown,
    text,
    texts,
)

INCREMENTAL = "incremental_streaming_output"


def _model(reply: Any, _: str) -> dict[str, str]:
    return facts(reply, "model_path", "served_model_name", "tokenizer_path", "weight_version")


def _server(reply: Any, _: str) -> dict[str, str]:
    return facts(reply, "version", INCREMENTAL)


def _chat(chat: Chat) -> Body:
    return {**openai.chat(chat), "add_special_tokens": False}


def _generate(wanted: Wanted) -> Body:
    is_text = isinstance(wanted.prompt, str)
    prompt: Body = {"text": wanted.prompt} if is_text else {"input_ids": list(wanted.prompt)}
    sampling: Body = {"temperature": 0, "max_new_tokens": wanted.max_tokens}
    if wanted.stop:
        sampling["stop"] = list(wanted.stop)
    return {**prompt, "sampling_params": sampling, "stream": True}


def _chunks(events: Iterable[Event], says: Mapping[str, str]) -> list[Chunk]:
    cumulative = says.get(INCREMENTAL) != "True"
    found: list[Chunk] = []
    so_far, sent = "", 0
    for event in events:
        if event.data == DONE:
            return found
        reply = read_event(event)
        new, new_ids = text(part(reply, "text")), ids(part(reply, "output_ids"))
        if cumulative:
            if not new.startswith(so_far) or len(new_ids) < sent:
                raise Retracted(f"{shown(so_far[-40:])} was sent, and now {shown(new[-40:])}")
            so_far, new = new, new[len(so_far) :]
            sent, new_ids = len(new_ids), new_ids[sent:]
        reason = part(reply, "meta_info", "finish_reason")
        finish = text(part(reason, "type")) if reason else ""
        found.append(Chunk(new, tuple(new_ids), finish))
    raise cut_off(found)


SGLANG = Shape(
    name="sglang",
    about="an SGLang server, by /tokenize, /detokenize and /generate",
    model="never",
    who=(
        Question(("/model_info", "/get_model_info"), _model),
        Question(("/server_info", "/get_server_info"), _server),
    ),
    specials={
        "parse": {"add_special_tokens": False},
        "template": {"add_special_tokens": True},
    },
    skip_special={skip: {"skip_special_tokens": skip} for skip in (True, False)},
    batches=True,
    encode=Call("/tokenize", body("prompt"), encodings("tokens")),
    decode=Call("/detokenize", body("tokens"), texts("text")),
    chat_ids=Call("/tokenize", _chat, lambda reply, _: ids(part(reply, "tokens"))),
    stream=Streaming("/generate", _generate, _chunks),
)
