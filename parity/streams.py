"""What a serving engine does with its detokenizer, as data: steps in, chunks out."""

from __future__ import annotations

from typing import Final, NamedTuple

FINISHES: Final = ("", "eos", "stop", "string", "length", "abort")
"""How a step ends its request: not at all; its last id is the EOS id, or another stop id; a stop
string matched; the limit on tokens was reached; the client went away."""


class Step(NamedTuple):
    """Ids that one request gets in one step.

    request: its number, from 0; a finished request that gets a step again begins anew.
    ids: new token ids, in order; any number of them, also none.
    finish: one of FINISHES.
    matched: the stop string, where finish is `string`.
    """

    request: int
    ids: tuple[int, ...]
    finish: str = ""
    matched: str = ""


class Script(NamedTuple):
    """A whole run of an engine: requests, and the steps of each call, in order.

    prompts: ids of each request's prompt, by its number.
    batches: the steps that are handed over in one call; a request may be in it more than once.
    skip_special: whether special tokens are left out of the text.
    """

    prompts: tuple[tuple[int, ...], ...]
    batches: tuple[tuple[Step, ...], ...]
    skip_special: bool = True


class Emitted(NamedTuple):
    """What came of one step, or after a finish, of the request's end.

    chunk: the text that is sent; "" where an empty chunk is sent, None where nothing is.
    ids: the ids that are reported with it.
    at: `step`, or `end` for what is sent when a request is flushed.
    error: the kind of error that came in the place of a chunk, or "".
    """

    request: int
    chunk: str | bytes | None
    ids: tuple[int, ...]
    at: str = "step"
    error: str = ""


class Streamed(NamedTuple):
    """What came of a whole script.

    emitted: one row a step, in order; after one that finishes a request, one more, at `end`.
    held: requests whose state is still there although all have finished.
    """

    emitted: list[Emitted]
    held: int = 0


class Stops(NamedTuple):
    """What ends a request beside EOS and length.

    strings: stop strings, in the order that the client gave; none is empty.
    ids: stop tokens.
    visible: whether what matched stays in the text.
    min_tokens: nothing ends the request before so many ids.
    """

    strings: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    visible: bool = False
    min_tokens: int = 0

    @property
    def asks(self) -> str:
        """The names of what is asked for beside strings, such as `ids visible`."""
        return " ".join(name for name in ("ids", "visible", "min_tokens") if getattr(self, name))


class StopStep(NamedTuple):
    """What a stop decoder gets in one step.

    ids: new ids.
    text: the chunk that the detokenizer gave for them.
    finish: one of FINISHES; `length` where the limit is reached with this step.
    shown: the text of the last id alone, for engines that show a stop token.
    """

    ids: tuple[int, ...]
    text: str
    finish: str = ""
    shown: str = ""


class StopRun(NamedTuple):
    """What a stop decoder made of the steps of a request.

    texts: what is sent, a text a step that was taken; steps after the stop are not taken.
    tail: what is sent at the end, beside that.
    final: the whole answer as the engine gives it where nothing is streamed.
    matched: the stop string or the stop id, or None.
    reason: `string`, `token`, `eos`, `length`, or "" where the request goes on.
    error: the kind of error that came, or "".
    """

    texts: list[str]
    tail: str
    final: str
    matched: str | int | None = None
    reason: str = ""
    error: str = ""
