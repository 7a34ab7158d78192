"""The faults that `mock` puts on top of a backend, one class each, named for what is wrong.

Each class says in `caught_by` which check or law must see it; a test holds it to that, and every
run shows it again on the canaries. Those that only another process shows are not planted (each
costs the start of a process): `tests/test_process_looks.py` holds them to it.
"""

from __future__ import annotations

from typing import Final

from parity.backends._faults import (
    answers,
    batches,
    histories,
    ids,
    processes,
    prompts,
    stops,
    streams,
    threads,
    training,
    trap_cuts,
    trap_forms,
    trap_tokens,
)
from parity.backends._faults.fault import Fault
from parity.backends._faults.trap import Trap

__all__ = [
    "ELSEWHERE",
    "FAULTS",
    "TRAPS",
    "Fault",
    "Trap",
    "answers",
    "batches",
    "histories",
    "ids",
    "processes",
    "prompts",
    "stops",
    "streams",
    "threads",
    "training",
    "trap_cuts",
    "trap_forms",
    "trap_tokens",
]


def _faults(root: type[Fault]) -> dict[str, type[Fault]]:
    found: dict[str, type[Fault]] = {}
    for child in root.__subclasses__():
        if child.__name__[0].islower():  # others are what several faults share
            found[child.__name__] = child
        found.update(_faults(child))
    return found


TRAPS: Final[dict[str, type[Trap]]] = _faults(Trap)  # type: ignore[assignment]
"""Faults that only some inputs show, by name."""
_OTHERS: Final = {name: fault for name, fault in _faults(Fault).items() if name not in TRAPS}
FAULTS: Final = {name: fault for name, fault in _OTHERS.items() if fault.planted}
"""The canaries: every run plants each of them, before and after."""
ELSEWHERE: Final = {name: fault for name, fault in _OTHERS.items() if not fault.planted}
"""Faults that only another process shows."""
