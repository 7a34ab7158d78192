"""Runs a script: one detokenizer a request, made at its first step, forgotten when it finishes.

An error of a step is what came of that step, and the stream goes on: nothing sent before is lost.
Batched engines take their whole batch before anything moves, so that no step in it may follow the
one that finishes its request; their originals crash there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from parity.detokenizers.detokenizer import BatchedDetokenizer, Decoder, Detokenizer, Make
from parity.errors import Unsupported
from parity.streams import Emitted, Script, Step, Streamed


def run_script(make: Make, decoder: Decoder, script: Script) -> Streamed:
    """Return what an algorithm sends for each step of a script.

    Raises Unsupported where the decoder cannot give what the algorithm needs.
    """
    engine = Engine(make, decoder, script)
    emitted = [row for batch in script.batches for row in engine.call(batch)]
    return Streamed(emitted, len(engine.finished & engine.streams.keys()))


class Engine:
    """All requests of a script.

    streams: the requests whose state is held.
    finished: the requests that have finished and not begun anew.
    """

    def __init__(self, make: Make, decoder: Decoder, script: Script) -> None:
        self.make, self.decoder, self.script = make, decoder, script
        self.streams: dict[int, Detokenizer] = {}
        self.finished: set[int] = set()

    def call(self, batch: Sequence[Step]) -> list[Emitted]:
        """Return the rows of one call: one a step, and one at the end of each request."""
        if len(batch) == 1:
            return self._alone(batch[0])
        streams = [self._stream(step.request) for step in batch]
        if not all(isinstance(stream, BatchedDetokenizer) for stream in streams):
            return [row for step in batch for row in self._alone(step)]
        rows = self._together(streams, batch)  # type: ignore[arg-type]
        found = []
        for stream, step, row in zip(streams, batch, rows, strict=True):
            found += [row, *self._end(stream, step)]
        return found

    def _alone(self, step: Step) -> list[Emitted]:
        stream = self._stream(step.request)
        row = self._row(stream, step, "step", stream.step, step)
        return [row, *self._end(stream, step)] if step.finish else [row]

    def _end(self, stream: Detokenizer, step: Step) -> list[Emitted]:
        if not step.finish:
            return []
        self.streams.pop(step.request, None)
        self.finished.add(step.request)
        return [self._row(stream, step, "end", stream.flush)]

    def _stream(self, request: int) -> Detokenizer:
        if request not in self.streams:
            self.streams[request] = self._made(self.script.prompts[request])
            self.finished.discard(request)
        return self.streams[request]

    def _made(self, prompt: Sequence[int]) -> Detokenizer:
        try:
            return self.make(self.decoder, prompt, skip_special=self.script.skip_special)
        except (Unsupported, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 (what came of this request, a panic too)
            return _NotMade(self.decoder, error)

    def _together(
        self, streams: Sequence[BatchedDetokenizer], batch: Sequence[Step]
    ) -> list[Emitted]:
        wanted = [stream.wanted(step) for stream, step in zip(streams, batch, strict=True)]
        flat = list(chain.from_iterable(wanted))
        try:
            texts = iter(self.decoder.decode_batch(flat, streams[0].skip_special))
        except Unsupported:
            raise
        except BaseException as error:  # noqa: BLE001 (what came of these steps, a panic too)
            return [_failed(step, "step", error) for step in batch]
        return [
            self._row(stream, step, "step", stream.taken, step, [next(texts) for _ in lists])
            for stream, step, lists in zip(streams, batch, wanted, strict=True)
        ]

    def _row(
        self, stream: Detokenizer, step: Step, at: str, call: Callable[..., Any], *given: Any
    ) -> Emitted:
        try:
            chunk = call(*given)
        except Unsupported:
            raise
        except BaseException as error:  # noqa: BLE001 (what came of this step, a panic too)
            return _failed(step, at, error)
        return Emitted(step.request, chunk, stream.reported(step) if at == "step" else (), at)


class _NotMade(Detokenizer):
    """A stream that could not be made: what came of that is what comes of each step."""

    def __init__(self, decoder: Decoder, error: BaseException) -> None:
        super().__init__(decoder)
        self.error = error

    def step(self, step: Step) -> None:  # noqa: ARG002 (whatever it is)
        raise self.error


def _failed(step: Step, at: str, error: BaseException) -> Emitted:
    if isinstance(error, KeyboardInterrupt):
        raise error
    return Emitted(step.request, None, step.ids if at == "step" else (), at, type(error).__name__)
