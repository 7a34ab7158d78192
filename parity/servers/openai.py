"""What more than one engine has from OpenAI: chats, and `/v1/completions`, deltas and `[DONE]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parity.servers.events import Event
from parity.servers.shape import (
    DONE,
    Body,
    Chat,
    Chunk,
    Wanted,
    cut_off,
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
