"""What one kind of server is asked and what it answers: data and small pure functions, no I/O.

A function of a `Call` gets what the operation was given. What a server always does, or has no word
for, is not in `specials`, `skip_special` or the calls; the adapter answers Unsupported there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from parity.errors import Unsupported
from parity.servers.events import Event
from parity.servers.failures import BadReply, ErrorInStream
from parity.types import Encoding, Specials

Body = dict[str, Any]
DONE = "[DONE]"
"""The data of the event that ends a stream, where an engine sends one."""


class Chunk(NamedTuple):
    """What a stream sends at once.

    text: what is new of the text.
    ids: the new ids that are reported with it; None where the server reports none.
    finish: why the request ended, in the server's word, or "".
    """

    text: str
    ids: tuple[int, ...] | None = None
    finish: str = ""


class Call(NamedTuple):
    """One operation of a server.

    path: below the server's URL.
    body: what is sent for what is given, the model and the modes apart.
    read: (reply, what was given) -> its value. Raises BadReply.
    """

    path: str
    body: Callable[[Any], Body]
    read: Callable[[Any, Any], Any]


class Wanted(NamedTuple):
    """What a stream is asked for.

    prompt: a text, or ids.
    max_tokens: ids at most.
    stop: stop strings.
    """

    prompt: str | Sequence[int]
    max_tokens: int
    stop: Sequence[str]


class Chat(NamedTuple):
    """Chat messages, and the options of a renderer."""

    messages: Sequence[Mapping[str, Any]]
    options: Mapping[str, Any]


class Streaming(NamedTuple):
    """How a server streams a text.

    chunks: (events, what the server says of itself) -> chunks. Raises BadReply, ErrorInStream.
    takes_ids: whether the prompt may be ids.
    """

    path: str
    body: Callable[[Wanted], Body]
    chunks: Callable[[Iterable[Event], Mapping[str, str]], list[Chunk]]
    takes_ids: bool = True


class Question(NamedTuple):
    """What a server is asked about itself.

    paths: of which the first that is there is asked; later ones are older names of it.
    read: (reply, the model's name) -> facts. Raises BadReply, UnknownModel.
    """

    paths: tuple[str, ...]
    read: Callable[[Any, str], dict[str, str]]


@dataclass(frozen=True)
class Shape:
    """A kind of server.

    about: what it is, in a line.
    model: whether a request names a model: `must`, `may` or `never`.
    specials: what is sent for each mode of special tokens that it has.
    skip_special: what is sent for each way of treating special tokens that it has.
    batches: whether one request takes several texts or id lists.
    unknown_model: what stands in the refusal of a request for a model that it has not, or "".
    """

    name: str
    about: str
    model: str
    who: tuple[Question, ...]
    specials: Mapping[Specials, Body]
    skip_special: Mapping[bool, Body] = field(default_factory=dict)
    batches: bool = False
    encode: Call | None = None
    decode: Call | None = None
    render: Call | None = None
    chat_ids: Call | None = None
    stream: Streaming | None = None
    unknown_model: str = ""


def part(reply: Any, *keys: str | int) -> Any:
    """Return what is at a place of a reply. Raises BadReply with what is there instead.

    >>> part({"a": [1, 2]}, "a", 1)
    2
    """
    found = reply
    for key in keys:
        if not _has(found, key):
            raise BadReply(f"there is no {key!r} in {shown(found)}")
        found = found[key]
    return found


def _has(value: Any, key: str | int) -> bool:
    if isinstance(key, str):
        return isinstance(value, dict) and key in value
    return isinstance(value, list) and key < len(value)


def ids(value: Any) -> list[int]:
    """Return ids, if that is what a reply has. Raises BadReply."""
    if not isinstance(value, list) or not all(type(id) is int for id in value):
        raise BadReply(f"ids are a list of integers, not {shown(value)}")
    return value


def text(value: Any) -> str:
    """Return a text, if that is what a reply has. Raises BadReply."""
    if not isinstance(value, str):
        raise BadReply(f"a text is a string, not {shown(value)}")
    return value


def lists(value: Any) -> list[Any]:
    """Return a list, if that is what a reply has. Raises BadReply."""
    if not isinstance(value, list):
        raise BadReply(f"a list is wanted, not {shown(value)}")
    return value


def shown(value: Any) -> str:
    """Return the beginning of a value, in ASCII."""
    return ascii(value)[:120]


def facts(reply: Any, *names: str) -> dict[str, str]:
    """Return those parts of a reply that are there, as facts. Raises BadReply for no object."""
    if not isinstance(reply, dict):
        raise BadReply(f"an object is wanted, not {shown(reply)}")
    return {name: str(reply[name]) for name in names if reply.get(name) is not None}


def encodings(key: str) -> Callable[[Any, Any], Any]:
    """Return what reads the ids of a text, or of several, at a key of a reply."""

    def read(reply: Any, given: Any) -> Encoding | list[Encoding]:
        found = part(reply, key)
        if isinstance(given, str):
            return Encoding(ids(found))
        return [Encoding(ids(one)) for one in lists(found)]

    return read


def texts(key: str) -> Callable[[Any, Any], Any]:
    """Return what reads a text, or several, at a key of a reply."""

    def read(reply: Any, given: Any) -> str | list[str]:
        found = part(reply, key)
        several = bool(given) and not isinstance(given[0], int)
        return [text(one) for one in lists(found)] if several else text(found)

    return read


def body(key: str) -> Callable[[Any], Body]:
    """Return what puts what is given at a key of a body."""
    return lambda given: {key: given}


def refuse(options: Mapping[str, Any], *known: str) -> None:
    """Raise Unsupported for an option of a chat that a server has no word for."""
    for option in options:
        if option not in known:
            raise Unsupported(f"there is no option {option!r} of a chat")


def read_event(event: Event) -> Any:
    """Return the JSON of an event. Raises BadReply, or ErrorInStream for what says so."""
    try:
        found = json.loads(event.data)
    except ValueError:
        raise BadReply(f"an event is no JSON: {shown(event.data)}") from None
    if event.kind == "error" or (isinstance(found, dict) and found.get("error")):
        raise ErrorInStream(shown(found))
    return found


def cut_off(chunks: Sequence[Chunk]) -> BadReply:
    """Return the failure that a stream without its end is."""
    return BadReply(f"the stream ended after {len(chunks)} chunks, without its last event")
