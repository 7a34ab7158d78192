"""What an engine does to a conversation before its template sees it: each habit under its name.

    nulls      kept; or dropped: keys of a message whose value is null
    absent     none; or undefined: what `tools` and `documents` are where there are none
    arguments  as_is; mapping: of a tool call, read from JSON where they are a text; or string
    content    as_is; parts: a text becomes a list of one part; or text: parts of text, joined
    specials   defined; or undefined: `bos_token` and its kin
    keys       as_is; or sorted: of every mapping, as maps that keep no order have them
    wrapper    as_is; function: of a tool, {"type": "function", "function": ...}; or bare
    reasoning  as_is; or copied: under each of its three names
    turn       as_is; or always: `add_generation_prompt`, whatever is asked
    continued  tagged: the last message is rendered with a mark behind it, and cut there; or cut: at
               the last place where its text stands
    odd        rendered; or refused: no message at all, a tool or a document that is no mapping

`TRANSFORMERS` is what transformers 5 does before it renders.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.renderers.worker import RenderFailed

TAG: Final = "CONTINUE_FINAL_MESSAGE_TAG "
REASONING: Final = ("reasoning_content", "thinking", "reasoning")
HABITS: Final[Mapping[str, tuple[str, ...]]] = {
    "nulls": ("kept", "dropped"),
    "absent": ("none", "undefined"),
    "arguments": ("as_is", "mapping", "string"),
    "content": ("as_is", "parts", "text"),
    "specials": ("defined", "undefined"),
    "keys": ("as_is", "sorted"),
    "wrapper": ("as_is", "function", "bare"),
    "reasoning": ("as_is", "copied"),
    "turn": ("as_is", "always"),
    "continued": ("tagged", "cut"),
    "odd": ("rendered", "refused"),
}
"""What each habit may be; the first is what it is where nothing says."""


class Shaping(NamedTuple):
    """The habits of an engine; see the module."""

    nulls: str = "kept"
    absent: str = "none"
    arguments: str = "as_is"
    content: str = "as_is"
    specials: str = "defined"
    keys: str = "as_is"
    wrapper: str = "as_is"
    reasoning: str = "as_is"
    turn: str = "as_is"
    continued: str = "tagged"
    odd: str = "rendered"


TRANSFORMERS: Final = Shaping(nulls="dropped", reasoning="copied", odd="refused")

Messages = Sequence[Mapping[str, Any]]


def shaped(
    messages: Messages,
    options: Mapping[str, Any],
    tokens: Mapping[str, str],
    shaping: Shaping,
) -> tuple[dict[str, Any], Callable[[str], str]]:
    """Return what a template is rendered with, and what is done to the text afterwards.

    options: `add_generation_prompt`, `continue_final_message`, `tools`, `documents`, and
        `variables`, a mapping of what else the template may name.
    Raises RenderFailed for what the engine would refuse.
    """
    if shaping.odd == "refused":
        _refuse_odd(messages, options)
    turn = bool(options.get("add_generation_prompt")) or shaping.turn == "always"
    named = {name: options.get(name) for name in ("tools", "documents")}
    if named["tools"] and shaping.wrapper != "as_is":
        named["tools"] = [_wrapped(tool, shaping.wrapper) for tool in named["tools"]]
    if shaping.absent == "undefined":
        named = {name: value for name, value in named.items() if value is not None}
    given = [_message(message, shaping) for message in messages]
    finish: Callable[[str], str] = str
    if options.get("continue_final_message"):
        if turn and shaping.turn != "always":
            raise RenderFailed("a message is continued, or a turn is opened, not both")
        given, finish = _continued(given, shaping.continued)
    found = {
        **(tokens if shaping.specials == "defined" else {}),
        "messages": messages if given == messages else given,
        **named,
        "add_generation_prompt": turn,
        **options.get("variables", {}),
    }
    return _sorted(found) if shaping.keys == "sorted" else found, finish


def _refuse_odd(messages: Messages, options: Mapping[str, Any]) -> None:
    if not messages:
        raise RenderFailed("a conversation has at least one message")
    for name in ("tools", "documents"):
        if not all(isinstance(item, Mapping) for item in options.get(name) or ()):
            raise RenderFailed(f"{name} are mappings")


def _message(message: Mapping[str, Any], shaping: Shaping) -> dict[str, Any]:
    found = dict(message)
    if shaping.nulls == "dropped":
        found = {key: value for key, value in found.items() if value is not None}
    if shaping.reasoning == "copied":
        said = next((found[key] for key in REASONING if found.get(key) is not None), None)
        found = found if said is None else {"thinking": said, **found, "reasoning_content": said}
    if "content" in found and shaping.content != "as_is":
        found["content"] = _content(found["content"], shaping.content)
    if isinstance(found.get("tool_calls"), list) and shaping.arguments != "as_is":
        found["tool_calls"] = [_call(call, shaping.arguments) for call in found["tool_calls"]]
    return found


def _content(content: Any, wanted: str) -> Any:
    if wanted == "parts":
        return [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(content, list):
        return content
    texts = [part.get("text") if isinstance(part, Mapping) else None for part in content]
    return "".join(texts) if all(isinstance(text, str) for text in texts) else content  # type: ignore[arg-type]


def _call(call: Any, wanted: str) -> Any:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or "arguments" not in function:
        return call
    given = function["arguments"]
    if wanted == "mapping" and isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise RenderFailed(f"arguments of a tool call are no JSON: {error}") from error
    elif wanted == "string" and not isinstance(given, str):
        given = json.dumps(given, ensure_ascii=False)
    return {**call, "function": {**function, "arguments": given}}


def _wrapped(tool: Any, wanted: str) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    inner = tool.get("function")
    if wanted == "bare":
        return inner if isinstance(inner, Mapping) else tool
    return tool if "function" in tool else {"type": "function", "function": tool}


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _continued(
    messages: list[dict[str, Any]], way: str
) -> tuple[list[dict[str, Any]], Callable[[str], str]]:
    """Return messages and a cut that leave the last one open."""
    last = messages[-1].get("content") if messages else None
    parts = last if isinstance(last, list) else [{"text": last}]
    place = next((at for at in reversed(range(len(parts))) if _has_text(parts[at])), None)
    if place is None:
        raise RenderFailed("the final message has no text to continue")
    said = str(parts[place]["text"])
    if way == "cut":
        return messages, lambda text: _cut(text, said)
    tagged = {**parts[place], "text": said + TAG}
    content = [*parts[:place], tagged, *parts[place + 1 :]] if last is parts else tagged["text"]
    return [*messages[:-1], {**messages[-1], "content": content}], lambda text: _untag(text, said)


def _has_text(part: Any) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("text"), str)


def _untag(text: str, said: str) -> str:
    """Cut at the tag; where the template trimmed it, the text before is trimmed too."""
    if said.strip() not in text or TAG.strip() not in text:
        raise RenderFailed("the final message is not in the prompt, so it cannot be continued")
    place = text.rindex(TAG.strip())
    whole = text[place : place + len(TAG)] == TAG
    return text[:place] if whole else text[:place].rstrip()


def _cut(text: str, said: str) -> str:
    place = text.rfind(said.strip())
    if place < 0:
        raise RenderFailed("the final message is not in the prompt, so it cannot be continued")
    return text[: place + len(said.strip())]
