"""Rules for what a harness says, message by message: where a backend is asked by the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeGuard

from parity.conformance.subject import Broken, Subject, shown
from parity.errors import Unsupported
from parity.remote import schema

REQUESTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "hello": {"protocol": 1},
    "encode": {"texts": ["a", "", "é"], "specials": "parse", "offsets": False},
    "encode_batch": {"texts": ["a", "", "é"], "specials": "parse", "offsets": False},
    "decode": {"ids": [[0], []], "skip_special": True},
    "decode_batch": {"ids": [[0], []], "skip_special": True},
    "stream_open": {"stream": "kit", "prompt": [], "skip_special": True},
    "stream_step": {"stream": "kit", "ids": [0], "finish": "", "matched": ""},
    "stream_flush": {"stream": "kit"},
    "stream_close": {"stream": "kit"},
    "stop": {
        "strings": ["b"], "ids": [], "visible": False, "min_tokens": 0,
        "steps": [{"ids": [0], "text": "abc", "finish": "length", "shown": "abc"}],
    },
    "render": {"messages": [{"role": "user", "content": "a"}], "options": {}},
    "generate": {"prompt": "a", "max_tokens": 1, "stop": [], "stop_ids": [], "options": {}},
    "train": {"texts": ["a b a b"], "size": 300, "held_out": ["a b"], "options": {}},
    "vocabulary": {},
}  # fmt: skip
"""A request of each op that changes nothing for good, in an order in which they can be made."""
MODES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    **{
        f"specials:{mode}": ("encode", {**REQUESTS["encode"], "texts": ["a"], "specials": mode})
        for mode in ("parse", "plain", "template")
    },
    **{
        f"skip_special:{str(skip).lower()}": ("decode", {"ids": [[0]], "skip_special": skip})
        for skip in (True, False)
    },
}
"""What a mode of `hello` says that can be asked."""
LIST: Final = frozenset({"encode", "encode_batch", "decode", "decode_batch"})


class Speaks(Protocol):
    """A backend whose messages can be asked for one by one.

    hello: what the harness said of itself when it started.
    """

    hello: Mapping[str, Any]

    def raw(self, message: Mapping[str, Any]) -> Any:
        """Return the reply to a message; the number that goes with both is added here."""


def speaks(backend: Any) -> TypeGuard[Speaks]:
    """Say whether a backend is asked by the protocol."""
    return callable(getattr(backend, "raw", None))


def hello_repeats(subject: Subject) -> None:
    """`hello` is answered again whenever it is asked, and always in the same way."""
    for _ in range(2):
        found = _result(subject, "hello")
        if found != dict(_speaker(subject).hello):
            raise Broken(f"hello gives {shown(found)}, and {shown(_speaker(subject).hello)} before")


def replies_fit_the_schema(subject: Subject) -> None:
    """Every reply is one of the three kinds, and every result has the shape of its op."""
    for op in REQUESTS:
        _reply(subject, op)


def unknown_op_is_unsupported(subject: Subject) -> None:
    """An op that a harness does not know is `unsupported`: no error, and no end."""
    reply = _raw(subject, "no_such_op", {})
    if "unsupported" not in reply:
        raise Broken(f"no_such_op gives {shown(reply)}")


def claims_are_kept(subject: Subject) -> None:
    """What `hello` names among the capabilities is there."""
    claimed = _speaker(subject).hello.get("capabilities", [])
    for op in [op for op in REQUESTS if op in claimed]:
        _kept(op, _reply(subject, op))
    for mode, (op, fields) in MODES.items():
        if mode in claimed and op in claimed:
            _kept(mode, _reply(subject, op, fields))


def _kept(claim: str, reply: Mapping[str, Any]) -> None:
    result = reply.get("result")
    items = result if isinstance(result, list) else []
    lacking = [item for item in items if isinstance(item, dict) and "unsupported" in item]
    if "unsupported" in reply or lacking:
        raise Broken(f"hello names {claim!r}, and it gives {shown(lacking or reply)}")


def lacks_are_told(subject: Subject) -> None:
    """What `hello` does not name is `unsupported`."""
    claimed = _speaker(subject).hello.get("capabilities", [])
    for op in [op for op in REQUESTS if op not in claimed]:
        reply = _reply(subject, op)
        if "unsupported" not in reply:
            raise Broken(f"hello does not name {op!r}, and it gives {shown(reply)}")


def lists_are_as_long(subject: Subject) -> None:
    """The reply to a list is a list as long."""
    for op in sorted(LIST):
        reply = _reply(subject, op)
        asked = next(value for value in REQUESTS[op].values() if isinstance(value, list))
        if "result" in reply and len(reply["result"]) != len(asked):
            raise Broken(f"{op} of {len(asked)} gives {len(reply['result'])} results")


def streams_close_twice(subject: Subject) -> None:
    """Closing a stream again, or one that never was, ends nothing."""
    _needs(subject, "stream_open", "stream_close")
    _result(subject, "stream_open")
    for _ in range(2):
        _reply(subject, "stream_close")
    _reply(subject, "stream_close", {"stream": "never opened"})


def step_after_close(subject: Subject) -> None:
    """A step of a stream that was closed is an error or `unsupported`, no text."""
    _needs(subject, "stream_open", "stream_step", "stream_close")
    _result(subject, "stream_open")
    _reply(subject, "stream_close")
    reply = _reply(subject, "stream_step")
    if "result" in reply:
        raise Broken(f"stream_step after stream_close gives {shown(reply['result'])}")


RULES: Final[tuple[Callable[[Subject], None], ...]] = (
    hello_repeats,
    unknown_op_is_unsupported,
    replies_fit_the_schema,
    claims_are_kept,
    lacks_are_told,
    lists_are_as_long,
    streams_close_twice,
    step_after_close,
)


def _speaker(subject: Subject) -> Speaks:
    if not speaks(subject.backend):
        raise Unsupported("no messages")
    return subject.backend


def _needs(subject: Subject, *ops: str) -> None:
    claimed = _speaker(subject).hello.get("capabilities", [])
    for op in ops:
        if op not in claimed:
            raise Unsupported(f"no {op}")


def _raw(subject: Subject, op: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    reply = subject.asked(op, _speaker(subject).raw, {"op": op, **fields})
    if not isinstance(reply, dict):
        raise Broken(f"{op} gives {shown(reply)}, which is no reply")
    return reply


def _reply(subject: Subject, op: str, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
    reply = _raw(subject, op, REQUESTS[op] if fields is None else fields)
    problem = schema.problem(schema.reply(op), reply)
    if problem:
        raise Broken(f"the reply to {op}: {problem}; it is {shown(reply)}")
    return reply


def _result(subject: Subject, op: str) -> Any:
    reply = _reply(subject, op)
    if "result" not in reply:
        raise Broken(f"{op} gives {shown(reply)}, no result")
    return reply["result"]
