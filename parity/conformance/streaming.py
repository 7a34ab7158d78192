"""Rules for streams and for what stops them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity.conformance.subject import Broken, Subject, differ, shown
from parity.stream_cases import StopScript
from parity.streams import Emitted, Script, Step, StopRun, Stops, Streamed

ONE, OTHER = "hello world", "漢字 😀 é"
REASONS = ("string", "token", "eos", "length", "")


def a_row_a_step(subject: Subject) -> None:
    """Each step has one row, in order, and each request that finishes one more, at its end."""
    for ids in _two(subject):
        steps = _steps(0, ids)
        rows = _rows(subject, _script([steps]))
        wanted = [*((0, "step") for _ in steps), (0, "end")]
        differ(f"a stream of {shown(ids)}", [(row.request, row.at) for row in rows], wanted, "not")


def streams_are_repeated(subject: Subject) -> None:
    """The same ids are streamed in the same chunks whenever it is asked."""
    for ids in _two(subject):
        first, again = (_chunks(_rows(subject, _script([_steps(0, ids)]))) for _ in range(2))
        differ(f"a stream of {shown(ids)}", first, again, "and later")


def two_at_once(subject: Subject) -> None:
    """Two requests that take turns have the chunks that each has alone."""
    lists = _two(subject)
    alone = [_chunks(_rows(subject, _script([_steps(0, ids)]))) for ids in lists]
    rows = _rows(subject, _script([_steps(number, ids) for number, ids in enumerate(lists)]))
    for number, chunks in enumerate(alone):
        found = _chunks([row for row in rows if row.request == number])
        differ(f"request {number} of two at once", found, chunks, "alone")


def begins_anew(subject: Subject) -> None:
    """A step after the end of a request is the first of a new one."""
    ids = _two(subject)[0]
    first = [(step,) for step in _steps(0, ids)]
    rows = _rows(subject, Script(((),), (*first, *first)))
    chunks = _chunks(rows)
    middle = len(chunks) // 2
    differ(f"{shown(ids)} after its end", chunks[middle:], chunks[:middle], "and before it")


def lets_go(subject: Subject) -> None:
    """Nothing of a request is held after its end."""
    for _ in range(2):
        found = _streamed(subject, _script([_steps(n, ids) for n, ids in enumerate(_two(subject))]))
        if found.held:
            raise Broken(f"{found.held} of two requests are held after both have finished")


def prompt_is_context(subject: Subject) -> None:
    """A request with a prompt can be streamed, step by step."""
    one, other = _two(subject)
    steps = tuple((step,) for step in _steps(0, other))
    rows = _rows(subject, Script((tuple(one),), steps))
    taken = sum(row.at == "step" for row in rows)
    if taken != len(steps):
        raise Broken(f"{len(steps)} steps behind a prompt give {taken} rows")


def stop_ends_at_length(subject: Subject) -> None:
    """A request in which no stop matches ends by its length, and nothing of its text is lost."""
    ids = subject.ids(ONE)
    run = _stopped(subject, ids, Stops(("\x01 never",)))
    if run.matched is not None or run.reason != "length":
        raise Broken(f"no stop is there, and {shown(run.matched)} matched: {run.reason!r}")
    differ("the text of all steps", "".join(run.texts) + run.tail, run.final, "as a whole")


def stop_ends_at_a_string(subject: Subject) -> None:
    """A stop string that is in the text ends the request, is named, and is not sent."""
    stop = "wor"
    run = _stopped(subject, subject.ids(ONE), Stops((stop,)))
    if run.matched != stop or run.reason != "string":
        raise Broken(f"{stop!r} in {ONE!r}: matched {shown(run.matched)}, reason {run.reason!r}")
    if stop in run.final or stop in "".join(run.texts) + run.tail:
        raise Broken(f"{stop!r} in {ONE!r} is sent: {shown(run.final)}")


def stop_repeats(subject: Subject) -> None:
    """The same steps and stops end in the same way whenever it is asked."""
    ids = subject.ids(ONE)
    first, again = (_stopped(subject, ids, Stops(("wor",))) for _ in range(2))
    differ("the same stop", tuple(first), tuple(again), "and later")


def _two(subject: Subject) -> tuple[list[int], list[int]]:
    return subject.ids(ONE), subject.ids(OTHER)


def _steps(request: int, ids: Sequence[int]) -> list[Step]:
    steps = [Step(request, (id,)) for id in ids]
    steps[-1:] = [Step(request, tuple(ids[-1:]), "length")]
    return steps


def _script(requests: Sequence[Sequence[Step]]) -> Script:
    """Return the script in which requests take turns, a step a call."""
    longest = max(map(len, requests))
    turns = [steps[place] for place in range(longest) for steps in requests if place < len(steps)]
    return Script(((),) * len(requests), tuple((step,) for step in turns))


def _rows(subject: Subject, script: Script) -> list[Emitted]:
    return _streamed(subject, script).emitted


def _streamed(subject: Subject, script: Script) -> Streamed:
    found = subject.asked("a stream", subject.backend.stream, script)
    if not isinstance(found, Streamed):
        raise Broken(f"a stream gives a Streamed, not {shown(found)}")
    failed = next((row.error for row in found.emitted if row.error), "")
    if failed:
        raise Broken(f"a step of a stream fails: {failed}")
    return found


def _chunks(rows: Sequence[Emitted]) -> list[Any]:
    return [row.chunk for row in rows]


def _stopped(subject: Subject, ids: Sequence[int], stops: Stops) -> StopRun:
    script = StopScript(tuple((id,) for id in ids), stops)
    run = subject.asked("a stop decoder", subject.backend.stop, script)
    if not isinstance(run, StopRun) or run.reason not in REASONS:
        raise Broken(f"a stop decoder gives a StopRun, not {shown(run)}")
    if run.error:
        raise Broken(f"a stop decoder fails: {run.error}")
    return run
