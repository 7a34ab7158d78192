"""Looks at streams: what is sent for the steps of a script, and what should have been.

All of them are made from a few: a look is at what another one saw (`Of`), so that a stream runs
once, however many checks and laws are about it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from operator import index
from typing import Any, NamedTuple

from parity.backend import Backend
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.detokenizer import REPLACEMENT
from parity.lives import Life, lives, wanted
from parity.looks import Look, batch_ids
from parity.schedules import SCHEDULES, drawn, ended, interleaved, of_ids, singly
from parity.seeing import BadOutput, observe, plain_text
from parity.stream_cases import script, stop_script
from parity.streaming import table_of
from parity.streams import Emitted, Script, Streamed
from parity.types import Case, Observation


@dataclass(frozen=True, eq=False)
class Of:
    """A look at what another look saw.

    look: the look that comes first.
    part: (backend, case, what was seen) -> what this look sees.
    """

    look: Look
    part: Callable[[Backend, Case, Any], Any]

    def __call__(self, backend: Backend, cases: Sequence[Case]) -> list[Observation]:
        """Look with both, one after the other."""
        return self.again(self.look(backend, cases), backend, cases)

    def again(
        self, seen: Sequence[Observation], backend: Backend, cases: Sequence[Case]
    ) -> list[Observation]:
        """Return what this look sees, given what the first one saw."""
        return [
            one if one.failure else observe(self.part, backend, case, one.value)
            for case, one in zip(cases, seen, strict=True)
        ]


def scripts(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Return the script of each case and the EOS id, by this backend's ids."""
    texts = [case for case in cases if case.kind in ("text", "bytes")]
    encoded = iter(batch_ids(backend, texts))
    table, eos = observe(table_of, backend), observe(backend.eos).value
    found = []
    for case in cases:
        if case.kind in ("text", "bytes"):
            ids = next(encoded)
            found.append(ids if ids.failure else Observation((of_ids(ids.value), eos)))
        elif case.kind == "ids":
            found.append(Observation((of_ids(case.payload), eos)))
        else:
            found.append(table if table.failure else observe(_of_pieces, case, table.value))
    return found


def _of_pieces(case: Case, table: Any) -> tuple[Script, int | None]:
    return script(case.payload, table), table.eos


def stop_scripts(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Return the script of each stop case, by this backend's ids."""
    table = observe(table_of, backend)
    if table.failure:
        return [table] * len(cases)
    return [observe(stop_script, case.payload, table.value) for case in cases]


def streams(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Run each case's script by its schedule; look at all that came of it."""
    return [observe(_stream, backend, scheduled(case)) for case in cases]


def scheduled(case: Case) -> Script:
    """Return the script of a case as its options say: a schedule, special tokens."""
    made: Script = case.payload
    name = case.options.get("schedule", "written")
    change = ended(case.options.get("eos")) if name == "ended" else SCHEDULES[name]
    return change(made)._replace(skip_special=case.options.get("skip_special", False))


class Ran(NamedTuple):
    """What came of a script: all rows, the same by the lives of its requests, and what is held."""

    rows: list[Emitted]
    lives: list[Life]
    held: int


def _stream(backend: Backend, made: Script) -> Ran:
    streamed = backend.stream(made)
    if not isinstance(streamed, Streamed):
        raise BadOutput(f"a stream gives a Streamed, not {type(streamed).__name__}")
    try:
        rows = [_plain_row(row) for row in streamed.emitted]
    except (AttributeError, TypeError) as error:
        raise BadOutput(f"a stream gives rows of Emitted: {error}") from error
    try:
        return Ran(rows, lives(made, rows), index(streamed.held))
    except ValueError as error:
        raise BadOutput(f"the rows do not fit the steps: {error}") from error


def _plain_row(row: Any) -> Emitted:
    numbers = {type(row.request), *map(type, row.ids)}
    if type(row) is Emitted and type(row.chunk) in (str, bytes, type(None)) and numbers == {int}:
        return row
    chunk = None if row.chunk is None else plain_text(row.chunk)
    ids = tuple(index(id) for id in row.ids)
    return Emitted(index(row.request), chunk, ids, str(row.at), str(row.error))


def _sent(row: Emitted) -> Any:
    """Return what a row sent, or its error, which no text can be taken for."""
    return {"error": row.error} if row.error else row.chunk


def erred(value: Any) -> bool:
    """Say whether an observation of chunks or stops has an error in it."""
    if isinstance(value, dict):
        return value.keys() == {"error"}
    return isinstance(value, list) and any(map(erred, value))


def _chunks(_: Backend, __: Case, seen: Ran) -> list[Any]:
    return [[row.request, row.at, _sent(row)] for row in seen.rows]


def _nonempty(_: Backend, __: Case, seen: Ran) -> list[Any]:
    return [[row.request, _sent(row)] for row in seen.rows if row.error or row.chunk]


def _joined(_: Backend, __: Case, seen: Ran) -> list[Any]:
    return [
        [life.request, life.sent, *(_sent(row) for row in life.rows if row.error)]
        for life in seen.lives
    ]


def _reported(_: Backend, __: Case, seen: Ran) -> list[Any]:
    return [[id for row in life.rows for id in row.ids] for life in seen.lives]


chunks = Of(streams, _chunks)
"""Every chunk, a row a step, empty ones too; at an error, its kind."""
nonempty_chunks = Of(streams, _nonempty)
"""Every chunk that has text."""
joined_chunks = Of(streams, _joined)
"""All that was sent for each request, as one text."""
reported_ids = Of(streams, _reported)
"""The ids that were reported with the chunks of each request."""


def skips(algorithm: str, made: Script) -> bool:
    """Say whether an algorithm leaves special tokens out; some always do, some never."""
    known = DETOKENIZERS.get(algorithm)
    own = known.traits.skips if known else None
    return made.skip_special if own is None else own


class FailedStep(Exception):
    """A step of a script gave an error, so what was sent in all says nothing."""


def _refuse_errors(rows: Sequence[Emitted]) -> None:
    error = next((row.error for row in rows if row.error), "")
    if error:
        raise FailedStep(error)


class Judged(NamedTuple):
    """One life of a request: the text that was sent, the right one, and the prompt's."""

    sent: Any
    wanted: Any
    prompt: Any


def _judge(backend: Backend, case: Case, seen: Ran) -> list[Judged]:
    made = scheduled(case)
    skip = skips(backend.algorithm, made)

    def decode(ids: Sequence[int]) -> Any:
        return plain_text(backend.decode(list(ids), skip))

    return [_judged(life, decode) for life in seen.lives]


def _judged(life: Life, decode: Callable[[Sequence[int]], Any]) -> Judged:
    _refuse_errors(life.rows)
    sent = life.sent
    if isinstance(sent, bytes):
        sent = sent.decode("utf-8", "replace")
    return Judged(sent, wanted(life, sent, decode), decode(life.prompt) if life.prompt else "")


judged = Of(streams, _judge)
"""What was sent for each request, beside what should have been."""


def faults(one: Judged) -> frozenset[str]:
    """Name all that is wrong with what was sent, beside the right text.

    `tail`: the end of the right text is missing. `lost`: something before its end is.
    `retracted`: text is there that the right one has not, or has once. `early`: a U+FFFD is.
    `replacement`: a U+FFFD of the right text is missing. `prompt`: it begins with an end of the
    prompt's text, which the right one does not.
    """
    if one.sent == one.wanted:
        return frozenset()
    found = set()
    matcher = SequenceMatcher(None, one.wanted, one.sent, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        missing, extra = one.wanted[start:end], one.sent[first:last]
        if kind == "delete":
            found.add("tail" if end == len(one.wanted) else "lost")
        if kind != "equal" and REPLACEMENT in missing and REPLACEMENT not in extra:
            found.add("replacement")
        if kind != "equal" and REPLACEMENT in extra and REPLACEMENT not in missing:
            found.add("early")
        if kind != "equal" and extra.replace(REPLACEMENT, ""):
            found.add("retracted")
        if kind != "equal" and first == 0 and _ends_prompt(extra, one.prompt):
            found.add("prompt")
    return frozenset(found or {"retracted"})


def _ends_prompt(extra: str, prompt: str) -> bool:
    text, whole = extra.rstrip(REPLACEMENT), prompt.rstrip(REPLACEMENT)
    return bool(text and whole) and (whole.endswith(text) or text.startswith(whole))


def should(broken: Callable[[Judged], bool]) -> Of:
    """Return the look at the right text of what is broken, and at what was sent of the rest."""
    return Of(judged, lambda _, __, seen: [one.wanted if broken(one) else one.sent for one in seen])


sent = Of(judged, lambda _, __, seen: [one.sent for one in seen])
"""What was sent for each request."""
right = Of(judged, lambda _, __, seen: [one.wanted for one in seen])
"""What should have been sent for each request."""
none_held = Of(streams, lambda _, __, ___: 0)
"""No state of a request that has finished."""
held = Of(streams, lambda _, __, seen: seen.held)
"""How many requests have finished, and their state is there still."""


def _as(change: Callable[[Script], Script], part: Callable[[Ran], Any]) -> Look:
    def one(backend: Backend, case: Case) -> Any:
        made = change(scheduled(case))
        return part(_stream(backend, made))

    return lambda backend, cases: [observe(one, backend, case) for case in cases]


def _texts(seen: Ran) -> list[Any]:
    _refuse_errors(seen.rows)
    return [[life.request, life.sent] for life in seen.lives]


def _first(seen: Ran) -> list[Any]:
    return [_sent(row) for life in seen.lives[:1] for row in life.rows]


singly_joined = _as(singly, _texts)
"""What is sent in all with one id a step."""
drawn_joined = _as(drawn, _texts)
"""What is sent in all with some ids a step, as they are drawn."""
alone = _as(lambda made: made, _first)
"""The chunks of the first request."""
among_others = _as(interleaved, _first)
"""The chunks of the first request among strangers."""
