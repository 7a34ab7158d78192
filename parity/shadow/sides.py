"""Where the candidate runs: in this process (`Here`), or in one of its own (`apart.Apart`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from parity.shadow.judging import judged
from parity.shadow.records import Call, Outcome
from parity.shadow.surfaces import Surface


class Side(Protocol):
    """A candidate that can be asked."""

    def judged(self, call: Call, surface: Surface) -> Outcome:
        """Return what becomes of a call. May raise what `remote.process` raises, and may hang."""
        ...

    def about(self) -> Mapping[str, Any]:
        """Return the fingerprint as plain data; loads the candidate where that was not done."""
        ...

    def close(self) -> None:
        """Let go of it; never raises."""
        ...


class Here:
    """A candidate of this process: an object with methods of the surfaces' names."""

    def __init__(self, find: Callable[[str], Callable[..., Any]], about: Mapping[str, Any]) -> None:
        self.find, self._about = find, about

    def judged(self, call: Call, surface: Surface) -> Outcome:
        """Ask it in this thread, and compare."""
        return judged(
            call, lambda name, args, named: self.find(name)(*args, **named), surface.plain
        )

    def about(self) -> Mapping[str, Any]:
        """Return what was said of it."""
        return self._about

    def close(self) -> None:
        """Nothing is held."""
