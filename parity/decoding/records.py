"""What an engine is asked and what it gives, as plain data that travels between processes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from parity.types import Failure

KINDS: Final = ("text", "messages", "ids")
MAX_TOKENS: Final = 64
"""New ids of a prompt that does not say how many."""
TOP: Final = 20
"""Log-probabilities that are kept of each step."""
Finish = Literal["length", "eos", "string", "id", "abort", ""]


class Prompt(NamedTuple):
    """One prompt of a set.

    id: `set/name`, unique in a run.
    kind, payload: a text, a list of chat messages, or a tuple of ids.
    max_tokens: new ids at most.
    stop: strings that end the completion.
    """

    id: str
    kind: str
    payload: Any
    max_tokens: int = MAX_TOKENS
    stop: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def set(self) -> str:
        """The set that it is of."""
        return self.id.partition("/")[0]


class Request(NamedTuple):
    """A prompt as an engine gets it.

    ids: of the whole prompt, BOS and template included.
    text: what the ids were made of, for an engine that takes no ids; "" where only ids are known.
    """

    id: str
    ids: tuple[int, ...]
    text: str = ""
    max_tokens: int = MAX_TOKENS
    stop: tuple[str, ...] = ()


class Step(NamedTuple):
    """What is known of the logits that one new id was chosen from.

    top: (id, log-probability in nats), best first, as float32 or finer says; ties in any order.
    row: SHA-256 of all logits of the step as little-endian float32, "" where they are not shown.
    """

    top: tuple[tuple[int, float], ...] = ()
    row: str = ""

    @property
    def margin(self) -> float | None:
        """How far the second is below the first, in nats; None where fewer than two are known."""
        return self.top[0][1] - self.top[1][1] if len(self.top) > 1 else None


class Generation(NamedTuple):
    """What an engine makes of one prompt.

    ids: the new ids, None where the engine gives none. An id that ended it (EOS) stays in.
    finish: why it ended: `length`, `eos`, `string` (a stop string), `id` (a stop id), `abort`, or
        "" where the engine does not say.
    text: of the new ids as the engine says it, None where it says none.
    chunks: what it streamed, None where it did not.
    counts: what it reports of itself: `prompt`, `completion`, in ids.
    steps: one for each new id, None where no log-probabilities are known. A step without any is
        Step(): so places never shift.
    by: what made `text` or `chunks` where it was not the engine, by these names.
    """

    ids: tuple[int, ...] | None = None
    finish: str = ""
    text: str | None = None
    chunks: tuple[str, ...] | None = None
    counts: Mapping[str, int] = {}
    steps: tuple[Step, ...] | None = None
    by: Mapping[str, str] = {}


class Outcome(NamedTuple):
    """What came of one prompt on one side: ids of the prompt, and a generation or a failure."""

    prompt: str
    prompt_ids: tuple[int, ...] | None = None
    generation: Generation | None = None
    failure: Failure | None = None
    seconds: float = 0.0


class Capabilities(NamedTuple):
    """What an engine can be asked, and what its answers mean.

    ids_in, ids_out: whether prompts go in, and completions come out, as ids.
    top: log-probabilities of a step that it can give; 0 where it gives none.
    aligned: whether there is one entry of log-probabilities for each id, whatever the text.
    rows: whether all logits of a step are seen.
    scores: whether it can be asked for the log-probabilities of given ids (teacher forcing).
    streams: the algorithm of `parity.detokenizers` that its own stream is, "" where it has none.
    eos: `natural`: EOS ends a completion; what else a request could ask for is said in `eos_modes`.
    stop_text: what becomes of the text of a stop string: `kept`, `cut`, or "" without stop strings.
    together: prompts that it takes at once; 1 where one after another.
    device, dtype: where it computes, and in what.
    """

    ids_in: bool = True
    ids_out: bool = True
    top: int = 0
    aligned: bool = True
    rows: bool = False
    scores: bool = False
    streams: str = ""
    eos: str = "natural"
    eos_modes: tuple[str, ...] = ()
    stop_text: str = ""
    together: int = 1
    device: str = "cpu"
    dtype: str = "float32"


def as_data(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON can hold it."""
    made = outcome.generation
    generation = made and {
        **made._asdict(),
        "counts": dict(made.counts),
        "by": dict(made.by),
        "steps": None if made.steps is None else [_told(step) for step in made.steps],
    }
    failure = outcome.failure and outcome.failure._asdict()
    return {**outcome._asdict(), "generation": generation, "failure": failure}


def from_data(data: Mapping[str, Any]) -> Outcome:
    """Return an outcome that `as_data` made. Raises KeyError, TypeError or ValueError."""
    made, failure = data["generation"], data["failure"]
    generation = made and Generation(
        _ids(made["ids"]), made["finish"], made["text"], _tuple(made["chunks"]), made["counts"],
        None if made["steps"] is None else tuple(_step(step) for step in made["steps"]),
        made.get("by", {}),
    )  # fmt: skip
    return Outcome(
        data["prompt"], _ids(data["prompt_ids"]), generation,
        failure and Failure(**failure), data["seconds"],
    )  # fmt: skip


def _told(step: Step) -> list[Any]:
    """Return a step as JSON can hold it: an id that is banned has a log-probability of "-inf"."""
    top = [[id, value if math.isfinite(value) else str(value)] for id, value in step.top]
    return [top, step.row]


def _step(data: Any) -> Step:
    top, row = data
    return Step(tuple((int(id), float(value)) for id, value in top), row)


def _ids(data: Any) -> tuple[int, ...] | None:
    return None if data is None else tuple(map(int, data))


def _tuple(data: Any) -> tuple[str, ...] | None:
    return None if data is None else tuple(map(str, data))
