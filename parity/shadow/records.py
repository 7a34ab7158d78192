"""What a sampled call is while it waits, and what became of it, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter, time
from typing import Any, Final, NamedTuple

from parity.compare import Difference
from parity.types import Observation

SAME, DIVERGED, SKIPPED, TIMEOUT, ERROR, DROPPED = FATES = (
    "same", "diverged", "skipped", "timeout", "error", "dropped",
)  # fmt: skip
"""What becomes of a sampled call. The first two were compared; the others were not:
`skipped` a side has no such operation, `timeout` the candidate did not answer in time, `error` it
died or could not be asked, `dropped` it was never asked; `Outcome.why` says why."""
COMPARED: Final = (SAME, DIVERGED)
ONE_SIDED: Final = ("CandidateUnsupported", "NothingShared", "Untranslated")
"""Why a call is skipped that the reference answered. Where the candidate answers other calls of the
surface, a zero says nothing of these."""


class Call(NamedTuple):
    """One sampled call, as it waits: nothing in it is the caller's any more.

    request: the id of the request that it is of. surface: a name of `surfaces.SURFACES`, or the
        name of a callable.
    args, named: what the reference was given, copied before it was asked.
    seen: what it gave, copied as `Surface.kept` does, or its failure.
    seconds: that it took. at: seconds since the epoch when it had answered.
    size: bytes that this holds, about.
    """

    request: str
    surface: str
    args: tuple[Any, ...]
    named: Mapping[str, Any]
    seen: Observation
    seconds: float
    at: float
    size: int


Parts = tuple[str, str, tuple[Any, ...], Mapping[str, Any], Any, float, float, int]
"""A call as a caller puts it, which costs it less than a Call: (request, surface, args, named,
value, seconds, when it had answered by `time.perf_counter`, size)."""


def call_of(parts: Parts) -> Call:
    """Return the call that parts are of."""
    request, surface, args, named, value, seconds, ended, size = parts
    at = time() - (perf_counter() - ended)
    return Call(request, surface, args, named, Observation(value), seconds, at, size)


class Outcome(NamedTuple):
    """What became of a sampled call.

    fate: one of FATES. why: the class of a divergence, such as `ids.value`; of another fate its
        reason in a word, such as `full`, `Unsupported`, `TimedOut`; "" where it is the same.
    difference: the first, where it diverged.
    reference, candidate: what each side gave, as plain data, where it diverged.
    seconds: that the candidate took, 0 where it was not asked.
    """

    call: Call
    fate: str
    why: str = ""
    difference: Difference | None = None
    reference: Observation = Observation()
    candidate: Observation = Observation()
    seconds: float = 0.0
