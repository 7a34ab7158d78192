"""The shape that all stop decoders share: a step's text in, the text that is sent out, no I/O.

A stop decoder stands behind a detokenizer. It knows what shall end a request (`Stops`), gets each
step's ids and text, and decides three things: whether the request is over, how much of the text is
the answer, and how much of that may be sent already.

    step(step)  what is sent for this step
    flush()     what is sent when the request is over, beside that; most send nothing
    reset()     as if just made

`read` and `kept` are what an algorithm says; the rest is here. Of the request there is the `text`
so far, and how many characters of it are `sent`; between them is what is held back.

EOS is the detokenizer's business: the text of a step that ends with it is taken as it is given.
A stop token is the stop decoder's: its own text, which is `shown` in a step, is left out or not.
Where it comes with other ids in one step, the end of the step's text is taken to be its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from parity.errors import Unsupported
from parity.streams import StopRun, Stops, StopStep

REASONS: Final = {"eos": "eos", "stop": "token", "length": "length"}
"""What a step that ends its request says, and the reason that it is."""

TIES: Final = {
    "completes_first": "the match that ends first; of those that end together, the longest",
    "completes_first_listed": "the match that ends first; of those that end together, list order",
    "starts_first": "of the matches that are there after a step, the one that starts first",
    "list_order": "of the stops that are there after a step, the first of the list",
    "ends_with": "of the stops that the text ends with after a step, the first of the list",
    "none": "no stop string ends a request",
}
"""Which stop ends a request if several could."""

UNITS: Final = ("characters", "bytes", "none")
"""What an algorithm counts when it says how much it holds back; `none` where it holds nothing."""


class EmptyStop(ValueError):
    """A stop string is empty: it would end every request before its first character."""


class StopDecoder:
    """One request.

    tie: its tie rule, one of TIES.
    unit: what it counts when it holds back, one of UNITS.
    options: what of `Stops` beside strings it has; the rest is Unsupported when it is asked for.
    text: the text so far; after a stop, what is left of it.
    sent: how many characters of the text are sent.
    count: how many ids came.
    matched: the stop string or the stop id that ended the request, or None.
    reason: `string`, `token`, `eos`, `length`, or "" while the request goes on.

    Raises EmptyStop for an empty stop string, Unsupported for what the engine has no option for.
    """

    tie: ClassVar[str]
    unit: ClassVar[str]
    options: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, stops: Stops) -> None:
        if not all(stops.strings):
            raise EmptyStop(f"an empty stop string is in every text: {list(stops.strings)!a}")
        for name in ("ids", "visible", "min_tokens"):
            if getattr(stops, name) and name not in self.options:
                raise Unsupported(f"{type(self).__name__} has no option for {name} of stops")
        self.stops = stops
        self.reset()

    def reset(self) -> None:
        """Forget the request, as if just made."""
        self.text = self.reason = ""
        self.sent = self.count = 0
        self.matched: str | int | None = None

    @property
    def held(self) -> str:
        """What is held back."""
        return self.text[self.sent :]

    @property
    def held_length(self) -> int:
        """How much is held back, in the algorithm's unit."""
        return len(self.held.encode()) if self.unit == "bytes" else len(self.held)

    @property
    def final(self) -> str:
        """The answer so far as the engine gives it where nothing is streamed."""
        return self.text

    def step(self, step: StopStep) -> str:
        """Return what is sent for a step; nothing once the request is over."""
        if self.reason:
            return ""
        self.count += len(step.ids)
        self.read(step)
        if not self.reason and step.finish in REASONS:
            last = step.ids[-1] if step.finish == "stop" and step.ids else None
            self.end(REASONS[step.finish], last)
        over = self.reason in ("string", "token")
        end = max(self.sent, len(self.text) - (0 if over else self.kept(step)))
        chunk, self.sent = self.text[self.sent : end], end
        return chunk

    def flush(self) -> str:
        """Return what is sent when the request is over, beside its last step."""
        return ""

    def read(self, step: StopStep) -> None:
        """Take a step's text, and `end` or `cut` if it stops the request."""
        raise NotImplementedError

    def kept(self, step: StopStep) -> int:
        """Return how many characters at the end of the text are held back after a step."""
        raise NotImplementedError

    def end(self, reason: str, matched: str | int | None) -> None:
        """Note that the request is over, and why."""
        self.reason, self.matched = reason, matched

    def cut(self, start: int, string: str) -> None:
        """End the request with a stop string that starts there; it stays if it is to be seen."""
        self.text = self.text[: start + (len(string) if self.stops.visible else 0)]
        self.end("string", string)

    def stop_id(self, step: StopStep) -> int | None:
        """Return the stop token that a step ends with, or None.

        Raises Unsupported where ids come after it: which of the text is theirs, nothing says.
        """
        for number, id in enumerate(step.ids, self.count - len(step.ids) + 1):
            if id in self.stops.ids and number >= self.stops.min_tokens:
                if number != self.count:
                    raise Unsupported("a stop token with ids after it in its step cannot be cut")
                return id
        return step.ids[-1] if step.finish == "stop" and step.ids else None


Make = Callable[[Stops], StopDecoder]
"""(stops) -> a new stop decoder; usually a subclass of StopDecoder."""


def earlier(step: StopStep) -> str:
    """Return the text of the ids of a step before its last."""
    return "" if len(step.ids) == 1 else step.text.removesuffix(step.shown)


def run_stops(make: Make, stops: Stops, steps: Sequence[StopStep]) -> StopRun:
    """Return what a stop decoder makes of a request: it gets steps until one ends the request.

    An error is what came of the request: what was sent before it stays, and there is no answer.
    Raises what the decoder cannot be made with, and Unsupported.
    """
    decoder = make(stops)
    texts: list[str] = []
    try:
        for step in steps:
            texts.append(decoder.step(step))
            if decoder.reason or step.finish:
                break
        tail = decoder.flush() if decoder.reason else ""
    except Unsupported:
        raise
    except Exception as error:  # noqa: BLE001 (what came of this request)
        return StopRun(texts, "", "", None, "", type(error).__name__)
    return StopRun(texts, tail, decoder.final, decoder.matched, decoder.reason)
