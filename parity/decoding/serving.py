"""The other end of `apart`: an engine, asked over standard input, in a process of its own.

Started by `remote/boot.py`. It is asked `hello`, then to `open` a spec, then anything of an Engine.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Mapping
from typing import Any, Final

from parity import fingerprint
from parity.decoding import engines
from parity.decoding.engine import Engine
from parity.decoding.records import Capabilities
from parity.errors import LoadFailed
from parity.harness import answers, as_data
from parity.remote.isolated import packed, unpacked

PEAK: Final = 1 << (20 if sys.platform == "darwin" else 10)
"""What the system counts memory in, to a MiB: bytes on macOS, KiB elsewhere."""


class Served:
    """An engine and what can be asked of it."""

    def __init__(self) -> None:
        self.engine = Engine()

    def hello(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Say which interpreter this is."""
        return {"python": platform.python_version(), "executable": sys.executable}

    def open(self, question: Mapping[str, Any]) -> str:
        """Load a spec, and say what it can do."""
        self.engine = engines.load(question["spec"])
        able = self.engine.capabilities
        known = [type(value) for value in Capabilities()]
        if type(able) is not Capabilities or list(map(type, able)) != known:
            raise LoadFailed(f"{question['spec']!r} has capabilities that are none: {able!r}")
        return packed((self.engine.name, able))

    def fingerprint(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the engine is now."""
        return fingerprint.take(self.engine.spec, self.engine)._asdict()  # type: ignore[arg-type]

    def usage(self, _: Mapping[str, Any]) -> dict[str, float]:
        """Return what this process has used: seconds of processors, and MiB of memory at most."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {"cpu_s": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / PEAK}

    def call(self, question: Mapping[str, Any]) -> str:
        """Return what an operation gives; an exception in a list is told as data."""
        args = unpacked(question["pickle"])
        found = getattr(self.engine, question["operation"])(*args)
        if question["operation"] == "generate":
            found = [as_data(one) if isinstance(one, BaseException) else one for one in found]
        return packed(found)


OPS: Final = ("hello", "open", "fingerprint", "usage", "call")


def main() -> None:
    """Answer until nothing more is asked."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    served = Served()
    for reply in answers(sys.stdin.buffer, {name: getattr(served, name) for name in OPS}):
        out.write(reply)
        out.flush()
    served.engine.close()
