"""The faults that `mock` puts on top of a backend, one class each, named for what is wrong.

Each class says in `caught_by` which check or law must see it; a test holds it to that, and every
run shows it again on the canaries.
"""

from __future__ import annotations

from typing import Final

from parity.backends._faults import (
    answers,
    batches,
    ids,
    prompts,
    stops,
    streams,
    training,
    trap_cuts,
    trap_forms,
    trap_tokens,
)
from parity.backends._faults.fault import Fault
from parity.backends._faults.trap import Trap

__all__ = [
    "FAULTS",
    "TRAPS",
    "Fault",
    "Trap",
    "answers",
    "batches",
    "ids",
    "prompts",
    "stops",
    "streams",
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
FAULTS: Final = {name: fault for name, fault in _faults(Fault).items() if name not in TRAPS}
"""The canaries: every run plants each of them, before and after."""
