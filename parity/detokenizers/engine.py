"""Runs a script: one detokenizer a request, made at its first step, forgotten when it finishes.

An error of a step is what came of that step, and the stream goes on: nothing sent before is lost.
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
        streams = [self._stream(step.request) for step in batch]
        if all(isinstance(stream, BatchedDetokenizer) for stream in streams):
            rows = self._together(streams, batch)  # type: ignore[arg-type]
        else:
            rows = [
                self._row(stream, step, "step", stream.step, step)
                for stream, step in zip(streams, batch, strict=True)
            ]
        found = []
        for stream, step, row in zip(streams, batch, rows, strict=True):
            found.append(row)
            if step.finish:
                found.append(self._row(stream, step, "end", stream.flush))
                self.streams.pop(step.request, None)
                self.finished.add(step.request)
        return found

    def _stream(self, request: int) -> Detokenizer:
        if request not in self.streams:
            prompt = self.script.prompts[request]
            self.streams[request] = self.make(
                self.decoder, prompt, skip_special=self.script.skip_special
            )
            self.finished.discard(request)
        return self.streams[request]

    def _together(
        self, streams: Sequence[BatchedDetokenizer], batch: Sequence[Step]
    ) -> list[Emitted]:
        wanted = [stream.wanted(step) for stream, step in zip(streams, batch, strict=True)]
        flat = list(chain.from_iterable(wanted))
        try:
            texts = iter(self.decoder.decode_batch(flat, self.script.skip_special))
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


def _failed(step: Step, at: str, error: BaseException) -> Emitted:
    if isinstance(error, KeyboardInterrupt):
        raise error
    return Emitted(step.request, None, step.ids if at == "step" else (), at, type(error).__name__)
