"""The parent's side of an engine's process: ask it, wait no longer than is allowed, start it again.

What an engine makes of a template is an observation even where it is a hang, a crash or gigabytes:
each is an exception of its own, and the next template is asked of a new process.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from parity.errors import LoadFailed
from parity.remote.process import (
    STARTING,
    Crashed,
    Garbage,
    Limits,
    OutOfMemory,
    Process,
    TimedOut,
)

SECONDS: Final = 5.0
"""How long a template may take, in seconds."""
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
        self.name = name
        self.process = Process(command, Limits(seconds, longest=LONGEST))
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
        with self.process.lock:
            if not self.process.alive:
                self._started()
            reply = self._asked(line + b"\n", None)
        if "error" in reply:
            raise FAILURES[reply["error"]](reply["message"])
        return reply

    def close(self) -> None:
        """End the process; who asks again gets a new one."""
        self.process.close()

    def _started(self) -> dict[str, Any]:
        """Start it, and return what it says of itself before it is asked anything."""
        self.process.start()
        try:
            return self._asked(b"", STARTING)
        except TemplateFailed as error:
            raise LoadFailed(f"{self.name} cannot be started: {error}") from error

    def _asked(self, line: bytes, seconds: float | None) -> dict[str, Any]:
        """Send a line and return the answer. Raises OutOfBounds, EngineDied."""
        try:
            (found,) = self.process.ask(line, 1, seconds)
            reply: dict[str, Any] = json.loads(found)
        except (TimedOut, OutOfMemory) as error:
            raise OutOfBounds(str(error)) from error
        except (Crashed, Garbage) as error:
            raise EngineDied(str(error)) from error
        except ValueError:
            self.close()
            raise EngineDied(f"it answers what is no JSON: {found[:60]!r}") from None
        return reply
