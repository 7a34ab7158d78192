"""A candidate in a process of its own, asked and judged there; only what came of it comes back.

Callers wait for the GIL of their own process, so what is held of it here is kept short. Question
and answer travel in one message, long lists of numbers in it as packed pieces, with a rest between
two of them in which others run; the answers are compared over there (`there`), and of a call that
came out the same a few words come back.

What such a process does is counted, whatever it is: it hangs (`timeout`), it is killed, takes more
memory than it may, writes what is no reply (`error`, by its kind), and it is started again for the
next call. The breaker bounds how often.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import time
from collections.abc import Mapping
from typing import Any, Final

from parity.remote.isolated import LOADING, program, unpacked
from parity.remote.process import GIBIBYTE, Crashed, Limits, Process, TimedOut
from parity.seeing import failed
from parity.shadow.judging import lost
from parity.shadow.pieces import packed, whole
from parity.shadow.records import ERROR, TIMEOUT, Call, Outcome
from parity.shadow.settings import Settings
from parity.shadow.surfaces import Surface

HARNESS: Final = "parity.shadow.there"
"""The module that answers there."""
REST: Final = 1e-5
"""Seconds between two pieces: shorter than any sleep is, and enough for another thread to run."""
SIZE: Final = struct.Struct("<Q")
"""How long a question is, before it."""
SAID: Final = 1 << 20
"""Bytes of what it prints that are kept, at most."""
GRACE: Final = 1.0
"""Seconds that `close` waits for whoever is asking."""


class Apart:
    """A spec's backend in a process that is started when it is first asked.

    timeout and memory are those of the settings; loading takes what loading takes.
    algorithm: the name of its streams, "" until it is loaded.
    """

    algorithm = ""

    how, lazy, bounded = "process", True, True

    def __init__(self, spec: str, settings: Settings) -> None:
        self.spec = spec
        self.limits = Limits(settings.timeout, int(settings.memory * GIBIBYTE))
        self.closed = False
        self.after_fork()

    def after_fork(self) -> None:
        """Have no process yet; one that the parent started is the parent's."""
        process: Process | None = getattr(self, "process", None)
        if process is not None:
            process.forsake()
        self.process = program(HARNESS, "", self.limits)
        self._about: Mapping[str, Any] = {}
        self._refused = ""

    def about(self) -> Mapping[str, Any]:
        """Return what it says of itself; it is loaded for that."""
        try:
            self._load()
        except Exception as error:  # noqa: BLE001 (no descriptor is left, or the like)
            return {"failed": self._refused or failed(error).kind}
        return self._about or {"failed": self._refused}

    def judged(self, call: Call, surface: Surface) -> Outcome:  # noqa: ARG002 (it is known there)
        """Have it asked and compared there."""
        try:
            self._load()
            if self._refused:
                return lost(call, ERROR, self._refused)
            return self._told(call, self._ask(question(call)))
        except TimedOut as error:
            return lost(call, TIMEOUT, error)._replace(seconds=self.limits.seconds)
        except Exception as error:  # noqa: BLE001 (what cannot be asked is counted, too)
            return lost(call, ERROR, error)

    def close(self) -> None:
        """End the process; who asks it just now finds that it ended."""
        self.closed = True
        process = self.process
        if process.alive:
            with contextlib.suppress(OSError):
                os.killpg(process.process.pid, signal.SIGKILL)
        if process.lock.acquire(timeout=GRACE):
            try:
                process.close()
            finally:
                process.lock.release()

    def _load(self) -> None:
        """Have it started and loaded. Raises a ProcessFailed, or LoadFailed for no program."""
        with self.process.lock:
            if self.process.alive or self._refused:
                return
            if self.closed:
                raise Crashed("the shadow is closed")
            self.process.start()
            found = self._ask(framed(pickle.dumps(("open", self.spec))), LOADING)
            if "failed" in found:
                self._refused = str(found["failed"])
                self.process.close()
            else:
                self.algorithm = str(found.pop("algorithm"))
                self._about = found

    def _ask(self, data: bytes, seconds: float | None = None) -> Any:
        (line,) = self.process.ask(data, 1, seconds)
        self._trim()
        return unpacked(line.decode("ascii"))

    def _told(self, call: Call, found: Any) -> Outcome:
        fate, why, difference, sides, seconds = found
        reference, candidate = (whole(side, _rest) for side in sides)
        return Outcome(call, fate, why, difference, reference, candidate, seconds)

    def _trim(self) -> None:
        """Forget what it printed, before that fills a disk."""
        with contextlib.suppress(OSError, ValueError):
            if os.fstat(self.process.said.fileno()).st_blocks * 512 > SAID:
                os.ftruncate(self.process.said.fileno(), 0)


def question(call: Call) -> bytes:
    """Return a call as it travels: with what the reference gave."""
    rest = _rest
    content = (call.args, dict(call.named), call.seen.value, call.seen.failure)
    parts = packed(content, rest, trusted=True)
    rest()
    data = pickle.dumps(("judge", call.surface, parts), 5)
    rest()
    return framed(data)


def framed(data: bytes) -> bytes:
    """Return a message with its length before it."""
    return SIZE.pack(len(data)) + data


def _rest() -> None:
    time.sleep(REST)
