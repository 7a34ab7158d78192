"""Schedules: one list of ids, handed to a detokenizer in other ways.

What is drawn is drawn by the ids themselves, so the same case always goes the same way.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from parity.streams import Script, Step

Cut = Callable[[int, Sequence[int]], list[tuple[int, ...]]]
"""(number of a request, its ids) -> its ids, a tuple a step."""
LONGEST: Final = 9
"""Ids a step, at most, where the number is drawn."""


def of_ids(ids: Sequence[int], finish: str = "length") -> Script:
    """Return the script of one request that gets one id a step.

    >>> [step.ids for batch in of_ids([5, 6]).batches for step in batch]
    [(5,), (6,)]
    """
    return _alone([(id,) for id in ids], finish)


def written(script: Script) -> Script:
    """Return the script as it is."""
    return script


def by_two(script: Script) -> Script:
    """Return it with two ids a step."""
    return _regrouped(script, lambda _, ids: _cut(ids, [2]))


def by_eight(script: Script) -> Script:
    """Return it with eight ids a step."""
    return _regrouped(script, lambda _, ids: _cut(ids, [8]))


def drawn(script: Script) -> Script:
    """Return it with 1 to 9 ids a step, as they are drawn."""

    def cut(_: int, ids: Sequence[int]) -> list[tuple[int, ...]]:
        draw = _draw(ids)
        return _cut(ids, [draw.randint(1, LONGEST) for _ in range(max(1, len(ids)))])

    return _regrouped(script, cut)


def singly(script: Script) -> Script:
    """Return it with one id a step."""
    return _regrouped(script, lambda _, ids: _cut(ids, [1]))


def paired(script: Script) -> Script:
    """Return it with two steps of each request in one call."""
    calls = iter(script.batches)
    pairs = [(*call, *next(calls, ())) for call in calls]
    return script._replace(batches=tuple(pairs))


def prompted(script: Script) -> Script:
    """Return it, one id a step, with the first half of the first request's ids as its prompt.

    A prompt may so end in the middle of a character.
    """
    ids = _ids_of(script, 0)
    half = len(ids) // 2
    cut = _regrouped(script, lambda number, own: _cut(own if number else own[half:], [1]))
    return cut._replace(prompts=((*script.prompts[0], *ids[:half]), *script.prompts[1:]))


def interleaved(script: Script) -> Script:
    """Return it among two strangers: its own ids from the last to the first, and every other one.

    Its requests keep their numbers, so that what is sent for them can be looked at alone.
    """
    own = _ids_of(script, 0)
    count = len(script.prompts)
    strangers = [
        _steps(count, [(id,) for id in reversed(own)], "length"),
        _steps(count + 1, [(id,) for id in own[::2]], "length"),
    ]
    turns = zip_longest(script.batches, *strangers)
    calls = tuple(
        (*(two for two in others if two), *(call or ()))
        if number % 2
        else (*(call or ()), *(two for two in others if two))
        for number, (call, *others) in enumerate(turns)
    )
    return Script(
        (*script.prompts, (), ()), tuple(call for call in calls if call), script.skip_special
    )


def reused(script: Script) -> Script:
    """Return it twice over: each request begins anew after it has finished."""
    return script._replace(batches=script.batches * 2)


def aborted(script: Script) -> Script:
    """Return it up to its middle, where the client of every request goes away."""
    kept = script.batches[: (len(script.batches) + 1) // 2]
    return _finished(script._replace(batches=kept), "abort", ())


def ended(eos: int | None) -> Callable[[Script], Script]:
    """Return the schedule that ends each request with EOS; where there is none, as it is."""
    return lambda script: script if eos is None else _finished(script, "eos", (eos,))


def stopped(script: Script) -> Script:
    """Return it ended by its last id, as by a stop token."""
    return _finished(script, "stop", ())


SCHEDULES: Final[Mapping[str, Callable[[Script], Script]]] = {
    "written": written,
    "two": by_two,
    "eight": by_eight,
    "drawn": drawn,
    "paired": paired,
    "prompted": prompted,
    "interleaved": interleaved,
    "reused": reused,
    "aborted": aborted,
    "stopped": stopped,
}
"""Ways of handing over the ids of a script; `ended` is beside them, because it needs an EOS."""


def _alone(parts: Sequence[tuple[int, ...]], finish: str) -> Script:
    return Script(((),), tuple((step,) for step in _steps(0, parts, finish)))


def _steps(request: int, parts: Sequence[tuple[int, ...]], finish: str) -> list[Step]:
    """Return steps, the last of which finishes; a request without ids is one step without ids."""
    steps = [Step(request, part) for part in parts] or [Step(request, ())]
    steps[-1] = steps[-1]._replace(finish=finish)
    return steps


def _cut(ids: Sequence[int], sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """Return ids in parts of these sizes, the last size over and over."""
    parts: list[tuple[int, ...]] = []
    place = 0
    for size in _without_end(sizes):
        if place >= len(ids):
            return parts
        parts.append(tuple(ids[place : place + size]))
        place += size
    return parts


def _without_end(sizes: Sequence[int]) -> Iterator[int]:
    yield from sizes
    while True:
        yield sizes[-1]


def _regrouped(script: Script, cut: Cut) -> Script:
    """Return a script whose requests, in turn, get their ids in other parts."""
    ends = {step.request: step for call in script.batches for step in call}
    own = []
    for number, end in sorted(ends.items()):
        steps = _steps(number, cut(number, _ids_of(script, number)), end.finish)
        steps[-1] = steps[-1]._replace(matched=end.matched)
        own.append(steps)
    calls = tuple(tuple(step for step in turn if step) for turn in zip_longest(*own))
    return script._replace(batches=calls)


def _ids_of(script: Script, request: int) -> list[int]:
    return [
        id for call in script.batches for step in call if step.request == request for id in step.ids
    ]


def _finished(script: Script, finish: str, more: tuple[int, ...]) -> Script:
    """Return a script whose requests all finish so, with more ids at their ends."""
    last = {
        step.request: (row, place)
        for row, call in enumerate(script.batches)
        for place, step in enumerate(call)
    }
    calls = [
        tuple(
            step._replace(ids=(*step.ids, *more), finish=finish, matched="")
            if last[step.request] == (row, place)
            else step
            for place, step in enumerate(call)
        )
        for row, call in enumerate(script.batches)
    ]
    return script._replace(batches=tuple(calls))


def _draw(ids: Sequence[int]) -> random.Random:
    return random.Random(hashlib.sha256(repr(list(ids)).encode()).digest())  # noqa: S311
