"""The threads of a watch: one that asks the candidate, and one that looks whether that one hangs.

Python cannot end a thread. One that does not come back is left to itself: it is a daemon, another
takes its place, and when it comes back its answer is late and counts nothing. While HUNG of them
hang at once the candidate is not asked any more. A candidate that holds the GIL in one long call
stops these threads and every other; for such a one there is `how="process"`.

Threads know their watch weakly, so that a shadow that nobody holds any more can go.
"""

from __future__ import annotations

import itertools
import threading
import time
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from parity.shadow.judging import lost
from parity.shadow.records import ERROR, Call, Outcome
from parity.shadow.sides import Side
from parity.shadow.surfaces import Surface

if TYPE_CHECKING:
    from parity.shadow.watch import Watch

TICK: Final = 0.002
"""Seconds between two looks at what waits, when nothing does."""
LOOK: Final = 0.05
"""Seconds between two looks at whether the candidate hangs, at most."""
HUNG: Final = 4
"""Threads that hang at once, after which the candidate is not asked any more."""


class Asked:
    """A call that the candidate is being asked. Who takes it first says what became of it.

    begun: when, by the clock of the watch. side: who is asked.
    """

    def __init__(
        self, call: Call, begun: float, side: Side, surfaces: Mapping[str, Surface]
    ) -> None:
        self.call, self.begun, self.side, self.surfaces = call, begun, side, surfaces
        self._takers = itertools.count().__next__

    def taken(self) -> bool:
        """Say whether nobody took it before."""
        return self._takers() == 0

    def outcome(self) -> Outcome:
        """Ask the candidate. May take for ever; raises nothing."""
        try:
            return self.side.judged(self.call, self.surfaces[self.call.surface])
        except BaseException as error:  # noqa: BLE001 (what a candidate does must not end the watch)
            return lost(self.call, ERROR, error)


def start(watch: Watch, loop: str) -> threading.Thread:
    """Start a thread of a watch, one of LOOPS. Raises RuntimeError where there can be no more."""
    thread = threading.Thread(
        target=LOOPS[loop],
        args=(weakref.ref(watch), watch.stopped),
        name=f"parity-shadow-{loop}",
        daemon=True,
    )
    thread.start()
    return thread


def _ask(found: weakref.ref[Watch], stopped: threading.Event) -> None:
    """Ask what waits, one call after the other, until the watch ends or has another asker."""
    me = threading.current_thread()
    while not stopped.is_set():
        watch = found()
        if watch is None or not watch.has(me):
            return
        asked = watch.next()
        del watch
        if asked is None:
            time.sleep(TICK)
            continue
        outcome = asked.outcome()
        watch = found()
        if watch is not None:
            watch.settle(asked, outcome)
        del watch, asked, outcome


def _look(found: weakref.ref[Watch], stopped: threading.Event) -> None:
    """Look after the watch until it ends."""
    wait = 0.0
    while not stopped.wait(wait):
        watch = found()
        if watch is None:
            return
        watch.look()
        wait = min(LOOK, watch.settings.timeout / 2, watch.settings.heartbeat / 2)
        del watch


LOOPS: Final = {"ask": _ask, "look": _look}
"""What a thread of a watch does, by name."""
