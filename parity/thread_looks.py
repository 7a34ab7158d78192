"""Looks at several threads that use one backend at once, and at calls that cut beside others.

All threads start at one barrier, and are asked again until each has made some hundred calls, with
Python changing threads far more often than it would: of a library that leaves Python, calls then
overlap on every machine with two cores. That nothing was found is no proof; that something was, is.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from parity.backend import Backend
from parity.looks import Look, batch_ids, single_ids, single_texts
from parity.seeing import observe, plain_encodings, plain_ids
from parity.types import Case, Observation
from parity.workers import (
    SILENT,
    Looks,
    Order,
    Told,
    agreed,
    alone,
    askable,
    lost,
    not_here,
    option,
    order_of,
)

THREADS: Final = 8
CALLS: Final = 256
"""Cases that each thread is asked at least: few of them come again and again."""
LENGTH: Final = 4
"""Ids that a text is cut or filled up to, where a law asks for it."""
SWITCH: Final = 1e-5
"""Seconds after which Python lets another thread run; its own default is 5e-3."""
_PART: Final = 16
"""Cases of a batch call: several for each thread, so that some of them overlap."""


def cut_ids(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Encode one text at a time, cut or filled up to some ids."""
    length = option(cases, "length", LENGTH)
    return [observe(_cut, backend, case, length) for case in cases]


def _cut(backend: Backend, case: Case, length: int) -> list[int]:
    (seen,) = plain_encodings(backend.encode_cut([case.payload], length))
    return plain_ids(seen.ids)


SINGLES: Final[Looks] = {"ids": single_ids}
BATCHES: Final[Looks] = {"ids": batch_ids}
TEXTS: Final[Looks] = {"text": single_texts}
CUTS: Final[Looks] = {"ids": single_ids, "cut": cut_ids}
"""Every second thread cuts, and the others encode whole texts."""


def in_threads(looks: Looks, size: int = 1) -> Look:
    """Return the look at what threads say at once, where one of them says otherwise than one alone.

    size: how many cases are looked at in a call.
    """

    def look(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
        serial = alone(looks, backend, cases)
        if not askable(serial):
            return agreed(serial, len(cases), ())
        if not backend.here:
            return not_here(backend, len(cases))
        return agreed(serial, len(cases), _asked(backend, cases, looks, size))

    return look


def in_batch_threads(looks: Looks) -> Look:
    """Return the same of batch calls."""
    return in_threads(looks, _PART)


@dataclass
class _Worker:
    """A thread that is asked.

    name: of the look that it makes. parts: what it was told, as the places in one call and what
    was seen of them; those of every round. error: what ended it.
    """

    number: int
    name: str
    look: Look
    order: Order
    parts: list[tuple[list[int], Sequence[Observation]]] = field(default_factory=list)
    error: BaseException | None = None


def _asked(backend: Backend, cases: Sequence[Case], looks: Looks, size: int) -> Iterator[Told]:
    """Ask all threads; yield all that they said. Raises what a user who interrupts raised."""
    count, names = option(cases, "threads", THREADS), list(looks)
    workers = [
        _Worker(number, name, looks[name], order_of(number, count, len(cases)))
        for number in range(count)
        for name in [names[number % len(names)]]
    ]
    _run(workers, backend, cases, size)
    for worker in workers:
        if isinstance(worker.error, KeyboardInterrupt):
            raise worker.error
    for worker in workers:
        yield from _told(worker, count, len(cases))


def _run(workers: Sequence[_Worker], backend: Backend, cases: Sequence[Case], size: int) -> None:
    """Ask every case of every thread, so often that each makes the calls that are wanted."""
    rounds = ceil(option(cases, "calls", CALLS) / len(cases))
    barrier, given_up = threading.Barrier(len(workers)), threading.Event()

    def work(worker: _Worker) -> None:
        try:
            places = worker.order.of(len(cases)) * rounds
            barrier.wait()
            for at in range(0, len(places), size):
                if given_up.is_set():
                    return
                part = places[at : at + size]
                worker.parts.append((part, worker.look(backend, [cases[one] for one in part])))
        except BaseException as error:  # noqa: BLE001 (an interruption is raised where it is waited)
            worker.error = error

    threads = [
        threading.Thread(target=work, args=(worker,), daemon=True, name=f"parity-{worker.number}")
        for worker in workers
    ]  # who hangs keeps nobody from ending
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        for thread in threads:
            thread.start()
        _wait(threads, workers, option(cases, "seconds", SILENT))
    finally:
        given_up.set()
        sys.setswitchinterval(before)


def _wait(threads: Sequence[threading.Thread], workers: Sequence[_Worker], seconds: float) -> None:
    """Wait until all threads have ended, or none of them has answered for so many seconds."""
    answered, since = 0, time.monotonic()
    for thread in threads:
        while thread.is_alive():
            thread.join(min(seconds, 1.0))
            made = sum(len(worker.parts) for worker in workers)
            if made > answered:
                answered, since = made, time.monotonic()
            elif time.monotonic() - since >= seconds:
                return


def _told(worker: _Worker, count: int, cases: int) -> Iterator[Told]:
    by = f"thread {worker.number + 1} of {count}, {worker.order}"
    asked = set[int]()
    for turn, (places, seen) in enumerate(worker.parts):
        asked.update(places)
        who = f"{by}, call {turn + 1}"
        yield from (
            Told(who, worker.name, place, one) for place, one in zip(places, seen, strict=True)
        )
    reason = lost("Hung", "no answer while others were asked")
    if worker.error:
        reason = lost(type(worker.error).__name__, str(worker.error))
    for place in set(range(cases)) - asked:
        yield Told(by, worker.name, place, reason)
