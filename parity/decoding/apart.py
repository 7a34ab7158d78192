"""An engine in a fresh process of its own: its threads, device and memory are its alone.

The process is started with OpenMP told to wait without spinning and with as many threads as were
declared; time is bounded for each batch and memory while it is waited for.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import regex

from parity.backend import Identity
from parity.decoding.engine import Engine
from parity.decoding.engines import Spec
from parity.decoding.records import Capabilities, Generation, Prompt, Request, Step
from parity.errors import BadSpec
from parity.fingerprint import Fingerprint
from parity.remote.isolated import BOOT, ROOT, interpreter, packed, unpacked
from parity.remote.options import limits
from parity.remote.process import STARTING, Process
from parity.remote.talking import Talker, told

LOADING: Final = 600.0
"""Seconds that a model may take to load."""
BATCH_SECONDS: Final = "600"
THREADS: Final = "1"
"""Of each engine where its spec does not say: on few cores, more only wait for each other."""


class Apart(Engine):
    """An engine that another process holds. `close` ends that process."""

    def __init__(self, spec: Spec, environment: Mapping[str, str]) -> None:
        self.spec = spec.text
        lent = [str(Path(tool.__file__ or "").parent) for tool in (orjson, regex)]
        program = sys.executable
        own = {**environment}
        if "python" in spec.asked:
            program = interpreter(spec.asked["python"])
            for name in ("PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__"):
                own.pop(name, None)
        command = [program, str(BOOT), "parity.decoding.serving", str(ROOT), *lent]
        bounds = limits({"timeout": BATCH_SECONDS, **spec.asked}, self.spec)
        self.talker = Talker(Process(command, bounds, own), self._greet, ours=True)
        self.about: tuple[str, Capabilities] = ("", Capabilities())
        try:
            self.talker.ask({"op": "hello"})
        except BaseException:
            self.talker.close()
            raise
        self.name, self.capabilities = self.about

    def encode(self, prompt: Prompt) -> list[int]:
        """Return the ids of a prompt, as the engine there has them."""
        found: list[int] = self._call("encode", prompt)
        return found

    def generate(self, requests: Sequence[Request], top: int) -> list[Generation | BaseException]:
        """Return what the engine there makes of prompts."""
        found = self._call("generate", list(requests), top)
        return [told(one, ours=True) if isinstance(one, dict) else one for one in found]

    def score(self, ids: Sequence[int], forced: Sequence[int], top: int) -> list[Step]:
        """Return the steps of given ids, as the engine there has them."""
        found: list[Step] = self._call("score", list(ids), list(forced), top)
        return found

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, as the engine there has it."""
        found: str = self._call("decode", list(ids))
        return found

    def identity(self) -> Identity:
        """Say what the engine there is, as its own process finds it now."""
        return Identity(self, taken=self.talker.ask({"op": "fingerprint"}))

    def fingerprint(self) -> Fingerprint:
        """Return what the engine there is, as its own process finds it now."""
        return Fingerprint(**{**self.talker.ask({"op": "fingerprint"}), "spec": self.spec})

    def usage(self) -> dict[str, float]:
        """Return seconds of processors (`cpu_s`) and memory at most (`peak_mib`) of the process.

        Where it died on the way, of the one that came after it.
        """
        found: dict[str, float] = self.talker.ask({"op": "usage"})
        return found

    def close(self) -> None:
        """End the process."""
        self.talker.close()

    def _call(self, operation: str, *args: Any) -> Any:
        question = {"op": "call", "operation": operation, "pickle": packed(args)}
        return unpacked(self.talker.ask(question))

    def _greet(self, talker: Talker) -> None:
        talker.ask({"op": "hello"}, STARTING)
        self.about = unpacked(talker.ask({"op": "open", "spec": self.spec}, LOADING))


def start(spec: Spec) -> Apart:
    """Return a spec's engine, loaded in a fresh process.

    Raises BadSpec, what loading raises there, or a ProcessFailed where the process died.
    """
    return Apart(spec, {**os.environ, **hygiene(threads(spec))})


def threads(spec: Spec) -> str:
    """Return how many threads an engine may take. Raises BadSpec."""
    found = spec.asked.get("threads", THREADS)
    if not re.fullmatch(r"[1-9]\d{0,3}", found):
        raise BadSpec(f"{spec.text!r}: threads is a number of threads, not {found!r}")
    return found


def declared_threads() -> int:
    """Return how many threads this process was started with, for a library that must be told."""
    return int(os.environ.get("OMP_NUM_THREADS") or THREADS)


def hygiene(threads: str) -> dict[str, str]:
    """Return what a process of an engine is started with.

    A thread that spins while it waits takes the core of one that works: six times slower on two
    cores that others use, too. Nothing is fetched.
    """
    numbers = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {
        **dict.fromkeys(numbers, threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
    }
