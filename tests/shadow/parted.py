"""Candidates for a process of their own, each wrong for a text that names its fault."""

import os
import signal
import threading
from pathlib import Path

from parity.backend import Identity
from parity.backends.mock import Honest
from parity.types import Encoding


class Parted(Honest):
    """Honest, but for texts that name a fault."""

    def identity(self):
        return Identity(self)

    def encode(self, text, specials="parse"):
        if text == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "exit":
            os._exit(3)
        if text == "hang":
            threading.Event().wait()
        if text == "eat":
            self.eaten = bytearray(b"x" * (1 << 29))
        if text == "print":
            print("this is no reply")  # noqa: T201
        if text == "write":
            Path("asked").write_text(str(os.getpid()))
        found = super().encode(text, specials)
        return Encoding(found.ids[:-1], found.offsets) if text == "drop" else found

    def decode(self, ids, skip_special=True):
        ids.append(1)
        return super().decode(ids[:-1], skip_special)


def make():
    """A candidate."""
    return Parted()


def fails():
    """A candidate that cannot be made."""
    raise OSError("the disk is gone")
