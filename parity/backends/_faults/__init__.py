"""The faults that `mock` puts on top of a backend, one class each, named for what is wrong.

Each class says in `caught_by` which check or law must see it; a test holds it to that, and every
run shows it again on the canaries.
"""

from __future__ import annotations

from typing import Final

from parity.backends._faults import answers, batches, ids, stops, streams
from parity.backends._faults.fault import Fault

__all__ = ["FAULTS", "Fault", "answers", "batches", "ids", "stops", "streams"]


def _faults(root: type[Fault]) -> dict[str, type[Fault]]:
    found: dict[str, type[Fault]] = {}
    for child in root.__subclasses__():
        if not child.__name__.startswith("_"):
            found[child.__name__] = child
        found.update(_faults(child))
    return found


FAULTS: Final = _faults(Fault)
