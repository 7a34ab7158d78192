"""What a row of each format says, as cases without ids. One function a format.

openai    {"messages": [{"role", "content", ...}], "tools": [...]}: requests and logs of chat
          completions; a message is kept as it is, what else the request says is left
sharegpt  {"conversations": [{"from", "value"}], "system": "...", "tools": [...]}
txt       a text
parquet   a value of one column
jsonl     a line of a corpus, or any object whose field is a text or messages
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from parity import corpus, jsonl
from parity.types import Case

ROLES: Final = {
    "system": "system", "human": "user", "user": "user",
    "gpt": "assistant", "chatgpt": "assistant", "assistant": "assistant", "model": "assistant",
    "bard": "assistant", "bing": "assistant", "function_call": "assistant",
    "tool": "tool", "observation": "tool", "function_response": "tool",
}  # fmt: skip
"""Who speaks in ShareGPT files, as a role of a chat."""

Converter = Callable[[Any, str, str], Iterable[Case]]
"""Row, field and kind to cases. Raises BadRow, BadLine or BadCorpus for a malformed row."""


class BadRow(ValueError):
    """A row that cannot become a case; str() says why."""


def of_openai(row: bytes, field: str, kind: str) -> Iterator[Case]:
    """Yield the messages of a chat completions request, with its tools."""
    holder, items = _found(jsonl.parse(row), field or "messages")
    yield from _cases(_messages(items), _tools(holder.get("tools")), kind)


def of_sharegpt(row: bytes, field: str, kind: str) -> Iterator[Case]:
    """Yield the turns of a ShareGPT conversation as messages."""
    holder, items = _found(jsonl.parse(row), field or "conversations")
    messages = _turns(items)
    system = holder.get("system")
    if isinstance(system, str) and system:
        messages.insert(0, {"role": "system", "content": system})
    yield from _cases(messages, _tools(holder.get("tools")), kind)


def of_txt(row: bytes, field: str, kind: str) -> Iterator[Case]:  # noqa: ARG001 (the seam's shape)
    """Yield a line as a text; none of an empty line."""
    if row:
        yield Case("", "text", _utf8(row))


def of_parquet(row: Any, field: str, kind: str) -> Iterator[Case]:
    """Yield a value of a column, which the reader has found."""
    yield from _value(_without_nulls(row) if kind == "messages" else row, field or kind, kind)


def of_jsonl(row: bytes, field: str, kind: str) -> Iterator[Case]:
    """Yield the case of a corpus line, or the field of another object; none of an empty line."""
    if not row.strip(b" \t\r\n"):
        return
    if not field:
        yield corpus.parse(row)
    else:
        yield from _value(_found(jsonl.parse(row), field)[1], field, kind)


CONVERTERS: Final[Mapping[str, Converter]] = {
    "openai": of_openai,
    "sharegpt": of_sharegpt,
    "txt": of_txt,
    "parquet": of_parquet,
    "jsonl": of_jsonl,
}


def at(value: Any, path: list[str]) -> Any:
    """Return what keys and places lead to. Raises BadRow with the step that leads nowhere.

    >>> at({"a": [{"b": 1}]}, ["a", "0", "b"])
    1
    """
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            known = (
                f"; it has {', '.join(map(repr, value))[:80]}" if isinstance(value, dict) else ""
            )
            raise BadRow(f"no field {step!r} in {_what(value)}{known}")
    return value


def _found(row: Any, field: str) -> tuple[Mapping[str, Any], Any]:
    """Return what a field is in, as far as that is an object, and what it is."""
    *path, last = field.split(".")
    holder = at(row, path)
    return holder if isinstance(holder, dict) else {}, at(holder, [last])


def _value(value: Any, field: str, kind: str) -> Iterator[Case]:
    """Yield the case of a field that is a text or a list of messages."""
    if kind == "messages":
        is_sharegpt = isinstance(value, list) and bool(value) and "from" in _object(value[0], 1)
        yield from _cases((_turns if is_sharegpt else _messages)(value), {}, kind)
        return
    text = _utf8(value) if isinstance(value, bytes) else value
    if not isinstance(text, str):
        raise BadRow(f"{field!r} is {_what(text)}, not a text")
    yield Case("", "text", text)


def _cases(messages: list[dict[str, Any]], options: dict[str, Any], kind: str) -> Iterator[Case]:
    """Yield messages as one case, or each text in them as one."""
    if kind == "messages":
        yield Case("", "messages", messages, options)
        return
    texts = [text for message in messages for text in texts_of(message)]
    if not texts:
        raise BadRow("there is no text in its messages")
    yield from (Case("", "text", text) for text in texts)


def texts_of(message: Mapping[str, Any]) -> list[str]:
    """Return the texts of a message's content: itself, or those of its parts."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    found = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return [text for text in found if isinstance(text, str)]


def _messages(items: Any) -> list[dict[str, Any]]:
    for number, item in enumerate(_list(items), 1):
        if not isinstance(_object(item, number).get("role"), str):
            raise BadRow(f"message {number} has no 'role'")
    messages: list[dict[str, Any]] = items
    return messages


def _turns(items: Any) -> list[dict[str, Any]]:
    messages = []
    for number, item in enumerate(_list(items), 1):
        turn = _object(item, number)
        speaker, value = turn.get("from"), turn.get("value")
        if not isinstance(speaker, str) or not isinstance(value, str):
            raise BadRow(f"message {number} has no 'from' and 'value' that are texts")
        if speaker not in ROLES:
            raise BadRow(f"message {number} is from {speaker!r}; known: {', '.join(ROLES)}")
        messages.append({"role": ROLES[speaker], "content": value})
    return messages


def _list(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise BadRow(f"its messages are {_what(items)}, not a list")
    if not items:
        raise BadRow("it has no messages")
    return items


def _object(item: Any, number: int) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise BadRow(f"message {number} is {_what(item)}, not an object")
    return item


def _tools(tools: Any) -> dict[str, Any]:
    """Return the option that a request's tools are: a list, or JSON of one."""
    if isinstance(tools, str) and tools.strip():
        tools = jsonl.parse(tools.encode("utf-8", "surrogatepass"))
    if tools in (None, "", []):
        return {}
    if not isinstance(tools, list):
        raise BadRow(f"'tools' is {_what(tools)}, not a list")
    return {"tools": tools}


def _without_nulls(value: Any) -> Any:
    """Return a value of parquet without keys that are null: a row has every key of its column."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_nulls(item)
        for key, item in value.items()
        if item is not None or key == "content"
    }


def _utf8(row: bytes) -> str:
    try:
        return row.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = row[error.start : error.end]
        raise BadRow(f"not UTF-8 at byte {error.start}: {bad!r}") from error


def _what(value: Any) -> str:
    return {"dict": "an object", "list": "a list", "str": "a text", "NoneType": "null"}.get(
        type(value).__name__, type(value).__name__
    )
