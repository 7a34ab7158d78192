"""How sides in other threads are stopped: their engines are ended, and nothing more is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from parity.decoding.apart import Apart


class Halt:
    """Known to every side of a run; `now` stops them all."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.engines: set[Apart] = set()

    def check(self) -> None:
        """Raise KeyboardInterrupt where it is over."""
        if self.asked.is_set():
            raise KeyboardInterrupt

    def now(self) -> None:
        """Stop."""
        self.asked.set()
        for engine in list(self.engines):
            engine.close()

    @contextmanager
    def ending(self, engine: Apart) -> Iterator[Apart]:
        """Yield an engine that is ended afterwards, or when all is stopped."""
        self.engines.add(engine)
        try:
            self.check()
            yield engine
        finally:
            self.engines.discard(engine)
            engine.close()
