"""A stream that is fed step by step, as serving code does it, and compared as a whole when it ends.

    with shadow.live(prompt_ids, skip_special=True) as stream:
        for ids in steps:
            send(stream.step(ids))
        send(stream.finish("eos"))

The reference's detokenizer alone runs meanwhile; its ids and chunks are written down, and handed
over as one call of `stream` at the end. A stream that is left without a finish is compared as far
as it came, with the finish `abort`. Whether it is compared is decided at its start.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, Self

from parity.backend import Backend
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.detokenizer import Detokenizer, Make
from parity.errors import Unsupported, UsageError
from parity.shadow.front import Asked, front, put
from parity.shadow.records import DROPPED, ERROR, SKIPPED
from parity.shadow.sampling import Request
from parity.shadow.surfaces import ITEM, Whole, weight
from parity.shadow.watch import Watch
from parity.streaming import decoder_of
from parity.streams import FINISHES, Emitted, Script, Step, Streamed
from parity.types import Observation

STREAM: Final = "stream"
STEP: Final = "step"
END: Final = "end"
Chunk = str | bytes | None


class BadStep(UsageError):
    """A step of a stream cannot be taken."""


class Live:
    """One stream of the reference; what it sends is what its detokenizer sends.

    A step raises what the detokenizer raises; the stream goes on, as engines do.
    """

    def __init__(self, native: Detokenizer) -> None:
        self.native = native
        self.over = False

    def step(self, ids: Sequence[int], finish: str = "", matched: str = "") -> Chunk:
        """Return the chunk of these ids: "" or None where nothing is sent. Raises BadStep.

        finish: one of `streams.FINISHES`, where it is known that these ids are the last.
        """
        if self.over:
            raise BadStep("the stream is finished: begin another one")
        if finish not in FINISHES:
            known = ", ".join(map(repr, FINISHES))
            raise BadStep(f"finish is one of {known}, not {finish!r}")
        step = Step(0, tuple(ids), finish, matched)
        self.over = bool(finish)
        return self._sent(step, STEP)

    def flush(self) -> Chunk:
        """Return what is sent at the end, beside the chunk of the step that finished it."""
        if not self.over:
            raise BadStep("flush comes after a step with a finish; finish() does both")
        return self._sent(Step(0, ()), END)

    def finish(self, finish: str, matched: str = "") -> list[str | bytes]:
        """End a stream whose last ids were given; return the chunks that are sent still."""
        sent = [self.step((), finish, matched), self.flush()]
        return [chunk for chunk in sent if chunk]

    def _sent(self, step: Step, at: str) -> Chunk:
        return self.native.step(step) if at == STEP else self.native.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it; nobody compares it."""


class Recorded(Live):
    """A stream that is written down. one, request: the surface and the request that it is of."""

    def __init__(
        self,
        native: Detokenizer,
        chosen: tuple[Asked, Request | None],
        script: Script,
        algorithm: str,
    ) -> None:
        super().__init__(native)
        one, request = chosen
        self.one, self.request, self.script, self.algorithm = one, request, script, algorithm
        self.steps: list[Step] = []
        self.rows: list[Emitted] = []
        self.held = ITEM * len(script.prompts[0])
        self.seconds = 0.0
        self.why = ""
        self.flushed = self.told = False
        self.forks = one.watch.forks
        one.watch.counts.chose(one.name)

    def flush(self) -> Chunk:
        """As the other does it; then it is known what was streamed, and that is handed over."""
        try:
            return super().flush()
        finally:
            if self.over:
                self.__exit__()

    def __del__(self) -> None:
        if not self.told and self.one.watch.forks == self.forks:
            self.one.watch.counts.settle(self.one.name, SKIPPED, "Abandoned")

    def _sent(self, step: Step, at: str) -> Chunk:
        begun = time.perf_counter()
        try:
            chunk = super()._sent(step, at)
        except Exception as error:
            self.seconds += time.perf_counter() - begun
            self._keep(step, at, Emitted(0, None, step.ids, at, type(error).__name__))
            raise
        self.seconds += time.perf_counter() - begun
        self._keep(step, at, Emitted(0, chunk, (), at))
        return chunk

    def _keep(self, step: Step, at: str, row: Emitted) -> None:
        """Write down what came of a step; what goes wrong here is counted, never raised."""
        self.flushed = self.flushed or at == END
        if self.why:
            return
        try:
            if at == STEP:
                self.steps.append(step)
                row = row if row.error else row._replace(ids=tuple(self.native.reported(step)))
            self.rows.append(row)
            self.held += ITEM * (len(step.ids) + len(row)) + weight(row.chunk)
        except Exception:  # noqa: BLE001 (as above)
            self.why = "Uncopied"
        if self.held > self.one.watch.settings.bytes:
            self.why = "bytes"
        if self.why:
            self.steps.clear()
            self.rows.clear()

    def __exit__(self, *_: object) -> None:
        """Hand it over: what was streamed so far, where it was not finished."""
        if self.told or self.one.watch.forks != self.forks:  # it is told once, by who began it
            return
        self.told = True
        if not self.over:
            self._quietly(lambda: self.step((), "abort"))
        if not self.flushed:
            self._quietly(self.flush)
        watch, name = self.one.watch, self.one.name
        if self.why:
            watch.counts.settle(name, DROPPED if self.why == "bytes" else ERROR, self.why)
            return
        script = self.script._replace(batches=tuple((step,) for step in self.steps))
        alike = self.algorithm == getattr(watch.side, "algorithm", "")
        seen = Observation(Streamed(self.rows) if alike else Whole(self.rows))
        put(self.one, self.request, ((script,), {}), seen, self.seconds)

    @staticmethod
    def _quietly(end: Any) -> None:
        """End it as an engine does when the client is gone: what that raises is written down."""
        try:
            end()
        except Exception:  # noqa: BLE001 (it must not break what it shadows)
            return


def live(
    reference: Backend,
    watch: Watch,
    prompt: Sequence[int] = (),
    *,
    skip_special: bool = True,
    algorithm: str = "",
) -> Live:
    """Return a stream of the reference.

    algorithm: a name of DETOKENIZERS, where it is another than the reference's own; then only what
        was sent in all can be the same as what the candidate sends.
    Raises Unsupported where the reference has no streams, and what a detokenizer raises.
    """
    make = maker(reference, algorithm)
    native = make(decoder_of(reference), tuple(prompt), skip_special=skip_special)
    if not watch.settings.enabled:
        return Live(native)
    surface = watch.surfaces[STREAM]
    chosen = front(Asked(_passed, STREAM, surface, watch), _chosen)()
    if chosen is None:
        return Live(native)
    script = Script((tuple(prompt),), (), skip_special)
    return Recorded(native, chosen, script, algorithm or reference.algorithm)


def maker(reference: Backend, algorithm: str = "") -> Make:
    """Return what makes a reference's streams: its own, or ours of its algorithm's name."""
    own = getattr(reference, "make_stream", None)
    if own is not None and algorithm in ("", reference.algorithm):
        made: Make = own
        return made
    name = algorithm or reference.algorithm
    if name not in DETOKENIZERS:
        known = ", ".join(sorted(DETOKENIZERS))
        raise Unsupported(f"{reference.name} has no streams of {name!r}; algorithms: {known}")
    return DETOKENIZERS[name]


def _passed() -> None:
    """Stand for a stream that is not chosen."""


def _chosen(one: Asked, request: Request | None, *_: Any) -> tuple[Asked, Request | None]:
    return one, request
