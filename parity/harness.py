"""The other end of `remote.isolated`: a backend of this package, asked over standard input.

Started by `remote/boot.py`. It is asked `hello`, then to `open` a spec, and then answers: `call`,
one operation; `look`, a whole look of a check or law; `fingerprint`, what it is now. What a library
prints is no answer: standard output is put aside before anything is loaded.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import IO, Any, Final

from parity import afar, backends, fingerprint
from parity.backend import Backend
from parity.errors import ParityError
from parity.remote import wire
from parity.remote.isolated import packed, unpacked
from parity.seeing import failed


class Served:
    """A backend and what can be asked of it; it is None until it is opened."""

    def __init__(self) -> None:
        self.spec, self.backend = "", Backend()

    def hello(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Say which interpreter this is."""
        return {"python": platform.python_version(), "executable": sys.executable}

    def open(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Load a spec, and say what cannot change any more."""
        self.spec = question["spec"]
        self.backend = backends.load(self.spec)
        return {
            name: getattr(self.backend, name)
            for name in ("name", "algorithm", "stop_rule", "releases_gil")
        }

    def fingerprint(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the backend is now."""
        return fingerprint.take(self.spec, self.backend)._asdict()

    def call(self, question: Mapping[str, Any]) -> str:
        """Return what an operation gives, and its arguments where it changed one."""
        args, named = unpacked(question["pickle"])
        given = [*args, *named.values()]
        before = deepcopy(given)
        value = getattr(self.backend, question["operation"])(*args, **named)
        changed = repr(given) != repr(before)  # also where a number changed its type
        return packed((value, given if changed else None))

    def look(self, question: Mapping[str, Any]) -> str:
        """Return what a look sees of cases."""
        return packed(afar.looked(self.backend, *unpacked(question["pickle"])))


OPS: Final = ("hello", "open", "fingerprint", "call", "look")


def main() -> None:
    """Answer until nothing more is asked."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    served = Served()
    ops = {name: getattr(served, name) for name in OPS}
    for reply in answers(sys.stdin.buffer, ops):
        out.write(reply)
        out.flush()


def answers(
    lines: IO[bytes], ops: Mapping[str, Callable[[Mapping[str, Any]], Any]]
) -> Iterator[bytes]:
    """Yield the reply to each line."""
    for line in lines:
        question = wire.load(line)
        reply: dict[str, Any]
        try:
            reply = {"result": ops[question["op"]](question)}
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (a panic is no Exception)
            reply = {"error": as_data(error)}
        yield wire.dump({"seq": question["seq"], **reply})


def as_data(error: BaseException) -> dict[str, Any]:
    """Return an exception as a reply tells it."""
    found = failed(error)
    message = found.message.encode("utf-8", "backslashreplace").decode()
    ours = isinstance(error, ParityError)
    return {"kind": found.kind, "message": message, "fault": found.fault, "ours": ours}
