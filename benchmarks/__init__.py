"""Benchmarks, each `python -m benchmarks.NAME`: progress on stderr, one JSON line last on stdout.

Goals are ratios within one process, or differences between processes of one kind, so that a slow
or a busy machine moves both sides. Nothing here runs in the tests.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final, NamedTuple

from parity import corpus
from parity.types import Case, case_digest

ROOT: Final = Path(__file__).resolve().parents[1]
SHORTEST, LONGEST = 20, 200
"""Characters of a text that is made here."""
KNOWN: Final = {"norm.new-mark", "invisible.surrogate"}
"""Tags of texts on which tokenizers and tiktoken differ: Unicode versions, lone surrogates."""


class Spent(NamedTuple):
    """Seconds: `cpu` of all threads of this process, `wall` on the clock."""

    cpu: float
    wall: float


def spend(call: Callable[[], object]) -> Spent:
    """Return what a call costs."""
    wall, cpu = perf_counter(), process_time()
    call()
    return Spent(process_time() - cpu, perf_counter() - wall)


def interleaved(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[Spent]]:
    """Call each in turn, once to warm up and then `rounds` times; return what each round cost."""
    spent: dict[str, list[Spent]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            found = spend(call)
            if number:
                spent[name].append(found)
            say(f"round {number} {name}: {found.cpu:.2f} s CPU, {found.wall:.2f} s wall")
    return spent


def ratio(above: Iterable[float], below: Iterable[float]) -> float:
    """Return the median of the ratios round by round."""
    return round(median(one / other for one, other in zip(above, below, strict=True)), 3)


def texts(seed: int = 20261122) -> Iterator[str]:
    """Yield distinct multilingual texts without end, the same ones every time.

    Texts of the shipped corpus, of any scripts, joined and cut. What stacks are known to differ
    on is left out (KNOWN, special tokens): a benchmark is of two sides that agree.
    """
    shipped = [
        case.payload
        for path in sorted((ROOT / "corpora").glob("*.jsonl"))
        if path.stem != "special"
        for case in corpus.read(path)
        if case.kind == "text" and KNOWN.isdisjoint(case.tags)
    ]
    draw = random.Random(seed)  # noqa: S311 (texts, not secrets)
    seen: set[int] = set()
    while True:
        text, length = draw.choice(shipped), draw.randint(SHORTEST, LONGEST)
        while len(text) < length:
            text += draw.choice(("", " ", " ", "\n")) + draw.choice(shipped)
        text = text[:length]
        if hash(text) not in seen:
            seen.add(hash(text))
            yield text


def cases(count: int, made: Iterable[str] | None = None) -> Iterator[Case]:
    """Yield cases of `texts()`, with the ids that a corpus file wants."""
    for number, text in enumerate(islice(texts() if made is None else made, count)):
        yield Case(f"benchmark/text-{number}-{case_digest('text', text, {})}", "text", text)


def line(case: Case) -> str:
    """Return a case as a line of a corpus file."""
    return json.dumps({"id": case.id, "text": case.payload}) + "\n"


def subprocess_environment() -> dict[str, str]:
    """Return an environment in which `parity` is the one of this folder.

    Bytecode is kept, as it is of an installed package, in a folder that is not this one.
    """
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    cache = Path(tempfile.gettempdir()) / "tokparity-benchmarks-bytecode"
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(cache)}


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


def finish(name: str, packages: Iterable[str] = (), **found: Any) -> None:
    """Print the JSON line: what was found, and with what."""
    versions = {package: importlib.metadata.version(package) for package in packages}
    versions["python"] = platform.python_version()
    load = [round(average, 1) for average in os.getloadavg()]
    about = {"versions": versions, "cores": os.cpu_count(), "load": load}
    print(json.dumps({"benchmark": name, **found, **about}))
