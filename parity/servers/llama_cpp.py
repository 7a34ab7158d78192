"""llama.cpp's server: /tokenize with both words for special tokens, /apply-template, /completion.

It adds no special token and parses those in a text where it is not told, so it is always told both.
/detokenize has no word for skipping special tokens and keeps them; ill-formed UTF-8 is U+FFFD by
then. Pieces of tokens, which are arrays of bytes where they are no text, are not asked for. A final
assistant's message is continued without being asked, so a chat that ends with one is Unsupported
unless it is to be continued. In its stream a token that ends inside a character sends nothing, and
its id is never reported.
Read, not run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from parity.errors import Unsupported
from parity.servers import openai
from parity.servers.events import Event
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
    text,
    texts,
)

CONTINUED = "continue_final_message"
"""What it has no word for, and does by itself."""


def _props(reply: Any, _: str) -> dict[str, str]:
    found = facts(reply, "model_path", "build_info")
    template = str(reply.get("chat_template", "")).encode("utf-8", "surrogatepass")
    return {**found, "chat_template": hashlib.sha256(template).hexdigest()}


def _chat(chat: Chat) -> Body:
    ends = bool(chat.messages) and chat.messages[-1].get("role") == "assistant"
    if ends != bool(chat.options.get(CONTINUED, False)):
        raise Unsupported(
            "it continues a chat if, and only if, its last message is the assistant's"
        )
    return {key: value for key, value in openai.chat(chat).items() if key != CONTINUED}


def _rendered(reply: Any, _: Any) -> str:
    return text(part(reply, "prompt"))


def _completion(wanted: Wanted) -> Body:
    prompt = wanted.prompt if isinstance(wanted.prompt, str) else list(wanted.prompt)
    asked: Body = {"prompt": prompt, "n_predict": wanted.max_tokens, "temperature": 0}
    if wanted.stop:
        asked["stop"] = list(wanted.stop)
    return {**asked, "stream": True, "return_tokens": True, "cache_prompt": False}


def _chunks(events: Iterable[Event], _: Mapping[str, str]) -> list[Chunk]:
    found: list[Chunk] = []
    for event in events:
        if event.data == DONE:
            break
        reply = read_event(event)
        ended = part(reply, "stop") is True
        finish = str(reply.get("stop_type", "stop")) if ended else ""
        new = tuple(ids(reply.get("tokens", [])))
        found.append(Chunk(text(part(reply, "content")), new, finish))
        if ended:
            return found
    raise cut_off(found)


LLAMA_CPP = Shape(
    name="llama_cpp",
    about="llama.cpp's server, by /tokenize, /detokenize, /apply-template and /completion",
    model="never",
    who=(Question(("/props",), _props),),
    specials={
        "parse": {"add_special": False, "parse_special": True, "with_pieces": False},
        "plain": {"add_special": False, "parse_special": False, "with_pieces": False},
        "template": {"add_special": True, "parse_special": True, "with_pieces": False},
    },
    skip_special={False: {}},
    encode=Call("/tokenize", body("content"), encodings("tokens")),
    decode=Call("/detokenize", body("tokens"), texts("content")),
    render=Call("/apply-template", _chat, _rendered),
    stream=Streaming("/completion", _completion, _chunks),
)
