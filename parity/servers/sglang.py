"""SGLang: its own tokenizer behind /tokenize, chats too, and text by /generate.

It adds special tokens where it is not told, so it is always told. Its stream is cumulative, text
and ids, unless it was started with --incremental-streaming-output, as it says of itself; here
chunks are what is new. Where it takes text back that it had sent, that is Retracted.
Completions: ids in and out, EOS among them; one entry of log-probabilities for each, of the raw
logits (temperature 0 is 1 and the best, there); those of given ids are those of a prompt, where the
last id of a vocabulary is told as 0. What is matched at an end is a stop string, or an id, which is
EOS here, as no other is asked for.
Read, not run: version 0.5.23.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parity.servers import openai
from parity.servers.completing import (
    Asked,
    Completed,
    Completing,
    Forced,
    Known,
    Tops,
    counted,
    matched,
    number,
    ranked,
    refuse_error,
    word,
)
from parity.servers.events import Event
from parity.servers.failures import BadReply, Miscounts, Retracted
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


def _greedy(asked: Asked) -> Body:
    is_text = isinstance(asked.prompt, str)
    prompt: Body = {"text": asked.prompt} if is_text else {"input_ids": list(asked.prompt)}
    sampling: Body = {
        "temperature": 0, "max_new_tokens": asked.max_tokens, "top_p": 1, "min_p": 0,
        "repetition_penalty": 1, "presence_penalty": 0, "frequency_penalty": 0,
        "min_new_tokens": 0, "ignore_eos": False, "skip_special_tokens": True,
        "no_stop_trim": False,
    }  # fmt: skip
    if asked.stop:
        sampling["stop"] = list(asked.stop)
    logprobs: Body = {"return_logprob": True, "top_logprobs_num": asked.top} if asked.top else {}
    return {**prompt, "sampling_params": sampling, **logprobs}


def _completed(reply: Any, asked: Asked) -> Completed:
    refuse_error(reply)
    about = part(reply, "meta_info")
    reason = part(about, "finish_reason")
    said = part(reason, "type")
    stopped = matched(reason.get("matched"), asked) if said == "stop" else ""
    finish = word(said, {"length": "length", "stop": stopped, "abort": "abort"})
    names = {"prompt": "prompt_tokens", "completion": "completion_tokens"}
    counts = {mine: counted(part(about, name)) for mine, name in names.items() if name in about}
    known = _known(about, "output", asked.top) if asked.top else None
    new = tuple(ids(part(reply, "output_ids")))
    return Completed(text(part(reply, "text")), said, finish, new, None, counts, known)


def _known(about: Any, side: str, top: int) -> tuple[Known, ...]:
    """Return the entries of input or output; the first of an input has nothing before it."""
    chosen = lists(part(about, f"{side}_token_logprobs"))
    rows = lists(part(about, f"{side}_top_logprobs"))
    if len(chosen) != len(rows):
        raise Miscounts(f"{len(rows)} rows of log-probabilities are for {len(chosen)} ids")
    found = []
    for one, row in zip(chosen, rows, strict=True):
        own = _id(part(one, 1))
        pairs = {_id(part(pair, 1)): number(part(pair, 0)) for pair in lists(row or [])}
        if part(one, 0) is not None:
            pairs[own] = number(part(one, 0))
        found.append(Known(own, ranked(pairs, top, own)))
    return tuple(found)


def _id(value: Any) -> int:
    if type(value) is not int:
        raise BadReply(f"an id is an integer, not {shown(value)}")
    return value


def _forcing(wanted: Forced) -> Body:
    body = _greedy(Asked([*wanted.ids, *wanted.forced], 1, (), wanted.top))
    return {**body, "logprob_start_len": max(len(wanted.ids) - 1, 0)}


def _forced(reply: Any, wanted: Forced) -> tuple[Tops, ...]:
    refuse_error(reply)
    count = len(wanted.forced)
    rows = _known(part(reply, "meta_info"), "input", wanted.top)[-count:] if count else ()
    if any(row.id not in (id, 0) for row, id in zip(rows, wanted.forced, strict=True)):
        said = shown([row.id for row in rows])
        raise Miscounts(
            f"log-probabilities of {shown(wanted.forced)} were asked for, not of {said}"
        )
    return tuple(row.top[: wanted.top] for row in rows)


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
COMPLETING = Completing(
    completion=Call("/generate", _greedy, _completed),
    stream="/generate",
    streaming={"stream": True},
    too_long=("tokens) is longer than the model",),
    top=20,
    forced=Call("/generate", _forcing, _forced),
    detokenizer="sglang",
    eos_modes=("goes_on",),
)
