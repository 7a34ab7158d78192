"""Faults that only another process shows; none of them is planted as a canary."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from parity.backend import Backend
from parity.backends._faults.fault import Fault
from parity.types import Encoding, Specials


class _Elsewhere(Fault):
    planted = False

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.home = os.getpid()


class answers_with_its_process(_Elsewhere):
    """Its last id is the number of the process, as of what stands somewhere in memory."""

    caught_by = "processes_are_serial"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return Encoding([*self.inner.encode(text, specials).ids, self.home])


class forgets_specials_in_a_fork(_Elsewhere):
    """In a fork of the process that it was loaded in it knows no special token."""

    caught_by = "forked_are_serial"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        forked = os.getpid() != self.home
        return self.inner.encode(text, "plain" if forked and specials == "parse" else specials)


class waits_for_ever_in_a_fork(_Elsewhere):
    """A batch waits for threads that a fork has not."""

    caught_by = "forked_are_serial"

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        while os.getpid() != self.home:
            time.sleep(1)
        return self.inner.encode_batch(texts, specials, offsets)


class dies_in_a_fork(_Elsewhere):
    """A fork ends at its first batch."""

    caught_by = "forked_are_serial"

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        if os.getpid() != self.home:
            os._exit(7)
        return self.inner.encode_batch(texts, specials, offsets)
