"""Looks at stop sequences and at prompts: what pipelines do before and after the ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity.backend import Backend
from parity.detokenizers import DETOKENIZERS
from parity.looks import Look
from parity.packed import PackedIds, unpack
from parity.seeing import BadOutput, grouped, observe, packed_ids, plain_text
from parity.stops.faults import classify
from parity.stops.oracle import wanted
from parity.stream_looks import Of
from parity.streaming import decoder_of, stop_steps
from parity.streams import StopRun
from parity.types import Case, Observation


def stop_runs(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Run each stop case; look at all that came of it."""
    return [observe(_stop, backend, case) for case in cases]


def _stop(backend: Backend, case: Case) -> StopRun:
    run = backend.stop(case.payload)
    if not isinstance(run, StopRun):
        raise BadOutput(f"a stop decoder gives a StopRun, not {type(run).__name__}")
    texts = [str(plain_text(text)) for text in run.texts]
    matched = run.matched if run.matched is None or type(run.matched) is int else str(run.matched)
    tail, final = str(plain_text(run.tail)), str(plain_text(run.final))
    return StopRun(texts, tail, final, matched, str(run.reason), str(run.error))


def _part(name: str) -> Look:
    def part(_: Backend, __: Case, seen: StopRun) -> Any:
        value = getattr(seen, name)
        return [value, seen.error] if seen.error else value

    return Of(stop_runs, part)


stop_texts = Of(stop_runs, lambda _, __, seen: [*seen.texts, seen.tail, seen.error])
"""The text that is sent in each step, and at the end."""
stop_final = _part("final")
"""The whole answer, as it is where nothing is streamed."""
stop_matched = _part("matched")
"""The stop that ended the request."""
stop_reason = _part("reason")
"""Why the request ended."""


def _classes(backend: Backend, case: Case, seen: StopRun) -> list[str]:
    """Return in which ways a run is not what the oracle wants by the backend's own tie rule."""
    if not backend.stop_rule or backend.algorithm not in DETOKENIZERS:
        backend.lacks("tie rule of its stops that is known")
    decoder = decoder_of(backend)
    steps = stop_steps(DETOKENIZERS[backend.algorithm], decoder, case.payload)
    shown = decoder.decode([seen.matched], True) if type(seen.matched) is int else ""  # noqa: FBT003
    return list(classify(seen, wanted(case.payload.stops, steps, backend.stop_rule), shown))


_classified = Of(stop_runs, _classes)
not_stopped_by_rule = Of(
    _classified, lambda _, __, seen: [name for name in seen if name != "over_hold"]
)
"""In which ways the text, the match or the finish is wrong."""
held_too_long = Of(_classified, lambda _, __, seen: [name for name in seen if name == "over_hold"])
"""Whether text was held back that no stop could reach any more."""
no_class = Of(_classified, lambda _, __, ___: [])
"""Nothing wrong."""


def prompt_ids(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Give all prompts, texts and chats mixed, to one call; look at the ids."""

    def call(prompts: list[Any], _: None) -> Any:
        return backend.prompts(prompts)

    seen = grouped(cases, "no option", None, call, packed_ids)
    if any(one.failure for one in seen):
        return [one if one.failure else Observation(unpack(one.value)) for one in seen]
    return PackedIds([one.value for one in seen])
