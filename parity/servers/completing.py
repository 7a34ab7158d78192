"""Completions: what a server is asked for one, what came of it, and what must hold whatever it is.

A prompt is completed twice: in one answer, for its ids, its text and its log-probabilities, and as
a stream, for its chunks. `checked` and `checked_stream` know nothing of an engine: counts are those
of the ids, log-probabilities are of the ids that came out and have them as the best, and the stream
is one of the same completion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from parity.servers.failures import (
    BadReply,
    ErrorInReply,
    Miscounts,
    NotGreedy,
    StreamsAnother,
    StreamsNothing,
)
from parity.servers.shape import Body, Call, Chunk, lists, part, shown

Tops = tuple[tuple[int, float], ...]
"""(id, log-probability) of one step, best first."""
BROKEN = "\ufffd"
"""What stands for a character that is not whole; the end of a stream may lack it."""


class Asked(NamedTuple):
    """What a completion is asked for.

    prompt: a text, or ids.
    max_tokens: new ids at most.
    stop: stop strings.
    top: log-probabilities of each step.
    cached: whether what was computed of another prompt may be used, where a server can be told.
    """

    prompt: str | Sequence[int]
    max_tokens: int
    stop: Sequence[str] = ()
    top: int = 0
    cached: bool = False


class Known(NamedTuple):
    """What is said of the step that one new id came of.

    top: as many as were asked for, that of the id among them wherever it stands.
    alone: whether the text that it is said with is that of this id alone.
    """

    id: int
    top: Tops
    alone: bool = False


class Completed(NamedTuple):
    """A completion that came in one answer.

    said: why it ended, in the server's word. finish: in ours (`decoding.records.Finish`).
    ids: the new ones, None where the server gives none.
    prompt_ids: what it says that it read, None where it does not.
    counts: `prompt` and `completion`, as far as it counts them.
    known: in the order of the ids, None where no log-probabilities were asked for or given.
    """

    text: str
    said: str
    finish: str
    ids: tuple[int, ...] | None = None
    prompt_ids: tuple[int, ...] | None = None
    counts: Mapping[str, int] = {}
    known: tuple[Known, ...] | None = None


class Forced(NamedTuple):
    """Ids whose log-probabilities are wanted, and what they are to follow."""

    ids: Sequence[int]
    forced: Sequence[int]
    top: int


class Completing(NamedTuple):
    """How a server completes a prompt.

    completion: its path, what it is sent for an `Asked`, and (reply, that) -> `Completed`.
    stream: the path of the same as a stream. streaming: what is sent beside.
    too_long: words that stand in the refusal of a prompt that is longer than the context.
    takes_ids, gives_ids: of prompts, and of completions.
    streams_ids: whether a stream reports every new id; else some, or none.
    top: log-probabilities of a step, at most.
    aligned: whether there is an entry for every new id.
    forced: the same for `Forced`; its value is the `Tops` of each id. None: one id a request.
    detokenizer: the name of what streams, in `parity.detokenizers`.
    eos_modes: what else than a natural end it could be asked for: `goes_on`, `ban`.
    stop_text: what becomes of the text of a stop string: `kept` or `cut`.
    """

    completion: Call
    stream: str
    streaming: Body
    too_long: tuple[str, ...]
    takes_ids: bool = True
    gives_ids: bool = True
    streams_ids: bool = True
    top: int = 0
    aligned: bool = True
    forced: Call | None = None
    detokenizer: str = ""
    eos_modes: tuple[str, ...] = ()
    stop_text: str = "cut"


def checked(found: Completed, asked: Asked) -> Completed:
    """Return a completion whose counts and log-probabilities are those of its ids.

    Raises Miscounts, NotGreedy.
    """
    sent = None if isinstance(asked.prompt, str) else tuple(asked.prompt)
    if found.prompt_ids is not None and sent is not None and found.prompt_ids != sent:
        raise Miscounts(f"the prompt is {shown(sent)}, and it says that it read {found.prompt_ids}")
    for name, ids in (("prompt", sent), ("completion", found.ids)):
        count = found.counts.get(name)
        if count is not None and ids is not None and count != len(ids):
            raise Miscounts(f"it counts {count} ids of the {name}, and there are {len(ids)}")
    new = found.counts.get("completion", 0) if found.ids is None else len(found.ids)
    if new > asked.max_tokens:
        raise Miscounts(f"{new} ids came, and {asked.max_tokens} were asked for at most")
    for place, one in enumerate(found.known or ()):
        best = max((value for _, value in one.top), default=-math.inf)
        if dict(one.top).get(one.id, -math.inf) < best:
            raise NotGreedy(
                f"entry {place} of log-probabilities is of id {one.id}, which is not the best of "
                f"{shown(one.top)}: they are of another step, or this was not chosen greedily"
            )
    return found


def checked_stream(
    found: Completed, chunks: Sequence[Chunk], *, whole: bool
) -> tuple[str, ...] | None:
    """Return the texts of a stream that is one of a completion.

    None where a chunk is of several ids: a server that is ahead of its client joins what is there,
    so where chunks end is a matter of time, and nothing that another side could have, too.
    whole: whether every id must have been streamed. Raises StreamsNothing, StreamsAnother.
    """
    if not chunks:
        raise StreamsNothing(f"the stream has no chunk; in one answer it says {shown(found.text)}")
    said = next((chunk.finish for chunk in reversed(chunks) if chunk.finish), "")
    if said != found.said:
        raise StreamsAnother(f"the stream ended by {said!r}, the one answer by {found.said!r}")
    reported = [id for chunk in chunks for id in chunk.ids or ()]
    if whole and found.ids is not None and reported != list(found.ids):
        raise StreamsAnother(f"its ids are {shown(found.ids)}, and as a stream {shown(reported)}")
    rest = iter(found.ids or ())
    if found.ids is not None and not all(id in rest for id in reported):
        raise StreamsAnother(f"its ids are {shown(found.ids)}, and it streamed {shown(reported)}")
    texts = tuple(chunk.text for chunk in chunks)
    if found.ids is None and not _begin_alike("".join(texts), found.text):
        joined = shown("".join(texts))
        raise StreamsAnother(f"its text is {shown(found.text)}, and as a stream {joined}")
    return None if any(len(chunk.ids or ()) > 1 for chunk in chunks) else texts


def _begin_alike(one: str, other: str) -> bool:
    """Say whether the shorter begins the longer; an end that is no whole character is none."""
    short, long = sorted((one.rstrip(BROKEN), other), key=len)
    return long.startswith(short.rstrip(BROKEN))


def refuse_error(reply: Any) -> None:
    """Raise ErrorInReply for an answer that says that something went wrong."""
    if isinstance(reply, dict) and reply.get("error"):
        raise ErrorInReply(shown(reply))


def only(reply: Any, key: str) -> Any:
    """Return the one row of a list of a reply. Raises Miscounts for none, or several."""
    rows = lists(part(reply, key))
    if len(rows) != 1:
        raise Miscounts(f"{len(rows)} {key} came, and 1 was asked for")
    return rows[0]


def word(said: Any, words: Mapping[str, str]) -> str:
    """Return what a server's word for an end means. Raises BadReply for one that is not known."""
    if not isinstance(said, str) or said not in words:
        known = ", ".join(words)
        raise BadReply(f"it ended by {shown(said)}, which is not known; known: {known}")
    return words[said]


def matched(found: Any, asked: Asked) -> str:
    """Return what ended a completion that was stopped: one of the stop strings, an id, or EOS.

    No id was asked for as a stop: one that is named is an end of the model's own.
    """
    if found is None or type(found) is int:
        return "eos"
    if found not in asked.stop:
        raise BadReply(f"it was stopped by {shown(found)}, which it was not asked for")
    return "string"


def counted(value: Any) -> int:
    """Return a count. Raises BadReply."""
    if type(value) is not int or value < 0:
        raise BadReply(f"a count is a number of ids, not {shown(value)}")
    return value


def number(value: Any) -> float:
    """Return a log-probability. Raises BadReply."""
    if type(value) not in (int, float) or math.isnan(value):
        raise BadReply(f"a log-probability is a number, not {shown(value)}")
    return float(value)


def ranked(pairs: Mapping[int, float], top: int, own: int | None = None) -> Tops:
    """Return pairs best first, as many as were wanted, and one's own wherever it stands.

    >>> ranked({5: -2.0, 6: -0.5, 7: -9.0}, 1, own=7)
    ((6, -0.5), (7, -9.0))
    """
    found = sorted(pairs.items(), key=lambda pair: -pair[1])
    return tuple(pair for place, pair in enumerate(found) if place < top or pair[0] == own)
