"""Looks at several processes that are asked at once: loaded anew from the spec, or forked.

A fork has the memory of the process that it comes from and none of its threads: a pool that waits
for them waits for ever, a lock that one of them held stays held. So before the fork a batch call is
made, and whoever gives no answer for a while is ended: that it hung is what was seen of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import IO, Final, NoReturn, Protocol

import orjson
import regex

from parity import elsewhere, jsonl
from parity.backend import Backend
from parity.looks import batch_ids
from parity.remote.isolated import BOOT, ROOT
from parity.thread_looks import SINGLES
from parity.types import Case, Observation
from parity.workers import (
    SILENT,
    Looks,
    Told,
    agreed,
    alone,
    askable,
    lost,
    not_here,
    option,
    order_of,
    unsupported,
)

PROCESSES: Final = 4
STARTING: Final = 40.0
"""Seconds that a process may take to start and to load its backend."""
COMMAND: Final = """
import importlib.util, json, sys
sys.path[:], boot, root, tools = json.loads(sys.argv[1])
spec = importlib.util.spec_from_file_location("boot", boot)
lend = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lend)
sys.meta_path.insert(0, lend.Lender({"parity": root}))
sys.meta_path.append(lend.Lender(lend.fitting(tools)))
from parity.elsewhere import main
main()
"""
"""The process imports this very package, which may be lent to its interpreter (`remote.boot`)."""
_BLOCK: Final = 1 << 16
FORKED: Final[Looks] = {"ids": batch_ids}


class Worker(Protocol):
    """A process that is asked: what it writes into, and how it is ended."""

    out: IO[bytes]

    def end(self) -> str:
        """End it, if it runs still; return how it ended, "" where that was well."""


def in_processes(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Encode in processes that load the same spec, one text at a time; see who says otherwise."""
    serial = alone(SINGLES, backend, cases)
    if not askable(serial):
        return agreed(serial, len(cases), ())
    if not backend.spec:
        return unloadable(backend, len(cases))
    told = _asked(cases, "process", STARTING, lambda mine: _Started(backend.spec, mine))
    return agreed(serial, len(cases), told)


def in_forks(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Encode in forks of this process, in one batch; see who says otherwise."""
    serial = alone(FORKED, backend, cases)  # whatever threads it makes are made before the fork
    if not askable(serial):
        return agreed(serial, len(cases), ())
    if not backend.here:
        return not_here(backend, len(cases))
    if not hasattr(os, "fork"):
        return unsupported("this platform has no fork", len(cases))
    told = _asked(cases, "fork", SILENT, lambda mine: _Forked(backend, mine))
    return agreed(serial, len(cases), told)


def unloadable(backend: Backend, count: int) -> list[Observation]:
    """Return the answers where there is no spec to load from."""
    return unsupported(f"{backend.name} has no spec that it can be loaded from again", count)


def _asked(
    cases: Sequence[Case], word: str, starting: float, start: Callable[[list[Case]], Worker]
) -> Iterator[Told]:
    """Start all processes, each with the cases in its order; yield all that they said."""
    count, seconds = option(cases, "processes", PROCESSES), option(cases, "seconds", 0.0)
    orders = [order_of(number, count, len(cases)) for number in range(count)]
    workers: list[Worker] = []
    try:
        workers += (start([cases[one] for one in order.of(len(cases))]) for order in orders)
        written = _collected(workers, seconds or starting, seconds or SILENT)
    finally:
        ends = [worker.end() for worker in workers]
    for number, (order, (data, hung), end) in enumerate(zip(orders, written, ends, strict=True), 1):
        reason = lost("Hung", hung) if hung else lost("Died", end or "it ended too early")
        seen = [elsewhere.read_line(line) for line in data.split(b"\n")[:-1]]
        told = chain(seen, repeat(reason))
        by = f"{word} {number} of {count}, {order}"
        for place, one in zip(order.of(len(cases)), told, strict=False):
            yield Told(by, "ids", place, one)


def _collected(
    workers: Sequence[Worker], starting: float, silent: float
) -> list[tuple[bytes, str]]:
    """Return what each wrote until it ended, and "" or that it hung: nothing came for so long."""
    parts: list[list[bytes]] = [[] for _ in workers]
    hung = [""] * len(workers)
    owing = {number: (time.monotonic(), starting) for number in range(len(workers))}
    with selectors.DefaultSelector() as selector:
        for number, worker in enumerate(workers):
            selector.register(worker.out, selectors.EVENT_READ, number)
        while owing:
            ready = selector.select(_remaining(owing))
            for key, _ in ready:
                part = os.read(key.fd, _BLOCK)
                parts[key.data].append(part)
                owing[key.data] = time.monotonic(), silent
                if not part:
                    selector.unregister(key.fileobj)
                    del owing[key.data]
            for number, (since, limit) in list(owing.items()):
                if time.monotonic() - since >= limit:
                    hung[number] = f"no answer for {limit:g} s"
                    selector.unregister(workers[number].out)
                    del owing[number]
    return [(b"".join(part), why) for part, why in zip(parts, hung, strict=True)]


def _remaining(owing: Mapping[int, tuple[float, float]]) -> float:
    return max(min(since + limit for since, limit in owing.values()) - time.monotonic(), 0)


class _Started:
    """A process that was started afresh and loads a spec."""

    def __init__(self, spec: str, cases: Sequence[Case]) -> None:
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        tools = [str(Path(tool.__file__ or "").parent) for tool in (orjson, regex)]
        places = json.dumps([sys.path, str(BOOT), str(ROOT), tools])
        command = [sys.executable, "-c", COMMAND, places]
        self.process = subprocess.Popen(  # noqa: S603 (ours)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said
        )
        assert self.process.stdin and self.process.stdout  # noqa: S101, PT018 (they are pipes)
        self.out: IO[bytes] = self.process.stdout
        lines = [jsonl.dump(spec) + "\n", *map(elsewhere.case_line, cases)]
        with contextlib.suppress(BrokenPipeError), self.process.stdin as given:
            given.write("".join(lines).encode("ascii"))  # it reads all before it answers

    def end(self) -> str:
        """End it; return its last words."""
        if not self.out.closed:
            self.out.close()
        self.process.kill()
        code = self.process.wait()
        self.said.seek(0)
        said = self.said.read().decode("utf-8", "replace").strip().splitlines()
        self.said.close()
        return "" if code == 0 else f"{_ending(code)}: {said[-1] if said else 'without a word'}"


class _Forked:
    """A fork of this process, which asks the backend that it finds in its memory."""

    def __init__(self, backend: Backend, cases: Sequence[Case]) -> None:
        out, into = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # threads and a fork: that is what is asked for
            self.process = os.fork()
        if not self.process:
            _as_child(out, into, backend, cases)
        os.close(into)
        self.out: IO[bytes] = os.fdopen(out, "rb", buffering=0)

    def end(self) -> str:
        """End it; return how it ended."""
        self.out.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        _, status = os.waitpid(self.process, 0)
        code = os.waitstatus_to_exitcode(status)
        return "" if code == 0 else _ending(code)


def _as_child(out: int, into: int, backend: Backend, cases: Sequence[Case]) -> NoReturn:
    """Answer, and end without a word: nothing of the process that this is a fork of is put away."""
    code = 1
    try:
        os.close(out)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        elsewhere.answer(into, backend, batch_ids, cases, len(cases))
        code = 0
    finally:
        os._exit(code)


def _ending(code: int) -> str:
    return f"it ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"
