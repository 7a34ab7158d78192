"""Shadows whose metrics are told in one place, a registry or a meter, each by a name of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from parity.errors import UsageError
from parity.shadow.measured import Measured
from parity.shadow.metrics import Reading
from parity.shadow.watch import Watch
from parity.shadow.wrapping import Shadowed, state_of


class AlreadyRegistered(UsageError):
    """A shadow, or its name, is told there already, or somebody else's metrics have the names."""


class NoShadow(UsageError):
    """What is to be told is not watched by anybody."""


def watch_of(shadow: Any) -> Watch:
    """Return the watch of a `backend.Shadow`, of what `wrapping.shadowed` gave, or of what has one.

    Raises NoShadow.
    """
    found = state_of(shadow) if issubclass(type(shadow), Shadowed) else shadow
    watch = found if isinstance(found, Watch) else getattr(found, "watch", None)
    if not isinstance(watch, Watch):
        kind = type(shadow).__name__
        raise NoShadow(
            f"a shadow is registered, such as shadowed(...) makes, not an object of {kind}"
        )
    return watch


class Shadows:
    """What is told, by name. A closed shadow's name is free."""

    def __init__(self) -> None:
        self.by_name: dict[str, Measured] = {}
        self._lock = threading.RLock()

    def add(
        self, shadow: Any, name: str, told: Callable[[Reading], None] | None = None
    ) -> Registered:
        """Begin to tell a shadow; `told` is as in Measured. Raises AlreadyRegistered, NoShadow."""
        watch = watch_of(shadow)
        with self._lock:
            for known, measured in self.by_name.items():
                if measured.watch is watch:
                    raise AlreadyRegistered(f"this shadow is registered already, as {known!r}")
                if name == known and not measured.closed:
                    raise AlreadyRegistered(
                        f"another shadow is registered as {name!r}: give this one a name of its "
                        "own, register(shadow, name=...)"
                    )
            if name in self.by_name:
                self.by_name[name].close()
            found = Measured(watch, told)
            self.by_name = {**self.by_name, name: found}
        return Registered(self, found)

    def remove(self, measured: Measured) -> None:
        """Tell a shadow no more."""
        measured.close()
        with self._lock:
            left = {name: one for name, one in self.by_name.items() if one is not measured}
            self.by_name = left

    def now(self) -> dict[str, Measured]:
        """Return what is to be told: what is over for the last time, what is gone no more."""
        found = self.by_name
        for measured in found.values():
            if measured.over:
                self.remove(measured)
        return {name: one for name, one in found.items() if one.watch is not None}


class Registered:
    """One shadow that is told, until `close` or until it is over."""

    def __init__(self, shadows: Shadows, measured: Measured) -> None:
        self._shadows, self._measured = shadows, measured

    def close(self) -> None:
        """Tell the shadow no more, at once; a second time does nothing."""
        self._shadows.remove(self._measured)
