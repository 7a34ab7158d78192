"""What the bytes of an answer say, as plain data: aspects that two servers can be compared by.

    complete    whether it has its end: one answer, or a stream with `[DONE]` or finish reasons
    prompt_ids  ids that the server says it read, where it does
    ids, text   new ones, of each completion in the order of their index; joined where streamed
    reasoning, tools   of chats: text, and names with arguments
    finish      why each ended, in the server's word; in OpenAI's where the two speak two dialects
    matched     the stop string or id that is named for it
    usage       counts of the prompt's ids and of new ones, as far as both tell them
    chunks      texts of the frames of a stream, where every frame of both has the same ids

Not compared, as they are of the moment: `id`, `created`, `model`, `system_fingerprint`, `object`,
times and speeds, slots, caches and the settings that are echoed. Nor log-probabilities, which are
no exact numbers, nor the texts of tokens beside their ids, nor the wording of a refusal: two
refusals agree by their status.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from parity.errors import Unsupported
from parity.servers.completing import counted, refuse_error
from parity.servers.events import Events
from parity.servers.failures import BadReply, NotJson, of_status
from parity.servers.shape import DONE, ids, lists, part, read_event, shown, text
from parity.shadow.proxy import frames
from parity.shadow.proxy.frames import Frame
from parity.shadow.proxy.headers import Headers, media_type, value

STREAM: Final = "text/event-stream"
LONGEST: Final = 1 << 26
"""Bytes of an answer that is unpacked, at most."""
WINDOWS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 47}
"""What zlib calls an encoding; 47 is any of its own. `deflate` without a header is not read."""
IN_OPENAIS_WORDS: Final = {
    "eos": "stop", "word": "stop", "limit": "length", "eos_token": "stop", "stop_sequence": "stop",
}  # fmt: skip
"""Finish reasons of llama.cpp and TGI."""
TEXTS: Final = ("prompt", "content", "text")
"""Where the text of ids stands: vLLM, llama.cpp, SGLang."""


class Answer(NamedTuple):
    """What a server answered: its status, headers, and the bytes of its body as they came."""

    status: int
    headers: Headers
    data: bytes


class Read(NamedTuple):
    """What an answer says. dialect: whose form it has. groups: ids of each frame of a stream."""

    dialect: str
    aspects: Mapping[str, Any]
    groups: tuple[tuple[int, ...], ...] = ()


def read(surface: str, answer: Answer) -> Read:
    """Return what an answer says.

    Raises a failure of `servers.failures`, and Unsupported for an encoding that is not read here.
    """
    if not 200 <= answer.status < 300:  # noqa: PLR2004 (HTTP's)
        raise of_status(answer.status, "")
    data = unpacked(answer.headers, answer.data)
    if media_type(answer.headers) == STREAM:
        found = _stream(data)
    else:
        reply = parsed(data)
        refuse_error(reply)
        found = READERS[surface](reply)
    if found.aspects.get("text") == []:
        raise BadReply("it holds no completion: nothing that could be compared")
    return found


def parsed(data: bytes) -> Any:
    """Return the JSON that bytes are. Raises NotJson."""
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotJson(f"{error}: {shown(data[:80])}") from None


def unpacked(headers: Headers, data: bytes) -> bytes:
    """Return a body without the encoding that its headers name. Raises BadReply, Unsupported."""
    for coding in reversed(value(headers, b"content-encoding").lower().split(",")):
        name = coding.strip()
        if name in ("", "identity"):
            continue
        if name not in WINDOWS:
            raise Unsupported(f"the encoding {name!r} is not read here")
        data = _inflated(data, WINDOWS[name])
    return data


def _inflated(data: bytes, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    try:
        found = inflater.decompress(data, LONGEST)
    except zlib.error as error:
        raise BadReply("its body is not in the encoding that it names") from error
    if inflater.unconsumed_tail:
        raise BadReply(f"its body is more than {LONGEST:,} bytes, unpacked")
    return found


def paired(reference: Read, candidate: Read) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the aspects of two answers, without those that cannot be compared between them."""
    left, right = dict(reference.aspects), dict(candidate.aspects)
    if reference.dialect != candidate.dialect:
        for side in (left, right):
            words = side.get("finish") or []
            side["finish"] = [IN_OPENAIS_WORDS.get(one, one) for one in words] or None
    usages = left.get("usage") or {}, right.get("usage") or {}
    shared = usages[0].keys() & usages[1].keys()
    for side, usage in zip((left, right), usages, strict=True):
        side["usage"] = {name: usage[name] for name in sorted(shared)} or None
    if not framed_alike(reference, candidate):
        left["chunks"] = right["chunks"] = None
    return left, right


def framed_alike(reference: Read, candidate: Read) -> bool:
    """Say whether two streams have the same ids in each of their frames.

    A server that is ahead of its client joins what is there, so which ids share a frame is a
    matter of time; which text comes with which ids is not.
    """
    return bool(reference.groups) and reference.groups == candidate.groups


def _stream(data: bytes) -> Read:
    events = Events()
    found, done = [], False
    for event in events.feed(data):
        if event.data == DONE:
            done = True
            break
        found.append(read_event(event))
    if not found:
        return Read("", {"complete": done, "text": []})
    dialect = frames.dialect_of(found[0])
    rows = list(frames.of_events(dialect, found))
    joined = frames.joined(rows)
    ended = bool(joined) and all(one.finish for one in joined)
    groups = tuple((row.place, *row.ids) for row in rows if row.ids)
    aspects = _aspects(joined, _usage_of(dialect, found))
    if all(one.ids is not None for one in joined):
        aspects["chunks"] = [row.text for row in rows if row.ids]
    return Read(dialect, {"complete": done or ended, **aspects}, groups)


def _completion(reply: Any) -> Read:
    first = reply[0] if isinstance(reply, list) and reply else reply
    dialect = frames.dialect_of(first)
    rows = [frame for one in _several(reply) for frame in frames.of_reply(dialect, one)]
    if isinstance(reply, list):
        rows = [row._replace(place=place) for place, row in enumerate(rows)]
    usage: Counter[str] = Counter()
    for one in _several(reply):
        usage.update(_usage_of(dialect, [one]))
    return Read(dialect, {"complete": True, **_aspects(frames.joined(rows), dict(usage))})


def _several(reply: Any) -> list[Any]:
    return reply if isinstance(reply, list) else [reply]


def _aspects(joined: list[Frame], usage: dict[str, int]) -> dict[str, Any]:
    """Return aspects of completions; what a server does not tell of all of them is None."""
    found: dict[str, Any] = {
        "prompt_ids": _of_all([one.prompt_ids for one in joined]),
        "ids": _of_all([one.ids for one in joined]),
        "text": [one.text for one in joined],
        "reasoning": [one.reasoning for one in joined],
        "tools": [[list(call) for call in one.tools] for one in joined],
        "finish": [one.finish for one in joined],
        "matched": _of_all([one.matched for one in joined]),
        "usage": usage,
    }
    return found


def _of_all(parts: list[Any]) -> list[Any] | None:
    if not parts or any(one is None for one in parts):
        return None
    return [list(one) if isinstance(one, tuple) else one for one in parts]


def _usage_of(dialect: str, replies: Iterable[Any]) -> dict[str, int]:
    """Return the last counts that are told."""
    found: dict[str, int] = {}
    at, names = frames.USAGE[dialect]
    for reply in replies:
        said = reply
        for key in at:
            said = said.get(key) if isinstance(said, dict) else None
        if isinstance(said, dict):
            told = {mine: said[name] for mine, name in names.items() if said.get(name) is not None}
            found |= {mine: counted(number) for mine, number in told.items()}
    return found


def _tokens(reply: Any) -> Read:
    """Return ids; with TGI's ranges of bytes, which are compared as they are."""
    if isinstance(reply, list):
        ranges = [[part(row, "start"), part(row, "stop")] for row in reply]
        return Read("tgi", {"ids": _ids(reply), "offsets": ranges})
    if isinstance(reply, dict) and "tokenize_response" in reply:
        rows = lists(part(reply, "tokenize_response"))
        return Read("tgi", {"ids": _ids(rows), "text": reply.get("templated_text")})
    rows = lists(part(reply, "tokens"))
    if any(isinstance(row, list) for row in rows):
        return Read("", {"ids": [ids(row) for row in rows]})
    return Read("", {"ids": _ids(rows) if rows and isinstance(rows[0], dict) else ids(rows)})


def _ids(rows: list[Any]) -> list[int]:
    return ids([part(row, "id") for row in rows])


def _text(reply: Any) -> Read:
    key = next((key for key in TEXTS if isinstance(reply, dict) and key in reply), TEXTS[0])
    found = part(reply, key)
    return Read(
        "", {"text": [text(one) for one in found] if isinstance(found, list) else text(found)}
    )


READERS: Final[Mapping[str, Callable[[Any], Read]]] = {
    "complete": _completion,
    "chat": _completion,
    "tokenize": _tokens,
    "detokenize": _text,
    "render": _text,
}
"""What reads the answer of each surface where it is no stream."""
