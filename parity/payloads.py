"""Payloads that somebody wrote down: whether each is what its kind says, before it is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from parity.shapes import misshapen
from parity.stream_cases import wrong_stop, wrong_stream
from parity.streams import FINISHES
from parity.training.payload import wrong_train
from parity.types import TEMPLATE

SHAPES: Final[Mapping[str, Any]] = {
    "text": str,
    "bytes": bytes,
    "ids": [int],
    "messages": [{}],
    "template": TEMPLATE,
    "script": ([[int]], [[(int, [int], str, str)]], bool),
    "stop_script": ([[int]], ([str], [int], bool, int), str),
    "vocabulary": str,
}
OTHERS: Final[Mapping[str, Callable[[object], str]]] = {
    "stream": wrong_stream,
    "stop": wrong_stop,
    "train": wrong_train,
}
KINDS: Final = (*SHAPES, *OTHERS)


def wrong(kind: str, payload: Any) -> str:
    """Say what is wrong with the payload of a case in a run file or a finding, or return "".

    payload: as `jsonl.unplain` returns it; of messages and templates, as it stands there.

    >>> wrong("ids", ["a"])
    'ids[0] has another type or length: str'
    """
    if kind not in KINDS:
        return f"no case is of the kind {kind!a}; known: {', '.join(KINDS)}"
    if kind in OTHERS:
        return OTHERS[kind](payload)
    found = next(misshapen(payload, SHAPES[kind], kind), "")
    if kind == "script":
        return found or _wrong_script(payload)
    if kind == "stop_script":
        return found or _wrong_finish(payload[2])
    return found


def _wrong_script(script: Any) -> str:
    prompts, batches, _ = script
    steps = [step for call in batches for step in call]
    if not all(0 <= request < len(prompts) for request, *_ in steps):
        return "script has a step of a request that is not there"
    return next(filter(None, (_wrong_finish(finish) for _, _, finish, _ in steps)), "")


def _wrong_finish(finish: str) -> str:
    return "" if finish in FINISHES else f"no request finishes by {finish!a}"
