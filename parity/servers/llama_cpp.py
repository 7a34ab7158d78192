"""llama.cpp's server: /tokenize with both words for special tokens, /apply-template, /completion.

It adds no special token and parses those in a text where it is not told, so it is always told both.
/detokenize has no word for skipping special tokens and keeps them; ill-formed UTF-8 is U+FFFD by
then. Pieces of tokens, which are arrays of bytes where they are no text, are not asked for. A final
assistant's message is continued without being asked, so a chat that ends with one is Unsupported
unless it is to be continued. In its stream a token that ends inside a character sends nothing, and
its id is never reported.
Completions: ids in and out, EOS among them; entries of log-probabilities, of all logits, are of the
ids whose text could be sent alone, and name theirs. It echoes its settings, which must be those
that it was asked for. Where no new id is asked for, one comes.
Completions, their streams and /tokenize were run, on the server of the package xllamacpp; the rest
was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from parity.errors import Unsupported
from parity.servers import openai
from parity.servers.completing import (
    Asked,
    Completed,
    Completing,
    Known,
    counted,
    number,
    ranked,
    refuse_error,
    word,
)
from parity.servers.events import Event
from parity.servers.failures import NotAsAsked
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
    lists,
    part,
    read_event,
    shown,
    text,
    texts,
)

CONTINUED = "continue_final_message"
"""What it has no word for, and does by itself."""

PINNED: Body = {
    "temperature": 0, "top_k": 1, "samplers": ["top_k", "temperature"], "repeat_penalty": 1,
    "presence_penalty": 0, "frequency_penalty": 0, "dry_multiplier": 0, "mirostat": 0,
    "ignore_eos": False, "logit_bias": [], "grammar": "", "post_sampling_probs": False,
}  # fmt: skip
"""What makes it greedy; it is echoed."""


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


def _greedy(asked: Asked) -> Body:
    prompt = asked.prompt if isinstance(asked.prompt, str) else list(asked.prompt)
    return {
        **PINNED, "prompt": prompt, "n_predict": asked.max_tokens, "stop": list(asked.stop),
        "n_probs": asked.top, "return_tokens": True, "cache_prompt": asked.cached,
    }  # fmt: skip


def _completed(reply: Any, asked: Asked) -> Completed:
    refuse_error(reply)
    settings, sent = part(reply, "generation_settings"), _greedy(asked)
    for name in (*PINNED, "n_predict", "stop", "n_probs"):
        if part(settings, name) != sent[name]:
            took = shown(settings[name])
            raise NotAsAsked(f"{name}={shown(sent[name])} was asked for, and it took {took}")
    said = part(reply, "stop_type")
    finish = word(said, {"limit": "length", "eos": "eos", "word": "string"})
    names = {"prompt": "tokens_evaluated", "completion": "tokens_predicted"}
    counts = {mine: counted(part(reply, name)) for mine, name in names.items()}
    rows = lists(reply.get("completion_probabilities") or [])
    known = tuple(_known(row, asked.top) for row in rows) if asked.top else None
    new = tuple(ids(part(reply, "tokens")))
    return Completed(text(part(reply, "content")), said, finish, new, None, counts, known)


def _known(row: Any, top: int) -> Known:
    """Return an entry; the text that it comes with may be that of several ids."""
    rows = lists(part(row, "top_logprobs"))
    own = ids([part(row, "id")])[0]
    pairs = dict(
        zip(
            ids([part(one, "id") for one in rows]),
            (number(part(one, "logprob")) for one in rows),
            strict=True,
        )
    )
    mine = next((one.get("bytes") for one in rows if one["id"] == own), None)
    pairs.setdefault(own, number(part(row, "logprob")))
    return Known(own, ranked(pairs, top, own), mine is not None and mine == row.get("bytes"))


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
COMPLETING = Completing(
    completion=Call("/completion", _greedy, _completed),
    stream="/completion",
    streaming={"stream": True},
    too_long=("exceed_context_size_error",),
    streams_ids=False,
    top=100,
    aligned=False,
    detokenizer="llama_cpp",
    eos_modes=("ban",),
)
