"""Faults in what stops a request, and in prompts."""

from __future__ import annotations

from collections.abc import Sequence

from parity.backend import Prompt
from parity.backends._faults.fault import Fault
from parity.stream_cases import StopScript
from parity.streams import StopRun


class _Stop(Fault):
    def stop(self, script: StopScript) -> StopRun:
        return self.spoil(self.inner.stop(script))

    def spoil(self, run: StopRun) -> StopRun:
        raise NotImplementedError


class leaks_the_stop(_Stop):
    """The stop string is sent at the end of the stream."""

    caught_by = "stop_texts"

    def spoil(self, run: StopRun) -> StopRun:
        return run._replace(tail=f"{run.tail}{run.matched or ''}")


class cuts_before_the_last_character(_Stop):
    """The whole answer lacks its last character."""

    caught_by = "stop_final"

    def spoil(self, run: StopRun) -> StopRun:
        return run._replace(final=run.final[:-1])


class forgets_which_stop(_Stop):
    """Nothing is said of what matched."""

    caught_by = "stop_matched"

    def spoil(self, run: StopRun) -> StopRun:
        return run._replace(matched=None)


class calls_every_end_length(_Stop):
    """The finish reason is `length`, whatever it was."""

    caught_by = "stop_reason"

    def spoil(self, run: StopRun) -> StopRun:
        return run._replace(reason="length")


class keeps_the_stop(_Stop):
    """The stop string stays in the answer, and is sent."""

    caught_by = "stops_by_rule"

    def spoil(self, run: StopRun) -> StopRun:
        stop = run.matched if isinstance(run.matched, str) else ""
        return run._replace(final=run.final + stop, tail=run.tail + stop)


class sends_all_at_the_end(_Stop):
    """No text is sent before the end."""

    caught_by = "holds_no_longer"

    def spoil(self, run: StopRun) -> StopRun:
        everything = "".join(run.texts) + run.tail
        return run._replace(texts=[""] * len(run.texts), tail=everything)


class encodes_prompts_twice_over(Fault):
    """The ids of a chat come twice."""

    caught_by = "prompt_ids"

    def prompts(self, batch: Sequence[Prompt]) -> list[list[int]]:
        seen = self.inner.prompts(batch)
        return [
            ids if isinstance(prompt, str) else ids * 2
            for prompt, ids in zip(batch, seen, strict=True)
        ]
