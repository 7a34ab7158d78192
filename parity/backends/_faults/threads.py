"""Faults that several threads show: each is right as long as one thread asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from parity.backend import Backend
from parity.backends._faults.fault import Fault
from parity.types import Encoding, Specials

PATIENCE: Final = 0.3
"""Seconds that threads wait for one another, at most, before each goes on alone."""


class _Shared(Fault):
    """What calls make lies in one place for all threads; each takes what another one put there.

    The first waits for the next, so that it is never by chance; the main thread clears the place.
    """

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.place: list[Any] = []
        self.alone = False

    def cleared(self) -> bool:
        """Clear the place, if this is the main thread; say whether it is."""
        if threading.current_thread() is not threading.main_thread():
            return False
        self.place, self.alone = [], False
        return True

    def share(self, made: Any) -> Any:
        """Return what another thread has put into the place."""
        if self.cleared():
            return made
        self.place.append(made)
        self.wait(lambda: any(other != made for other in self.place))
        return next((other for other in self.place if other != made), made)

    def wait(self, met: Callable[[], bool]) -> None:
        """Wait for what another thread does."""
        end = time.monotonic() + PATIENCE
        while not (met() or self.alone):
            time.sleep(1e-5)  # Python lets the others run
            self.alone |= time.monotonic() > end


class shares_a_buffer_between_threads(_Shared):
    """The ids lie in a buffer that every thread writes into."""

    caught_by = "threads_are_serial"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        found: Encoding = self.share(self.inner.encode(text, specials))
        return found


class shares_a_batch_between_threads(_Shared):
    """The first text of a batch is encoded into one buffer for all threads."""

    caught_by = "batch_threads_are_serial"

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        found = self.inner.encode_batch(texts, specials, offsets)
        return [self.share(found[0]), *found[1:]] if found else []


class shares_a_text_between_threads(_Shared):
    """The decoded text lies in a buffer that every thread writes into."""

    caught_by = "decode_threads_are_serial"

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        found: str | bytes = self.share(self.inner.decode(ids, skip_special))
        return found


class cuts_for_other_threads(_Shared):
    """Once a thread has cut, what the others encode is cut as well."""

    caught_by = "cut_threads_are_serial"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        if self.cleared():
            return seen
        self.wait(lambda: bool(self.place))
        return Encoding(seen.ids[: self.place[0]]) if self.place else seen

    def encode_cut(self, texts: Sequence[str], length: int) -> list[Encoding]:
        found = self.inner.encode_cut(texts, length)
        if not self.cleared():
            self.place.append(length - 1)
        return found
