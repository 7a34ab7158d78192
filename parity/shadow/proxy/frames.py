"""Completions of four forms, OpenAI's, llama.cpp's, SGLang's and TGI's, as one: frames.

A frame is what one event of a stream adds to one completion, or all of it in one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.servers.failures import BadReply, Retracted
from parity.servers.shape import ids, lists, part, shown, text

Names = Mapping[str, str]
USAGE: Final[Mapping[str, tuple[tuple[str, ...], Names]]] = {
    "openai": (("usage",), {"prompt": "prompt_tokens", "completion": "completion_tokens"}),
    "sglang": (("meta_info",), {"prompt": "prompt_tokens", "completion": "completion_tokens"}),
    "llama_cpp": ((), {"prompt": "tokens_evaluated", "completion": "tokens_predicted"}),
    "tgi": (("details",), {"completion": "generated_tokens"}),
}
"""Where each form tells its counts, and under which names."""
REASONING: Final = ("reasoning_content", "reasoning")


class Frame(NamedTuple):
    """What is new of one completion.

    place: which one it is of. ids, prompt_ids, matched: None where they are not told.
    tools: (name, arguments) of each call; pieces of one come with its number in a stream.
    """

    place: int
    text: str
    ids: tuple[int, ...] | None = None
    finish: str = ""
    matched: str | None = None
    prompt_ids: tuple[int, ...] | None = None
    reasoning: str = ""
    tools: tuple[tuple[int, str, str], ...] = ()


def dialect_of(reply: Any) -> str:
    """Return whose form an answer or an event has. Raises BadReply."""
    if isinstance(reply, dict):
        for name, keys in FORMS.items():
            if any(key in reply for key in keys):
                return name
    raise BadReply(f"this is the completion of no server that is known: {shown(reply)}")


FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": ("choices",),
    "tgi": ("generated_text", "token"),
    "sglang": ("output_ids", "meta_info"),
    "llama_cpp": ("content",),
}
"""What only an answer of this form has."""


def of_reply(dialect: str, reply: Any) -> list[Frame]:
    """Return a frame for each completion of an answer. Raises BadReply."""
    if dialect == "openai":
        return [_choice(choice, reply) for choice in lists(part(reply, "choices"))]
    if dialect == "tgi" and "token" not in reply:
        return [_tgi(reply)]
    return [{"tgi": _tgi_event, "sglang": _sglang, "llama_cpp": _llama_cpp}[dialect](reply)]


def of_events(dialect: str, events: Sequence[Any]) -> Iterator[Frame]:
    """Yield the frames of a stream. Raises BadReply, and Retracted where it takes text back."""
    rows = [frame for event in events for frame in of_reply(dialect, event)]
    if dialect == "sglang" and _is_cumulative(events):
        yield from _parted(rows)
    else:
        yield from rows


def joined(rows: Iterable[Frame]) -> list[Frame]:
    """Return one frame for each completion, by their place."""
    found: dict[int, list[Frame]] = {}
    for row in rows:
        found.setdefault(row.place, []).append(row)
    return [_joined(found[place]) for place in sorted(found)]


def _joined(rows: list[Frame]) -> Frame:
    told = [row for row in rows if row.ids is not None]
    known = bool(told) and all(row.ids is not None or not row.text for row in rows)
    tools: dict[int, tuple[str, str]] = {}
    for number, name, arguments in (call for row in rows for call in row.tools):
        before = tools.get(number, ("", ""))
        tools[number] = before[0] + name, before[1] + arguments
    return Frame(
        rows[0].place,
        "".join(row.text for row in rows),
        tuple(id for row in told for id in row.ids or ()) if known else None,
        next((row.finish for row in reversed(rows) if row.finish), ""),
        next((row.matched for row in reversed(rows) if row.matched is not None), None),
        next((row.prompt_ids for row in rows if row.prompt_ids is not None), None),
        "".join(row.reasoning for row in rows),
        tuple((number, *tools[number]) for number in sorted(tools)),
    )


def _choice(choice: Any, reply: Any) -> Frame:
    said = _object(choice)
    is_chat = "message" in said or "delta" in said
    message = _object(said.get("message") or said.get("delta") or {})
    read = said.get("prompt_token_ids") or reply.get("prompt_token_ids")
    reasoning = next((message[key] for key in REASONING if message.get(key)), "")
    return Frame(
        _number(said.get("index", 0)),
        text(message.get("content") or "") if is_chat else text(part(said, "text")),
        _known(said.get("token_ids")),
        text(said.get("finish_reason") or ""),
        None if "stop_reason" not in said else _word(said["stop_reason"]),
        _known(read),
        text(reasoning),
        tuple(_call(number, one) for number, one in enumerate(message.get("tool_calls") or ())),
    )


def _call(number: int, call: Any) -> tuple[int, str, str]:
    asked = _object(part(call, "function"))
    name, arguments = asked.get("name") or "", asked.get("arguments") or ""
    return _number(call.get("index", number)), text(name), text(arguments)


def _llama_cpp(reply: Any) -> Frame:
    ended = reply.get("stop") is not False
    return Frame(
        _number(reply.get("index", 0)),
        text(part(reply, "content")),
        _known(reply.get("tokens")),
        text(reply.get("stop_type") or "stop") if ended else "",
        _word(reply.get("stopping_word")) if ended else None,
    )


def _sglang(reply: Any) -> Frame:
    reason = _object(part(reply, "meta_info")).get("finish_reason")
    return Frame(
        _number(reply.get("index", 0)),
        text(reply.get("text") or ""),
        _known(reply.get("output_ids")),
        text(part(reason, "type")) if reason else "",
        _word(reason.get("matched")) if reason else None,
    )


def _tgi(reply: Any) -> Frame:
    details = reply.get("details")
    rows = None if details is None else lists(_object(details).get("tokens") or [])
    new = None if rows is None else tuple(ids([part(row, "id") for row in rows]))
    finish = text(part(details, "finish_reason")) if details else ""
    return Frame(0, text(part(reply, "generated_text")), new, finish)


def _tgi_event(reply: Any) -> Frame:
    token, details = part(reply, "token"), reply.get("details")
    ended = reply.get("generated_text") is not None
    said = text(part(details, "finish_reason")) if details else "ended"
    new = tuple(ids([part(token, "id")]))
    return Frame(0, text(part(token, "text")), new, said if ended else "")


def _is_cumulative(events: Sequence[Any]) -> bool:
    """Say whether each event of SGLang has all that came so far, as by default.

    Its count of new ids is that of the whole completion, whichever way it streams; where it does
    not count, the ids of each event must go on where the last one ended.
    """
    before: dict[int, list[int]] = {}
    for event in events:
        told, place = ids(event.get("output_ids") or []), _number(event.get("index", 0))
        count = _object(part(event, "meta_info")).get("completion_tokens")
        last = before.setdefault(place, [])
        if count is None and told[: len(last)] != last:
            return False
        if count not in (None, len(told)):
            return False
        before[place] = told
    return True


def _parted(rows: Iterable[Frame]) -> Iterator[Frame]:
    sent: dict[int, tuple[str, int]] = {}
    for row in rows:
        so_far, count = sent.get(row.place, ("", 0))
        new = row.ids or ()
        if not row.text.startswith(so_far) or len(new) < count:
            raise Retracted(f"{shown(so_far[-40:])} was sent, and now {shown(row.text[-40:])}")
        sent[row.place] = row.text, len(new)
        told = None if row.ids is None else new[count:]
        yield row._replace(text=row.text[len(so_far) :], ids=told)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadReply(f"an object is wanted, not {shown(value)}")
    return value


def _known(value: Any) -> tuple[int, ...] | None:
    return None if value is None else tuple(ids(value))


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: Any) -> int:
    if value is None:
        return 0
    if type(value) is not int:
        raise BadReply(f"an index is an integer, not {shown(value)}")
    return value
