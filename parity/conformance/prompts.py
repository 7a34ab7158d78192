"""Rules for chat templates."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from parity.conformance.subject import Broken, Subject, differ, shown
from parity.errors import Unsupported

CHAT: Final = [{"role": "user", "content": "hello"}]
OPTIONS: Final = {"add_generation_prompt": True}
ABSENT: Final = "NoTemplate"
"""The kind of failure of an engine whose tokenizer has no template."""


def render_repeats(subject: Subject) -> None:
    """A conversation is the same text whenever it is asked."""
    first, again = (_rendered(subject, deepcopy(CHAT), dict(OPTIONS)) for _ in range(2))
    if not isinstance(first, str):
        raise Broken(f"render gives {shown(first)}, which is no text")
    differ("render of a message", first, again, "and later")


def messages_unchanged(subject: Subject) -> None:
    """A conversation and its options are after rendering what they were before."""
    messages, options = deepcopy(CHAT), dict(OPTIONS)
    _rendered(subject, messages, options)
    differ("the messages after render", messages, CHAT, "before")
    differ("the options after render", options, OPTIONS, "before")


def _rendered(subject: Subject, messages: list[Any], options: dict[str, Any]) -> Any:
    try:
        return subject.asked("render of a message", subject.backend.render, messages, options)
    except Broken as broken:
        if f"fails: {ABSENT}:" in str(broken):
            raise Unsupported("no chat template") from broken
        raise
