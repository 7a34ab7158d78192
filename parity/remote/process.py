"""A process that answers a line with a line: asked, bounded, and started again when it died.

Its standard output is for replies alone; its standard error is kept and quoted where it dies. Time
is bounded for each reply, memory while it is waited for (on Linux; elsewhere it is not watched).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from parity.backend import Breach
from parity.errors import LoadFailed

STARTING: Final = 60.0
"""Seconds that a process may take to start."""
DEATHS: Final = 20
"""Deaths with no reply between them, after which a process is not started again."""
SAID: Final = 2000
"""Characters of what a process said that are quoted, at most."""
GIBIBYTE: Final = 1 << 30
SHOWN: Final = 60
"""Bytes of each line that are quoted where there are too many."""
_BLOCK: Final = 1 << 18
_GLANCE: Final = 0.05
"""Seconds between two looks at the memory of a process that is waited for."""


class ProcessFailed(Breach):
    """A process gave no reply; its subclasses say how. Two sides that do so do not agree."""


class TimedOut(ProcessFailed):
    """It did not answer in time, and was ended."""


class OutOfMemory(ProcessFailed):
    """It took more memory than it may, and was ended."""


class Crashed(ProcessFailed):
    """It ended, or was ended by a signal."""


class Garbage(ProcessFailed):
    """It wrote what is no reply."""


class Limits(NamedTuple):
    """What a process may take: seconds for a reply, bytes of memory, bytes of a reply."""

    seconds: float = 60.0
    memory: int = 8 * GIBIBYTE
    longest: int = GIBIBYTE


class Process:
    """A process that answers lines. One question at a time, whichever thread asks."""

    def __init__(
        self,
        command: Sequence[str],
        limits: Limits = Limits(),  # noqa: B008 (a tuple of numbers)
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.command, self.limits = list(command), limits
        self.environment = environment
        self.lock = threading.RLock()
        self.deaths = self.starts = 0
        self._glanced = 0.0
        self._end: weakref.finalize[Any, Any] = weakref.finalize(self, bool)
        self._left = bytearray()

    @property
    def alive(self) -> bool:
        """Whether it was started and not ended."""
        return self.starts > 0 and self._end.alive

    def start(self) -> None:
        """Start it. Raises LoadFailed where there is no such program."""
        said = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        pipe = subprocess.PIPE
        try:
            self.process = subprocess.Popen(  # noqa: S603 (what the user named)
                self.command, stdin=pipe, stdout=pipe, stderr=said, bufsize=0,
                env=self.environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            said.close()
            program = self.command[0]
            raise LoadFailed(
                f"{program!r} cannot be started: {error.strerror}; is the path right, and may it "
                "be executed?"
            ) from error
        self.said, self._left = said, bytearray()
        self.starts += 1
        self._end = weakref.finalize(self, _end, self.process, said)
        if self.process.stdin:
            os.set_blocking(self.process.stdin.fileno(), False)

    def ask(self, data: bytes, replies: int = 1, seconds: float | None = None) -> list[bytes]:
        """Send lines and return as many lines, without their ends. Raises a ProcessFailed.

        seconds: for each of the replies; None is what the limits say.
        """
        with self.lock:
            try:
                found = self._exchange(data, replies, seconds or self.limits.seconds)
                if time.monotonic() - self._glanced > _GLANCE:
                    self._check_memory()
            except ProcessFailed:
                self.deaths += 1
                self.close()
                raise
            self.deaths = 0
            return found

    @property
    def given_up(self) -> bool:
        """Whether it died so often that it is not started again."""
        return self.deaths >= DEATHS

    def words(self) -> str:
        """Return the end of what it wrote to its standard error."""
        with contextlib.suppress(OSError, ValueError):
            self.said.seek(max(0, self.said.seek(0, os.SEEK_END) - SAID))
            return self.said.read().decode("utf-8", "replace").strip()
        return ""

    def close(self) -> None:
        """End it; who asks again has to start it again."""
        self._end()

    def forsake(self) -> None:
        """Let go of it without ending it: in a process that was forked, it is the parent's."""
        found = self._end.detach()
        if found and self.starts:
            self.process.returncode = 0  # nobody here waits for it
            for stream in (self.process.stdin, self.process.stdout, self.said):
                with contextlib.suppress(OSError):
                    stream.close()  # type: ignore[union-attr]

    def _exchange(self, data: bytes, replies: int, seconds: float) -> list[bytes]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin and stdout  # noqa: S101, PT018 (they are pipes)
        view, found = memoryview(data), self._lines()
        with selectors.DefaultSelector() as ready:
            ready.register(stdout, selectors.EVENT_READ)
            if view:
                ready.register(stdin, selectors.EVENT_WRITE)
            end = time.monotonic() + seconds
            while len(found) < replies:
                events = ready.select(min(_GLANCE, max(end - time.monotonic(), 0)))
                if not events:
                    self._check(end, seconds)
                for key, _ in events:
                    if key.fileobj is stdin:
                        view = self._sent(view)
                        if not view:
                            ready.unregister(stdin)
                    elif self._read():
                        found += self._lines()
                        end = time.monotonic() + seconds
        if len(found) > replies or self._left:
            lines = [line[:SHOWN] for line in (*found, bytes(self._left))][: replies + 1]
            raise Garbage(f"it answers more than it is asked: {b' | '.join(lines)!r}")
        return found

    def _sent(self, view: memoryview) -> memoryview:
        try:
            return view[os.write(self.process.stdin.fileno(), view) :]  # type: ignore[union-attr]
        except BlockingIOError:
            return view
        except OSError:
            return view[:0]  # it does not read any more: what it says, or its end, comes next

    def _read(self) -> bool:
        """Read what is there; return whether a line has ended. Raises Crashed at the end."""
        part = os.read(self.process.stdout.fileno(), _BLOCK)  # type: ignore[union-attr]
        if not part:
            raise Crashed(self._obituary())
        self._left += part
        if len(self._left) > self.limits.longest:
            raise OutOfMemory(f"a reply of more than {self.limits.longest:,} bytes")
        return b"\n" in part

    def _lines(self) -> list[bytes]:
        *whole, rest = self._left.split(b"\n")
        self._left = rest
        return list(map(bytes, whole))

    def _check(self, end: float, seconds: float) -> None:
        """Raise where it takes too long or too much."""
        if time.monotonic() >= end:
            raise TimedOut(f"no reply in {seconds:g} s{self._quoted()}")
        self._check_memory()

    def _check_memory(self) -> None:
        self._glanced = time.monotonic()
        used = _resident(self.process.pid)
        if used > self.limits.memory:
            allowed = self.limits.memory / GIBIBYTE
            raise OutOfMemory(f"{used / GIBIBYTE:.1f} GiB of memory; {allowed:g} are allowed")

    def _obituary(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        code = self.process.poll()
        how = "its standard output was closed"
        if code is not None:
            how = f"ended with exit code {code}"
            if code < 0:
                how = f"ended by {signal.Signals(-code).name}"
        half = f", after half a line: {bytes(self._left[:60])!r}" if self._left else ""
        return f"{how}{half}{self._quoted()}"

    def _quoted(self) -> str:
        said = self.words()
        return f"; it said: {said}" if said else ""


def _resident(pid: int) -> int:
    """Return the bytes of memory of a process and all that it started; 0 where nobody tells."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_bytes().split()[1]
        children = Path(f"/proc/{pid}/task/{pid}/children").read_bytes().split()
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") + sum(
        _resident(int(child)) for child in children
    )


def _end(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, said):
        with contextlib.suppress(OSError):
            stream.close()  # type: ignore[union-attr]
