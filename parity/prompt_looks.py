"""Looks at chat prompts: what a template engine makes of messages, and of templates alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import islice
from typing import Any, Final

from parity.backend import Backend
from parity.looks import Look
from parity.packed import PackedIds, unpack
from parity.rendered import asked, rendered
from parity.seeing import observe, packed_ids, plain_encoding, plain_ids, plain_text
from parity.types import Case, Observation

BEGUN: Final = {"role": "assistant", "content": "Sure, "}
"""What is continued where the last message is not the assistant's."""
OBJECTS: Final = 1000
"""Braces at which a JSON object is looked for, at most: each may cost the whole of a prompt."""
NEUTRAL: Final = "a"
"""What stands for a user's text where only the template may give control tokens."""


def _each(see: Callable[[Backend, Case], Any]) -> Look:
    def look(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
        return [observe(see, backend, case) for case in cases]

    return look


prompts = _each(rendered)
"""The text of a prompt."""


def _with_and_without_a_turn(backend: Backend, case: Case) -> list[str | bytes]:
    options = asked(case)
    options.pop("continue_final_message", None)
    return [
        plain_text(
            backend.render(deepcopy(case.payload), {**options, "add_generation_prompt": turn})
        )
        for turn in (False, True)
    ]


turns = _each(_with_and_without_a_turn)
"""The prompt without an assistant's turn opened behind it, and with one."""


def with_last_open(
    messages: list[dict[str, Any]], options: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return messages the last of which is the assistant's, and options that continue it."""
    begun = [] if messages and messages[-1].get("role") == BEGUN["role"] else [dict(BEGUN)]
    asking = {"add_generation_prompt": False, "continue_final_message": True}
    return [*messages, *begun], {**options, **asking}


def _continued(backend: Backend, case: Case) -> str | bytes:
    return plain_text(backend.render(*with_last_open(deepcopy(case.payload), asked(case))))


continued = _each(_continued)
"""The prompt whose last message is to be continued."""


def _in_two_steps(backend: Backend, case: Case) -> bytes:
    text = backend.render(deepcopy(case.payload), asked(case))
    return packed_ids(plain_encoding(backend.encode(text, "parse")).ids)


def _in_one_call(backend: Backend, case: Case) -> bytes:
    return packed_ids(backend.chat_ids(deepcopy(case.payload), asked(case)))


def _packed(see: Callable[[Backend, Case], bytes]) -> Look:
    def look(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
        seen = [observe(see, backend, case) for case in cases]
        if any(one.failure for one in seen):
            return [one if one.failure else Observation(unpack(one.value)) for one in seen]
        return PackedIds([one.value for one in seen])

    return look


rendered_ids = _packed(_in_two_steps)
"""Ids of a chat that is rendered, and then encoded with no special token added."""
chat_ids = _packed(_in_one_call)
"""Ids of a chat that is rendered and encoded in one call."""


def template_source(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the source of the template that wins, for chats with and without tools."""
    return [observe(_source, backend, case) for case in cases]


def _source(backend: Backend, case: Case) -> str | bytes:
    return plain_text(backend.chat_template(tools=case.payload == "tools"))


def control_ids(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the ids of special tokens in the prompts of the cases."""
    return [observe(_control_ids, backend, case, str) for case in cases]


def control_ids_of_template(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the same where users and tools say nothing that could be one."""
    return [observe(_control_ids, backend, case, _neutral) for case in cases]


def _neutral(text: str) -> str:
    return NEUTRAL if text.strip() else text


def _control_ids(backend: Backend, case: Case, change: Callable[[str], str]) -> list[int]:
    messages = [_said(message, change) for message in deepcopy(case.payload)]
    text = backend.render(messages, asked(case))
    special = {id for id, token in backend.vocabulary().added.items() if token.special}
    return [id for id in plain_ids(plain_encoding(backend.encode(text, "parse")).ids)
            if id in special]  # fmt: skip


def _said(message: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return a message with what a user or a tool says in it changed."""
    content = message.get("content")
    if message.get("role") not in ("user", "tool"):
        return message
    if isinstance(content, str):
        return {**message, "content": change(content)}
    if isinstance(content, list):
        return {**message, "content": [_part(part, change) for part in content]}
    return message


def _part(part: Any, change: Callable[[str], str]) -> Any:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return {**part, "text": change(part["text"])}
    return part


def in_order(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at prompts, with each JSON object in them in one order."""
    return [observe(_canonical, backend, case, dict) for case in cases]


def in_another_order(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the same of messages whose keys come in the other order."""
    return [observe(_canonical, backend, case, _turned) for case in cases]


def _turned(message: Mapping[str, Any]) -> dict[str, Any]:
    return dict(reversed(list(message.items())))


def _canonical(backend: Backend, case: Case, change: Callable[[Any], Any]) -> str:
    messages = [change(message) for message in deepcopy(case.payload)]
    text = str(plain_text(backend.render(messages, asked(case))))
    return "".join(_sorted_objects(text))


def _sorted_objects(text: str) -> Iterator[str]:
    r"""Yield a text with the keys of each JSON object in it sorted.

    >>> "".join(_sorted_objects('x {"b": 1, "a": {}} {y'))
    'x {"a": {}, "b": 1} {y'
    """
    decoder, place = json.JSONDecoder(), 0
    for match in islice(re.finditer(r"\{", text), OBJECTS):
        if match.start() < place:
            continue
        try:
            found, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        yield text[place : match.start()]
        yield json.dumps(found, sort_keys=True)
        place = end
    yield text[place:]
