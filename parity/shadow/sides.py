"""Where the candidate runs: in this process (`Here`), or in one of its own (`apart.Apart`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from parity.seeing import failed
from parity.shadow.judging import judged, lost
from parity.shadow.records import ERROR, Call, Outcome
from parity.shadow.surfaces import Surface


class Side(Protocol):
    """A candidate that can be asked, by one thread at a time.

    how: `thread`, `process` or `proxy`, as the log says it. lazy: it is loaded when `about` is
    asked first, which takes a while. bounded: it bounds the time of a call itself.
    """

    @property
    def how(self) -> str: ...  # noqa: D102 (as above)

    @property
    def lazy(self) -> bool: ...  # noqa: D102

    @property
    def bounded(self) -> bool: ...  # noqa: D102

    def judged(self, call: Call, surface: Surface) -> Outcome:
        """Return what becomes of a call. What it raises is an error of the call; it may hang."""
        ...

    def about(self) -> Mapping[str, Any]:
        """Return the fingerprint as plain data, or {"failed": KIND}; raises nothing."""
        ...

    def after_fork(self) -> None:
        """Let go of what is the parent's, in a process that was forked."""
        ...

    def close(self) -> None:
        """Let go of it, whoever asks it just now; never raises."""
        ...


class Here:
    """A candidate of this process: an object with methods of the surfaces' names.

    algorithm: the name of its streams, "" where it has none.
    """

    algorithm = ""
    how, lazy, bounded = "thread", False, False

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

    def after_fork(self) -> None:
        """It is the child's as it was the parent's."""

    def close(self) -> None:
        """Nothing is held."""


class Failed(Here):
    """A candidate that could not be loaded: each call is an error of that kind."""

    def __init__(self, error: BaseException) -> None:
        self.kind = failed(error).kind
        super().__init__(self._find, {"failed": self.kind})

    def judged(self, call: Call, surface: Surface) -> Outcome:  # noqa: ARG002 (there is nobody)
        """Say why nobody can be asked."""
        return lost(call, ERROR, self.kind)

    def _find(self, name: str) -> Callable[..., Any]:
        raise AttributeError(name)
