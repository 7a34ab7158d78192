"""What waits for the candidate: bounded by number and by bytes; the newest is refused, and counted.

Nobody is woken: who puts goes on at once, and who takes looks again after a while. A queue that
wakes its reader hands the GIL over on each put, and the caller pays for that.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from parity.shadow.records import Call, Parts, call_of

CALLS: Final = 1024
BYTES: Final = 64 << 20


class Waiting:
    """Calls, oldest first. calls, bytes: how many may wait, and how many bytes of them.

    >>> from parity.types import Observation
    >>> waiting = Waiting(calls=1)
    >>> call = Call("r", "encode", ("a",), {}, Observation(), 0.0, 0.0, 10)
    >>> waiting.put(call), waiting.put(call), waiting.held
    ('', 'full', 10)
    """

    def __init__(self, calls: int = CALLS, bytes: int = BYTES) -> None:
        self.calls, self.bytes = calls, bytes
        self.closed = False
        self._lock = threading.RLock()  # a signal's handler may ask in the middle of a put
        self._taking = threading.RLock()
        self._queue: deque[Call | Parts] = deque()
        self._came = self._went = 0

    def put(self, call: Call | Parts) -> str:
        """Take a call in, and return "", or why it is refused: `full`, `bytes` or `closed`."""
        with self._lock:
            if self.closed:
                return "closed"
            if len(self._queue) >= self.calls:
                return "full"
            came = self._came + call[7]
            if came - self._went > self.bytes:
                return "bytes"
            self._came = came
            self._queue.append(call)
        return ""

    def take(self) -> Call | None:
        """Return the oldest call, or None where none waits."""
        with self._taking:  # not the lock of who puts: a caller never waits for who takes
            if not self._queue:
                return None
            call = self._queue.popleft()
            self._went += call[7]
        return call if isinstance(call, Call) else call_of(call)

    @property
    def held(self) -> int:
        """How many bytes wait."""
        return self._came - self._went

    def __len__(self) -> int:
        return len(self._queue)

    def after_fork(self) -> None:
        """Hold nothing, in a process that was forked: what waits is the other one's."""
        self._lock, self._taking = threading.RLock(), threading.RLock()
        self._queue = deque()
        self._came = self._went = 0

    def close(self) -> None:
        """Refuse what comes from now on; what waits can be taken still."""
        with self._lock:
            self.closed = True
