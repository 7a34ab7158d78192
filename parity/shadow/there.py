"""The other end of `apart`: a candidate that is asked, and compared, in a process of its own.

Started by `remote/boot.py`. A question is its length and a pickle: `open` a spec, then `judge` a
call beside what the reference gave. A reply is a line; what a library prints is none, so standard
output is put aside before anything is loaded.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import IO, Any

from parity import backends, fingerprint
from parity.backend import Backend
from parity.remote.isolated import packed as as_text
from parity.seeing import failed
from parity.shadow.apart import SIZE
from parity.shadow.judging import judged, lost
from parity.shadow.pieces import packed, whole
from parity.shadow.records import ERROR, Call, Outcome
from parity.shadow.surfaces import SURFACES
from parity.types import Observation


class Served:
    """A candidate and what can be asked of it; there is none until it is opened."""

    def __init__(self) -> None:
        self.backend = Backend()

    def open(self, spec: str) -> dict[str, Any]:
        """Load a spec; return its fingerprint, or the kind of what was raised."""
        try:
            self.backend = backends.load(spec)
            found = fingerprint.take(spec, self.backend)._asdict()
            found["algorithm"] = self.backend.algorithm
        except BaseException as error:  # noqa: BLE001 (a panic is no Exception)
            return {"failed": failed(error).kind}
        return found

    def judge(self, surface: str, content: Any) -> tuple[Any, ...]:
        """Ask the candidate, compare, and return what came of it, without the call."""
        args, named, value, failure = whole(content, trusted=True)
        seen = Observation(value, failure)
        call = Call("", surface, args, named, seen, 0.0, 0.0, 0)
        found = self._judged(call)
        sides = packed((found.reference, found.candidate))
        return found.fate, found.why, found.difference, sides, found.seconds

    def _judged(self, call: Call) -> Outcome:
        known = SURFACES.get(call.surface)
        if known is None:
            return lost(call, ERROR, "NoSurface")
        return judged(call, self._ask, known.plain)

    def _ask(self, name: str, args: tuple[Any, ...], named: Any) -> Any:
        return getattr(self.backend, name)(*args, **named)


def main() -> None:
    """Answer until nothing more is asked."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    served = Served()
    while True:
        data = _read(sys.stdin.buffer)
        if data is None:
            return
        what, *given = pickle.loads(data)  # noqa: S301 (from the process that started this one)
        reply = served.open(*given) if what == "open" else served.judge(*given)
        out.write(as_text(reply).encode("ascii") + b"\n")
        out.flush()


def _read(file: IO[bytes]) -> bytes | None:
    """Return the next question, or None at the end."""
    size = file.read(SIZE.size)
    if len(size) < SIZE.size:
        return None
    (length,) = SIZE.unpack(size)
    data = file.read(length)
    return data if len(data) == length else None
