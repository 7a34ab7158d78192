"""The parent's side of an engine's process: ask it, wait no longer than is allowed, start it again.

What an engine makes of a template is an observation even where it is a hang, a crash or gigabytes:
each is an exception of its own, and the next template is asked of a new process.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

from parity.errors import LoadFailed

SECONDS: Final = 5.0
"""How long a template may take, in seconds."""
STARTING: Final = 60.0
"""How long an engine may take to start."""
_BLOCK: Final = 1 << 16
LONGEST: Final = 1 << 26
"""Bytes of an answer, at most."""
CHANGED: Final = {"messages": [{"changed": True}], "tools": [], "documents": []}
"""What stands for variables that cannot be told."""


class TemplateFailed(Exception):
    """A template gave no text; its subclasses say how, in the words of no engine."""


class BadTemplate(TemplateFailed):
    """It does not compile: its syntax, or a filter or test that is not there."""


class Raised(TemplateFailed):
    """It called `raise_exception`."""


class Undefined(TemplateFailed):
    """It used what is not defined."""


class RenderFailed(TemplateFailed):
    """Something else went wrong while it was rendered."""


class OutOfBounds(TemplateFailed):
    """It took too long, too much memory, or made too long a text."""


class EngineDied(TemplateFailed):
    """The process of the engine ended."""


class NoTemplate(TemplateFailed):
    """There is no chat template."""


FAILURES: Final = {
    one.__name__: one
    for one in (BadTemplate, Raised, Undefined, RenderFailed, OutOfBounds, EngineDied, NoTemplate)
}


class Worker:
    """An engine in a process of its own. One template at a time, whichever thread asks.

    versions: of what decides its answers. files: that do the work. about: what else it tells.
    """

    def __init__(self, command: Sequence[str], name: str, seconds: float = SECONDS) -> None:
        """Start it. Raises LoadFailed with what it said."""
        self.command, self.name, self.seconds = list(command), name, seconds
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[Any, Any] = weakref.finalize(self, bool)
        told = self._started()
        self.versions: dict[str, str] = told["versions"]
        self.files: list[str] = told["files"]
        self.about: dict[str, Any] = told.get("about", {})

    def render(
        self, source: str, variables: Mapping[str, Any], *, chat: bool
    ) -> tuple[str, Mapping[str, Any] | None]:
        """Return the text, and the variables as they are after it; None where they are the same.

        Of variables that are too long, or no data any more, it is told that they are CHANGED.

        Raises a TemplateFailed.
        """
        reply = self.ask({"source": source, "variables": variables, "chat": chat})
        after = reply["after"] or CHANGED if "after" in reply else None
        return reply["text"], after

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a question. Raises a TemplateFailed."""
        line = json.dumps(question).encode()
        with self.lock:
            if not self._end.alive:
                self._started()
            reply = self._asked(line + b"\n", self.seconds)
        if "error" in reply:
            raise FAILURES[reply["error"]](reply["message"])
        return reply

    def close(self) -> None:
        """End the process; who asks again gets a new one."""
        self._end()

    def _started(self) -> dict[str, Any]:
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.said}
        try:
            self.process = subprocess.Popen(self.command, **pipes)  # type: ignore[call-overload]  # noqa: S603 (ours)
        except OSError as error:
            raise LoadFailed(f"{self.name} cannot be started: {error}") from error
        self._end = weakref.finalize(self, _end, self.process, self.said)
        try:
            return self._asked(b"", STARTING)
        except TemplateFailed as error:
            raise LoadFailed(f"{self.name} cannot be started: {error}") from error

    def _asked(self, line: bytes, seconds: float) -> dict[str, Any]:
        """Send a line and return the answer. Raises OutOfBounds, EngineDied."""
        process = self.process
        assert process and process.stdin and process.stdout  # noqa: S101, PT018 (they are pipes)
        try:
            process.stdin.write(line)
            process.stdin.flush()
            found = _line_of(process.stdout, seconds)
        except OSError:
            found = b""
        if found is None:
            self.close()
            raise OutOfBounds(f"no answer in {seconds:g} s, or one of more than {LONGEST:,} bytes")
        if not found.endswith(b"\n"):
            words = self._last_words()
            self.close()
            raise EngineDied(words)
        try:
            reply: dict[str, Any] = json.loads(found)
        except ValueError:
            self.close()
            raise EngineDied(f"it answers what is no JSON: {found[:60]!r}") from None
        return reply

    def _last_words(self) -> str:
        self.said.seek(0)
        said = self.said.read().decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else "it ended without a word"


def _end(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, said):
        with contextlib.suppress(OSError):  # what was not sent any more
            stream.close()  # type: ignore[union-attr]


def _line_of(stream: Any, seconds: float) -> bytes | None:
    """Return a line; what there is of one where the stream ends; None where it takes too long."""
    parts: list[bytes] = []
    end, size = time.monotonic() + seconds, 0
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not (parts and parts[-1].endswith(b"\n")):
            if size > LONGEST or not selector.select(max(end - time.monotonic(), 0)):
                return None
            part = stream.read1(_BLOCK)
            if not part:
                break
            parts.append(part)
            size += len(part)
    return b"".join(parts)
