"""The breaker: a candidate that fails again and again is left alone for a while.

So many timeouts and errors in a row open it; while it is open, nobody asks. After the pause one
call tries: if it is answered the breaker closes, if not it is open for another pause.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from parity.shadow.records import ERROR, TIMEOUT

FAILED: Final = (TIMEOUT, ERROR)
"""Fates that count against a candidate."""


class Breaker:
    """limit: failures in a row that open it, 0 for never. pause: seconds that it stays open.

    >>> now = [0.0]
    >>> breaker = Breaker(1, 30.0, lambda: now[0])
    >>> breaker.settled("error"), breaker.lets()
    (None, False)
    >>> now[0] = 31.0
    >>> breaker.lets(), breaker.lets()
    (True, False)
    """

    def __init__(
        self, limit: int, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit, self.pause, self.clock = limit, pause, clock
        self.after_fork()

    def after_fork(self) -> None:
        """Be closed, with a lock that nobody holds."""
        self._lock = threading.Lock()
        self._row = 0
        self._until: float | None = None

    @property
    def open(self) -> bool:
        """Whether the candidate is left alone, or only tried."""
        return self._until is not None

    def lets(self) -> bool:
        """Say whether a call may be asked now; the first after a pause is the one that tries."""
        with self._lock:
            if self._until is None:
                return True
            if self.clock() < self._until:
                return False
            self._until = self.clock() + self.pause
            return True

    def settled(self, fate: str) -> None:
        """Learn what became of a call that was asked."""
        with self._lock:
            if fate not in FAILED:
                self._row, self._until = 0, None
                return
            self._row += 1
            if self.limit and self._row >= self.limit:
                self._until = self.clock() + self.pause
