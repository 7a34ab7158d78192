"""Faults in streams, one for each check and law about them."""

from __future__ import annotations

from itertools import chain

from parity.backend import Backend
from parity.backends._faults.fault import Fault
from parity.streams import Emitted, Script, Step, Streamed


class _Stream(Fault):
    """Spoils the rows of a stream; `steps` are those that the rows came of."""

    def stream(self, script: Script) -> Streamed:
        seen = self.inner.stream(script)
        return seen._replace(emitted=self.rows(script, seen.emitted))

    def rows(self, script: Script, rows: list[Emitted]) -> list[Emitted]:
        return [self.row(row) for row in rows]

    def row(self, row: Emitted) -> Emitted:
        raise NotImplementedError


def _text(row: Emitted) -> str:
    return str(row.chunk or "")


class sends_no_empty_chunks(_Stream):
    """Where an empty chunk is sent, nothing is."""

    caught_by = "chunks"

    def row(self, row: Emitted) -> Emitted:
        return row._replace(chunk=row.chunk or None)


class sends_each_chunk_late(_Stream):
    """Every chunk comes a step late; in all the same is sent."""

    caught_by = "chunks_nonempty"

    def rows(self, script: Script, rows: list[Emitted]) -> list[Emitted]:
        waiting: dict[int, str] = {}
        found = []
        for row in rows:
            before, now = waiting.pop(row.request, ""), _text(row)
            if row.at == "end":
                before, now = before + now, ""
            found.append(row._replace(chunk=before))
            waiting[row.request] = now
        return found


class strips_chunks(_Stream):
    """Whitespace at the ends of chunks is lost."""

    caught_by = "joined"

    def row(self, row: Emitted) -> Emitted:
        return row._replace(chunk=_text(row).strip())


class reports_ids_of_chunks_alone(_Stream):
    """The ids of a step that sends nothing are never reported."""

    caught_by = "emitted_ids"

    def row(self, row: Emitted) -> Emitted:
        return row if row.chunk else row._replace(ids=())


class streams_in_capitals(_Stream):
    """Chunks are upper case, the decoded text is not."""

    caught_by = "streamed_whole"

    def row(self, row: Emitted) -> Emitted:
        return row._replace(chunk=_text(row).upper())


class loses_the_tail(_Stream):
    """What was held back is never sent."""

    caught_by = "tail_sent"

    def row(self, row: Emitted) -> Emitted:
        return row._replace(chunk=None) if row.at == "end" else row


class loses_the_second_chunk(_Stream):
    """One chunk in the middle is lost."""

    caught_by = "nothing_lost"

    def rows(self, script: Script, rows: list[Emitted]) -> list[Emitted]:
        return [row._replace(chunk="") if place == 1 else row for place, row in enumerate(rows)]


class sends_the_first_chunk_twice(_Stream):
    """A text that was sent is sent again."""

    caught_by = "never_retracted"

    def rows(self, script: Script, rows: list[Emitted]) -> list[Emitted]:
        first, *rest = rows
        return [first._replace(chunk=_text(first) * 2), *rest]


class decodes_each_id_alone(_Stream):
    """A character of several tokens becomes as many U+FFFD."""

    caught_by = "no_early_replacement"

    def stream(self, script: Script) -> Streamed:
        steps = list(chain.from_iterable(script.batches))
        rows = []
        for step in steps:
            alone = [self.inner.decode([id], script.skip_special) for id in step.ids]
            rows.append(Emitted(step.request, "".join(map(str, alone)), step.ids))
            if step.finish:
                rows.append(Emitted(step.request, None, (), "end"))
        return Streamed(rows)


class swallows_replacement_characters(_Stream):
    """No U+FFFD is ever sent, not even one that is text."""

    caught_by = "replacement_sent"

    def row(self, row: Emitted) -> Emitted:
        return row._replace(chunk=_text(row).replace("\ufffd", ""))


class sends_the_prompt_again(_Stream):
    """The first chunk begins with the prompt."""

    caught_by = "prompt_not_sent"

    def rows(self, script: Script, rows: list[Emitted]) -> list[Emitted]:
        first, *rest = rows
        prompt = self.inner.decode(list(script.prompts[first.request]), script.skip_special)
        return [first._replace(chunk=str(prompt) + _text(first)), *rest]


class loses_steps_of_several_ids(_Stream):
    """A step with more than one id sends nothing."""

    caught_by = "schedule_free"

    def rows(self, script: Script, rows: list[Emitted]) -> list[Emitted]:
        return [row._replace(chunk="") if len(row.ids) > 1 else row for row in rows]


class mixes_up_requests(_Stream):
    """In a call for several requests each is sent the text of all."""

    caught_by = "interleaved_is_alone"

    def stream(self, script: Script) -> Streamed:
        calls = [self._mixed(call) for call in script.batches]
        return self.inner.stream(script._replace(batches=tuple(calls)))

    def _mixed(self, call: tuple[Step, ...]) -> tuple[Step, ...]:
        every = tuple(id for step in call for id in step.ids)
        return tuple(step._replace(ids=every) for step in call)


class keeps_finished_requests(_Stream):
    """The state of a request is never let go."""

    caught_by = "state_freed"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.held = 0

    def stream(self, script: Script) -> Streamed:
        self.held += 1
        return self.inner.stream(script)._replace(held=self.held)
