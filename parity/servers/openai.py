"""What more than one engine has from OpenAI: chats, and `/v1/completions`, deltas and `[DONE]`.

A server of which no more is known is a dialect, too: prompts go in as ids, which OpenAI takes; no
ids and no log-probabilities come out, as its `logprobs` name tokens by their texts. Its word for an
end, `stop`, is EOS or a stop string: where stop strings were asked for, it is not said which.
Run, on /v1/completions of llama.cpp's server alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parity.servers.completing import (
    Asked,
    Completed,
    Completing,
    counted,
    only,
    refuse_error,
    word,
)
from parity.servers.events import Event
from parity.servers.failures import UnknownModel
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
    cut_off,
    facts,
    ids,
    lists,
    part,
    read_event,
    refuse,
    text,
)


def chat(given: Chat) -> Body:
    """Return the body of a chat, with all that an engine would else decide by itself.

    Raises Unsupported for an option that there is no word for.
    """
    known = ("add_generation_prompt", "continue_final_message", "tools", "variables")
    refuse(given.options, *known)
    asked: Body = {
        "messages": list(given.messages),
        **{name: bool(given.options.get(name, False)) for name in known[:2]},
    }
    if given.options.get("tools") is not None:
        asked["tools"] = given.options["tools"]
    if given.options.get("variables"):
        asked["chat_template_kwargs"] = given.options["variables"]
    return asked


def completion(wanted: Wanted) -> Body:
    """Return the body of a greedy request."""
    prompt = wanted.prompt if isinstance(wanted.prompt, str) else list(wanted.prompt)
    asked = {"prompt": prompt, "max_tokens": wanted.max_tokens, "temperature": 0, "stream": True}
    return {**asked, "stop": list(wanted.stop)} if wanted.stop else asked


def chunks(events: Iterable[Event], _: Mapping[str, str]) -> list[Chunk]:
    """Return a chunk for each delta; an event without choices tells of usage alone."""
    found: list[Chunk] = []
    for event in events:
        if event.data == DONE:
            return found
        reply = read_event(event)
        if lists(part(reply, "choices")):
            found.append(_chunk(part(reply, "choices", 0)))
    raise cut_off(found)


def _chunk(choice: Any) -> Chunk:
    reported = choice.get("token_ids") if isinstance(choice, dict) else None
    new = None if reported is None else tuple(ids(reported))
    return Chunk(text(part(choice, "text")), new, choice.get("finish_reason") or "")


def models(reply: Any, model: str) -> dict[str, str]:
    """Return what is said of a model, of the first one where none is named. Raises UnknownModel."""
    rows = lists(part(reply, "data"))
    for row in rows:
        if model in ("", part(row, "id")):
            return facts(row, "id", "root", "max_model_len")
    names = ", ".join(str(part(row, "id")) for row in rows) or "none"
    raise UnknownModel(f"it serves no model {model!r}; it serves: {names}")


def greedy(asked: Asked) -> Body:
    """Return the body of a completion with all that a server's defaults would else decide."""
    prompt = asked.prompt if isinstance(asked.prompt, str) else list(asked.prompt)
    body: Body = {
        "prompt": prompt, "max_tokens": asked.max_tokens, "n": 1, "temperature": 0, "top_p": 1,
        "presence_penalty": 0, "frequency_penalty": 0,
    }  # fmt: skip
    return {**body, "stop": list(asked.stop)} if asked.stop else body


def usage(reply: Any) -> dict[str, int]:
    """Return what a reply counts, as far as it does."""
    said = reply.get("usage")
    if said is None:
        return {}
    names = {"prompt": "prompt_tokens", "completion": "completion_tokens"}
    return {mine: counted(part(said, name)) for mine, name in names.items()}


def _completed(reply: Any, asked: Asked) -> Completed:
    refuse_error(reply)
    choice = only(reply, "choices")
    said = part(choice, "finish_reason")
    stopped = "" if asked.stop else "eos"
    finish = word(said, {"length": "length", "stop": stopped, "content_filter": "abort"})
    return Completed(text(part(choice, "text")), said, finish, counts=usage(reply))


OPENAI = Shape(
    name="openai",
    about="a server of OpenAI's kind, by /v1/models and /v1/completions",
    model="may",
    who=(Question(("/v1/models",), models),),
    specials={},
    stream=Streaming("/v1/completions", completion, chunks),
)
COMPLETING = Completing(
    completion=Call("/v1/completions", greedy, _completed),
    stream="/v1/completions",
    streaming={"stream": True},
    too_long=("context length", "context_length", "context size"),
    gives_ids=False,
    streams_ids=False,
)
