"""What callers call: the reference's own answer, and for a sampled call a copy of it to the watch.

A call that is not sampled costs two counts and a look at the request. Whatever goes wrong on the
way to the candidate is counted, and the caller never hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import update_wrapper
from time import perf_counter, time
from typing import Any, Final, NamedTuple

from parity.seeing import failed
from parity.shadow.records import DROPPED, ERROR, SKIPPED, Call
from parity.shadow.sampling import CURRENT, Request
from parity.shadow.surfaces import Arguments, Surface, Taken, owned, taking, weight
from parity.shadow.watch import Watch
from parity.types import Observation

INTERRUPTIONS: Final = (KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError)
"""What ends a call from outside: no answer of the reference, so nothing to compare."""
ALONE: Final = "-"
"""The id of the request of a call outside of any."""
HELD: Final = 500
"""Bytes of a call that waits, without what it was given and gave, about."""


class Asked(NamedTuple):
    """One operation of the reference, and who watches it.

    chose, taken: what counts a sampled call, and takes its answer; `ready` finds both, once.
    """

    call: Callable[..., Any]
    name: str
    surface: Surface
    watch: Watch
    chose: Callable[[], Any] = object
    taken: Taken = taking(owned)

    def ready(self) -> Asked:
        """Return the same with all that a sampled call needs at hand."""
        taken = self.surface.taken or taking(self.surface.kept)
        return self._replace(chose=self.watch.counts.choosing(self.name).next, taken=taken)


How = Callable[[Asked, Request | None, tuple[Any, ...], dict[str, Any]], Any]


def front(one: Asked, how: How | None = None) -> Callable[..., Any]:
    """Return what answers as the call does, its exceptions included, and lets the watch compare.

    how: what is done with a call that is chosen; None is `sampled`.
    """
    chosen = how or sampled
    one = one.ready()
    call, name, _, watch, *_ = one
    if not watch.settings.enabled:
        return call
    inside, outside = (ticks.next for ticks in watch.counts.ticks(name))
    gate, current = watch.sampler.gate(name), CURRENT.get
    every, turn = watch.sampler.every_n, watch.sampler.turn

    def asked(*args: Any, **named: Any) -> Any:
        request = current()
        if request is None:
            number = outside()
            if number < gate.due or not gate.taken(number):
                return call(*args, **named)
        else:
            inside()
            if request.place >= gate.below and not request.forced:
                return call(*args, **named)
        return chosen(one, request, args, named)

    def in_turn(*args: Any, **named: Any) -> Any:
        request = current()
        (outside if request is None else inside)()
        if turn() % every and not (request and request.forced):
            return call(*args, **named)
        return chosen(one, request, args, named)

    return update_wrapper(in_turn if every else asked, call)


def sampled(
    one: Asked, request: Request | None, args: tuple[Any, ...], named: dict[str, Any]
) -> Any:
    """Answer as the reference does, and put a copy of question and answer before the watch."""
    call, name, surface, watch, chose, taken = one
    chose()
    try:
        given = surface.copied(args, named)
    except BaseException as error:  # noqa: BLE001 (what cannot be copied is not compared)
        uncopied(one, error)
        return call(*args, **named)
    forks = watch.forks
    begun = perf_counter()
    try:
        value = call(*args, **named)
    except INTERRUPTIONS:
        if watch.forks == forks:
            watch.counts.settle(name, SKIPPED, "Interrupted")
        raise
    except BaseException as error:  # a panic is no Exception, and what the reference does
        if watch.forks == forks:
            put(one, request, given, Observation(failure=failed(error)), perf_counter() - begun)
        raise
    ended = perf_counter()
    if watch.forks != forks:  # the reference forked: this is the child, and its parent counts it
        return value
    try:
        kept, size = taken(value, given)
    except BaseException as error:  # noqa: BLE001 (as above)
        uncopied(one, error)
        return value
    id = ALONE if request is None else request.id
    args, named = given
    refused = watch.waiting.put((id, name, args, named, kept, ended - begun, ended, HELD + size))
    if refused:
        watch.counts.settle(name, DROPPED, refused)
    elif watch.asker is None:
        watch.ask()
    return value


def uncopied(one: Asked, error: BaseException) -> None:
    """Count a call that cannot be kept; raise again what ends the caller from outside."""
    if isinstance(error, INTERRUPTIONS):
        one.watch.counts.settle(one.name, SKIPPED, "Interrupted")
        raise error
    one.watch.counts.settle(one.name, ERROR, "Uncopied")


def put(
    one: Asked, request: Request | None, given: Arguments, seen: Observation, took: float
) -> None:
    """Put an observation of a sampled call before the watch, or count that there is no room."""
    _, name, _, watch, *_ = one
    try:
        size = HELD + weight(given) + weight(seen.value)
    except BaseException as error:  # noqa: BLE001 (what cannot be weighed is not compared)
        uncopied(one, error)
        return
    id = ALONE if request is None else request.id
    refused = watch.put(Call(id, name, *given, seen, took, time(), size))
    if refused:
        watch.counts.settle(name, DROPPED, refused)
