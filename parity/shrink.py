"""Smaller scripts that still break a law: what is not needed is left out, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from parity.compare import Comparison, Verdict
from parity.jobs import Job
from parity.run import Observer, run
from parity.stream_looks import scheduled
from parity.streams import Script, Step
from parity.types import Case

TRIES: Final = 400
"""Smaller scripts that are tried, at most, for one example."""


def smaller(one: Comparison, other: Comparison | None) -> bool:
    """Say whether one comparison is of a smaller script than another, or than none."""
    return other is None or _size(one.case.payload) < _size(other.case.payload)


def _size(script: Script) -> tuple[int, ...]:
    """Order scripts: fewer ids, fewer requests, shorter prompts, fewer steps, lower ids."""
    steps = list(chain.from_iterable(script.batches))
    ids = [id for step in steps for id in step.ids]
    prompts = sum(map(len, script.prompts))
    return len(ids) + prompts, len(script.prompts), prompts, len(steps), sum(ids)


def shrunk(job: Job, found: Comparison, sides: Mapping[str, Observer]) -> Comparison:
    """Return the smallest script that is reached by leaving out, one by one, what is not needed.

    It is smallest in that nothing more can be left out, unless TRIES were too few.
    """
    as_sent = found.case._replace(
        payload=scheduled(found.case), options={**found.case.options, "schedule": "written"}
    )
    best, tries, going = _broken(job, as_sent, sides) or found, 0, True
    while going:
        going = False
        for script in _without_one(best.case.payload):
            tries += 1
            if tries > TRIES:
                return best
            again = _broken(job, best.case._replace(payload=script), sides)
            if again is not None:
                best, going = again, True
                break
    return best


def _broken(job: Job, case: Case, sides: Mapping[str, Observer]) -> Comparison | None:
    """Return the comparison of a script by one law, if it breaks it."""
    as_it_is = job._replace(view=job.view._replace(grounded="", views=()))
    for _, __, differing in run([case], [as_it_is], sides):
        for one in differing:
            if one.verdict is Verdict.DIVERGED:
                return one
    return None


def _without_one(script: Script) -> Iterator[Script]:
    """Yield the script without a request, a step, an id, or an id of a prompt."""
    for number in range(len(script.prompts)):
        calls = [[step for step in call if step.request != number] for call in script.batches]
        if len(script.prompts) > 1 and any(calls):
            yield _renumbered(script, calls, number)
    for row, call in enumerate(script.batches):
        for place, step in enumerate(call):
            if not step.ids and not step.finish:
                calls = [list(one) for one in script.batches]
                del calls[row][place]
                yield script._replace(batches=tuple(tuple(one) for one in calls if one))
            for cut in range(len(step.ids)):
                fewer = step._replace(ids=step.ids[:cut] + step.ids[cut + 1 :])
                keep = [fewer] if fewer.ids or fewer.finish else []
                calls = [list(one) for one in script.batches]
                calls[row][place : place + 1] = keep
                yield script._replace(batches=tuple(tuple(one) for one in calls if one))
    for number, prompt in enumerate(script.prompts):
        for cut in range(len(prompt)):
            prompts = list(script.prompts)
            prompts[number] = prompt[:cut] + prompt[cut + 1 :]
            yield script._replace(prompts=tuple(prompts))


def _renumbered(script: Script, calls: Sequence[Sequence[Step]], gone: int) -> Script:
    kept = [
        tuple(step._replace(request=step.request - (step.request > gone)) for step in call)
        for call in calls
    ]
    prompts = script.prompts[:gone] + script.prompts[gone + 1 :]
    return Script(prompts, tuple(call for call in kept if call), script.skip_special)
