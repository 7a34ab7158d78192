"""Stream cases and stop cases: how a corpus writes them, and what they come to with a vocabulary.

A stream case is an object:

    requests   at least one; each has `pieces`, its steps in order (see `pieces`), and may have
               `prompt` (steps too), `finish` (`length` if not said), `matched` (the stop string,
               where the finish is `string`)
    batches    which requests get their next step in each call, such as [[0], [0, 0], [1]];
               if not said, every request gets one in each call as long as it has any

A stop case is an object with the `pieces` of one request, `stops` (strings, none empty), and
maybe `stop_tokens` (pieces), `visible`, `min_tokens`, `finish`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from parity import pieces
from parity.pieces import Table
from parity.streams import Script, Step, Stops

REQUEST: Final = {"prompt", "pieces", "finish", "matched"}
STREAM: Final = {"requests", "batches"}
STOP: Final = {"pieces", "stops", "stop_tokens", "visible", "min_tokens", "finish"}


class StopScript(NamedTuple):
    """One request's ids, a tuple a step, what stops it, and how it finishes if nothing does."""

    steps: tuple[tuple[int, ...], ...]
    stops: Stops
    finish: str = "length"


def wrong_stream(value: object) -> str:
    """Say what is wrong with a stream case's payload, or return ""."""
    if not isinstance(value, dict) or not value.keys() <= STREAM:
        return "an object with `requests` and maybe `batches` is wanted"
    requests = value.get("requests")
    if not isinstance(requests, list) or not requests:
        return "`requests` is a list of at least one request"
    for number, request in enumerate(requests):
        problem = _wrong_request(request)
        if problem:
            return f"request {number}: {problem}"
    return _wrong_batches(value.get("batches"), requests)


def _wrong_request(request: object) -> str:
    if not isinstance(request, dict) or not request.keys() <= REQUEST:
        return f"an object with {', '.join(sorted(REQUEST))} is wanted"
    problem = pieces.wrong(request.get("pieces"))
    if not problem and "prompt" in request:
        problem = pieces.wrong(request["prompt"])
    problem = problem or pieces.wrong_finish(request.get("finish", "length"))
    matched = request.get("matched", "")
    if not problem and (matched != "") != (request.get("finish") == "string"):
        problem = "`matched` and the finish `string` belong together"
    if not problem and not isinstance(matched, str):
        problem = "`matched` is a string"
    return problem


def _wrong_batches(batches: object, requests: Sequence[Mapping[str, Any]]) -> str:
    if batches is None:
        return ""
    if not isinstance(batches, list) or not all(isinstance(batch, list) for batch in batches):
        return "`batches` is a list of lists of request numbers"
    named = [number for batch in batches for number in batch]
    if not all(type(number) is int and 0 <= number < len(requests) for number in named):
        return "`batches` names requests that are not there"
    for number, request in enumerate(requests):
        if named.count(number) != len(request["pieces"]):
            return f"`batches` must name request {number} once for each of its steps"
    return ""


def wrong_stop(value: object) -> str:
    """Say what is wrong with a stop case's payload, or return ""."""
    if not isinstance(value, dict) or not value.keys() <= STOP:
        return f"an object with {', '.join(sorted(STOP))} is wanted"
    stops, tokens = value.get("stops", []), value.get("stop_tokens", [])
    if not isinstance(stops, list) or not all(isinstance(stop, str) and stop for stop in stops):
        return "`stops` is a list of strings, none of them empty"
    if not stops and not tokens:
        return "there is neither a stop string nor a stop token"
    if type(value.get("visible", False)) is not bool:
        return "`visible` is true or false"
    least = value.get("min_tokens", 0)
    if type(least) is not int or least < 0:
        return "`min_tokens` is a number from 0"
    return (
        pieces.wrong(value.get("pieces"))
        or (pieces.wrong(tokens) if tokens != [] else "")
        or pieces.wrong_finish(value.get("finish", "length"))
    )


def script(payload: Mapping[str, Any], known: Table) -> Script:
    """Return a stream case with its ids. Raises Unresolved."""
    requests = payload["requests"]
    prompts = tuple(
        tuple(id for step in request.get("prompt", []) for id in pieces.resolve(step, known))
        for request in requests
    )
    steps = [_steps(number, request, known) for number, request in enumerate(requests)]
    batches = payload.get("batches")
    if batches is None:
        turns = zip_longest(*steps)
        return Script(prompts, tuple(tuple(step for step in turn if step) for turn in turns))
    left = [iter(own) for own in steps]
    return Script(prompts, tuple(tuple(next(left[number]) for number in row) for row in batches))


def _steps(number: int, request: Mapping[str, Any], known: Table) -> list[Step]:
    found = [Step(number, pieces.resolve(step, known)) for step in request["pieces"]]
    finish = request.get("finish", "length")
    found[-1] = found[-1]._replace(finish=finish, matched=request.get("matched", ""))
    return found


def stop_script(payload: Mapping[str, Any], known: Table) -> StopScript:
    """Return a stop case with its ids. Raises Unresolved."""
    tokens = [id for step in payload.get("stop_tokens", []) for id in pieces.resolve(step, known)]
    stops = Stops(
        tuple(payload.get("stops", ())),
        tuple(tokens),
        payload.get("visible", False),
        payload.get("min_tokens", 0),
    )
    steps = tuple(pieces.resolve(step, known) for step in payload["pieces"])
    return StopScript(steps, stops, payload.get("finish", "length"))
