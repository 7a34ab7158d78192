"""vLLM: one text a request, chats too, and text by /v1/completions.

It adds special tokens to texts where it is not told, so it is always told; it opens an assistant's
turn where it is not told, so it is always told that too. /detokenize has no word for skipping
special tokens and keeps them. A text that is longer than max_model_len is refused, Status400.
Completions: ids in and out, EOS among them; one entry of log-probabilities for each, of the raw
logits, as the server is started by default, and at most 20 of a step (--max-logprobs); those of
given ids are those of a prompt. EOS has no `stop_reason`; an id that is named there is an end of
generation_config.json. Chunks are as often as --stream-interval says, and are joined where the
client is late.
Read; completions, their streams and /tokenize were also run: version 0.32.0 on a CPU, float32.
"""

from __future__ import annotations

from typing import Any

from parity.servers import openai
from parity.servers.completing import (
    Asked,
    Completed,
    Completing,
    Forced,
    Known,
    Tops,
    matched,
    number,
    only,
    ranked,
    refuse_error,
    word,
)
from parity.servers.failures import BadReply, Miscounts
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
    shown,
    text,
    texts,
)


def _version(reply: Any, _: str) -> dict[str, str]:
    return facts(reply, "version")


def _chat(chat: Chat) -> Body:
    return {**openai.chat(chat), "add_special_tokens": False}


def _greedy(asked: Asked) -> Body:
    body = {
        **openai.greedy(asked), "min_p": 0, "repetition_penalty": 1, "min_tokens": 0,
        "ignore_eos": False, "skip_special_tokens": True, "include_stop_str_in_output": False,
        "return_token_ids": True,
    }  # fmt: skip
    if asked.top:
        body |= {"logprobs": asked.top, "return_tokens_as_token_ids": True}
    return body


def _completed(reply: Any, asked: Asked) -> Completed:
    refuse_error(reply)
    choice = only(reply, "choices")
    said = part(choice, "finish_reason")
    stopped = matched(choice.get("stop_reason"), asked) if said == "stop" else ""
    finish = word(said, {"length": "length", "stop": stopped, "abort": "abort"})
    read = choice.get("prompt_token_ids")
    return Completed(
        text(part(choice, "text")), said, finish, tuple(ids(part(choice, "token_ids"))),
        None if read is None else tuple(ids(read)), openai.usage(reply),
        _known(part(choice, "logprobs"), asked.top) if asked.top else None,
    )  # fmt: skip


def _known(said: Any, top: int) -> tuple[Known, ...]:
    chosen, rows = lists(part(said, "tokens")), lists(part(said, "top_logprobs"))
    if len(chosen) != len(rows):
        raise Miscounts(f"{len(rows)} rows of log-probabilities are for {len(chosen)} tokens")
    found = []
    for token, row in zip(chosen, rows, strict=True):
        own = _id(token)
        pairs = {_id(name): number(value) for name, value in _object(row).items()}
        found.append(Known(own, ranked(pairs, top, own)))
    return tuple(found)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadReply(f"an object is wanted, not {shown(value)}")
    return value


def _id(token: Any) -> int:
    """Return the id of a token that is named by it, as it was asked for."""
    name, _, id = text(token).partition(":")
    if name != "token_id" or not (id.isascii() and id.isdigit()):
        raise BadReply(f"a token is token_id:NUMBER here, not {shown(token)}")
    return int(id)


def _forcing(wanted: Forced) -> Body:
    body = _greedy(Asked([*wanted.ids, *wanted.forced], 1))
    return {**body, "prompt_logprobs": wanted.top}


def _forced(reply: Any, wanted: Forced) -> tuple[Tops, ...]:
    refuse_error(reply)
    rows = lists(part(only(reply, "choices"), "prompt_logprobs"))
    if len(rows) != len(wanted.ids) + len(wanted.forced):
        raise Miscounts(f"{len(rows)} rows of log-probabilities are for a prompt of another length")
    found = []
    for id, row in zip(wanted.forced, rows[len(wanted.ids) :], strict=True):
        named = {f"token_id:{name}": one for name, one in _object(row).items()}
        pairs = {_id(name): number(part(one, "logprob")) for name, one in named.items()}
        if id not in pairs:
            raise Miscounts(f"the log-probability of the given id {id} is not in {shown(row)}")
        found.append(ranked(pairs, wanted.top))
    return tuple(found)


def _completion(wanted: Wanted) -> Body:
    return {**openai.completion(wanted), "return_token_ids": True}


VLLM = Shape(
    name="vllm",
    about="a vLLM server, by /tokenize, /detokenize and /v1/completions",
    model="may",
    who=(Question(("/version",), _version), Question(("/v1/models",), openai.models)),
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
COMPLETING = Completing(
    completion=Call("/v1/completions", _greedy, _completed),
    stream="/v1/completions",
    streaming={"stream": True},
    too_long=("maximum context length",),
    top=20,
    forced=Call("/v1/completions", _forcing, _forced),
    detokenizer="vllm",
    eos_modes=("goes_on",),
)
