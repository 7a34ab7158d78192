"""Text Generation Inference: /tokenize with byte offsets, /chat_tokenize, /generate_stream.

It always adds special tokens to a text, never to a chat, which always ends with an assistant's turn
opened. Its ranges are bytes of the UTF-8; here they are code points: a start inside a character is
that character, an end inside one is behind it. It has no detokenize, and takes no ids as a prompt.
Completions: text in, to which it adds special tokens; ids out, EOS among them, with its text in the
stream and without in one answer; one entry of log-probabilities for each, at most 5 of a step as it
is started by default; the text of a stop string is kept. It counts new ids alone.
Read, not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parity.errors import Unsupported
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
from parity.servers.failures import BadReply, Miscounts
from parity.servers.shape import (
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
    facts,
    ids,
    lists,
    part,
    read_event,
    refuse,
    text,
)
from parity.types import Encoding


def _info(reply: Any, _: str) -> dict[str, str]:
    return facts(reply, "model_id", "model_sha", "version", "sha", "max_input_tokens")


def _encoding(reply: Any, given: str) -> Encoding:
    rows = lists(reply)
    ranges = [tuple(ids([part(row, "start"), part(row, "stop")])) for row in rows]
    return Encoding(_ids(rows), in_code_points(given, ranges))


def _ids(rows: list[Any]) -> list[int]:
    return ids([part(row, "id") for row in rows])


def in_code_points(given: str, ranges: Iterable[tuple[int, ...]]) -> list[tuple[int, int]]:
    r"""Return ranges of bytes as ranges of code points of the text. Raises BadReply.

    >>> in_code_points("a\u4e16b", [(0, 1), (1, 4), (2, 3), (4, 5)])
    [(0, 1), (1, 2), (1, 2), (2, 3)]
    """
    widths = [len(character.encode("utf-8", "surrogatepass")) for character in given]
    starts, ends = [], [0]
    for place, width in enumerate(widths):
        starts += [place] * width
        ends += [place + 1] * width
    starts.append(len(given))
    size = sum(widths)
    found = []
    for start, stop in ranges:
        if not 0 <= start <= stop <= size:
            raise BadReply(f"the range {start}-{stop} is not in a text of {size} bytes")
        found.append((starts[start], ends[stop]))
    return found


def _chat(chat: Chat) -> Body:
    refuse(chat.options, "add_generation_prompt", "tools")
    if not chat.options.get("add_generation_prompt", False):
        raise Unsupported("it has no prompt that asks for no answer")
    tools = {"tools": chat.options["tools"]} if chat.options.get("tools") is not None else {}
    return {"messages": list(chat.messages), **tools}


def _chat_ids(reply: Any, _: Any) -> list[int]:
    return _ids(lists(part(reply, "tokenize_response")))


def _rendered(reply: Any, _: Any) -> str:
    return text(part(reply, "templated_text"))


def _generate(wanted: Wanted) -> Body:
    asked: Body = {"max_new_tokens": wanted.max_tokens, "do_sample": False, "details": True}
    if wanted.stop:
        asked["stop"] = list(wanted.stop)
    return {"inputs": wanted.prompt, "parameters": asked}


def _greedy(asked: Asked) -> Body:
    parameters: Body = {
        "max_new_tokens": asked.max_tokens, "do_sample": False, "details": True,
        "return_full_text": False,
    }  # fmt: skip
    if asked.stop:
        parameters["stop"] = list(asked.stop)
    if asked.top:
        parameters["top_n_tokens"] = asked.top
    return {"inputs": asked.prompt, "parameters": parameters}


def _completed(reply: Any, asked: Asked) -> Completed:
    refuse_error(reply)
    details = part(reply, "details")
    rows = lists(part(details, "tokens"))
    new = tuple(_ids(rows))
    said = part(details, "finish_reason")
    finish = word(said, {"length": "length", "eos_token": "eos", "stop_sequence": "string"})
    counts = {"completion": counted(part(details, "generated_tokens"))}
    known = _known(rows, part(details, "top_tokens"), asked.top) if asked.top else None
    return Completed(text(part(reply, "generated_text")), said, finish, new, None, counts, known)


def _known(chosen: list[Any], tops: Any, top: int) -> tuple[Known, ...]:
    rows = lists(tops)
    if len(rows) != len(chosen):
        raise Miscounts(f"{len(rows)} rows of log-probabilities are for {len(chosen)} ids")
    found = []
    for one, row in zip(chosen, rows, strict=True):
        tokens = [*lists(row), one]
        pairs = dict(zip(_ids(tokens), map(_logprob, tokens), strict=True))
        own = part(one, "id")
        found.append(Known(own, ranked(pairs, top, own)))
    return tuple(found)


def _logprob(token: Any) -> float:
    return number(part(token, "logprob"))


def _chunks(events: Iterable[Event], _: Mapping[str, str]) -> list[Chunk]:
    """Return a chunk a token; the last one comes with the whole text, which is not looked at."""
    found: list[Chunk] = []
    for event in events:
        reply = read_event(event)
        token = part(reply, "token")
        new = tuple(ids([part(token, "id")]))
        ended = reply.get("generated_text") is not None
        details = reply.get("details") if ended else None
        finish = text(part(details, "finish_reason")) if details else ""
        found.append(Chunk(text(part(token, "text")), new, finish))
        if ended:
            return found
    raise cut_off(found)


TGI = Shape(
    name="tgi",
    about="Text Generation Inference, by /tokenize, /chat_tokenize and /generate_stream",
    model="never",
    who=(Question(("/info",), _info),),
    specials={"template": {}},
    encode=Call("/tokenize", body("inputs"), _encoding),
    render=Call("/chat_tokenize", _chat, _rendered),
    chat_ids=Call("/chat_tokenize", _chat, _chat_ids),
    stream=Streaming("/generate_stream", _generate, _chunks, takes_ids=False),
)
COMPLETING = Completing(
    completion=Call("/generate", _greedy, _completed),
    stream="/generate_stream",
    streaming={},
    too_long=("`inputs` must have less than", "`inputs` tokens + `max_new_tokens` must be"),
    takes_ids=False,
    top=5,
    detokenizer="tgi",
    stop_text="kept",
)
