"""From two answers as bytes to an outcome; nothing here waits for anybody."""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

from parity.seeing import observe
from parity.servers.failures import REFUSALS
from parity.shadow.judging import lost, told
from parity.shadow.proxy.answers import Answer, Read, framed_alike, paired, parsed, read, unpacked
from parity.shadow.proxy.dialects import is_greedy
from parity.shadow.proxy.headers import Headers
from parity.shadow.records import ERROR, SAME, Call, Outcome
from parity.types import Observation

OF_THE_INPUT: Final = (*REFUSALS, 500)
"""Statuses that are an answer to this input; any other but 2xx says that nobody could be asked."""


class Exchange(NamedTuple):
    """A request and the primary's answer to it, copied.

    request: its id. target: path and query, as they came. seconds: from its first byte on its way
    to the last one of the answer.
    """

    request: str
    surface: str
    method: str
    target: bytes
    headers: Headers
    body: bytes
    answer: Answer
    seconds: float


class NotCompared(Exception):
    """There is nothing to ask the candidate; `why` says why, in a word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def question(one: Exchange, *, sampled: bool) -> Call:
    """Return the call that an exchange is: the request's JSON, and what the primary's answer says.

    sampled: whether a request is compared that draws its tokens. Raises NotCompared.
    """
    found = observe(_body, one)
    if found.failure:
        raise NotCompared(found.failure.kind)
    if not isinstance(found.value, dict):
        raise NotCompared("NotJson")
    if not sampled and not is_greedy(one.surface, found.value):
        raise NotCompared("NotGreedy")
    seen = observe(read, one.surface, one.answer)
    if seen.failure and one.answer.status not in REFUSALS:
        raise NotCompared(seen.failure.kind)
    size = len(one.body) + len(one.answer.data)
    args = (found.value,)
    return Call(one.request, one.surface, args, {}, seen, one.seconds, time.time(), size)


def _body(one: Exchange) -> Any:
    return parsed(unpacked(one.headers, one.body))


def judged(call: Call, reply: Answer, seconds: float) -> tuple[Outcome, bool]:
    """Return what became of a call that the candidate answered, and whether its chunks were not.

    seconds: that it took.
    """
    if not 200 <= reply.status < 300 and reply.status not in OF_THE_INPUT:  # noqa: PLR2004 (HTTP's)
        return lost(call, ERROR, f"Status{reply.status}")._replace(seconds=seconds), False
    reference, candidate = call.seen, observe(read, call.surface, reply)
    unframed = False
    if isinstance(reference.value, Read) and isinstance(candidate.value, Read):
        both = reference.value, candidate.value
        can_tell = all(one.aspects.get("chunks") is not None for one in both)
        unframed = can_tell and not framed_alike(*both)
        reference, candidate = map(Observation, paired(*both))
    else:
        reference, candidate = _aspects(reference), _aspects(candidate)
    outcome = told(call._replace(seen=reference), candidate, dict)
    return outcome._replace(seconds=seconds), unframed and outcome.fate == SAME


def _aspects(seen: Observation) -> Observation:
    return Observation(dict(seen.value.aspects)) if isinstance(seen.value, Read) else seen
