"""The engine `transformers` with a fault in it: what a judge of engines is tried on.

    faulty:tiny,fault=position_off_by_one     one of parity/decoding/torch_faults.py
    faulty:tiny,equivalent=heads_permuted     a change that is none: torch_equivalents.py
    faulty:tiny                               the model as it is

A fault is one of generation in batches: this engine scores no ids that are given to it. It computes
in one thread, for it runs in the process of who tries a judge.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import torch

from parity.decoding import torch_equivalents, torch_faults
from parity.decoding.engines import transformers as honest
from parity.decoding.records import Step
from parity.errors import BadSpec

EXTRA: Final = "decode"


class Faulty(honest.Transformers):
    """A model in which something was changed after it was loaded."""

    name = "faulty"

    def score(self, ids: Any, forced: Any, top: int) -> list[Step]:
        self.lacks("scores of given ids")


def make(
    target: str,
    *,
    fault: str = "",
    equivalent: str = "",
    dtype: str = "float32",
    device: str = "auto",
    attention: str = "sdpa",
) -> honest.Transformers:
    """Return a model with a fault, or with a change that is none. Raises BadSpec.

    fault, equivalent: the name of what is planted. With neither it is the engine `transformers`,
    and known as that.
    """
    plants = [
        _plant(kind, module, name)
        for kind, module, name in (
            ("fault", torch_faults, fault),
            ("equivalent", torch_equivalents, equivalent),
        )
        if name
    ]
    torch.set_num_threads(1)
    made = honest.make(target, dtype=dtype, device=device, attention=attention)
    if not plants:
        return made
    with torch.no_grad():
        for plant in plants:
            plant(made.causal.model)
    facts = {"fault": fault or "none", "equivalent": equivalent or "none"}
    found = Faulty(made.causal, made.way, {**made.facts, **facts})
    found.capabilities = found.capabilities._replace(scores=False)
    return found


def _plant(kind: str, module: ModuleType, name: str) -> Callable[[Any], None]:
    """Return the function of a name. Raises BadSpec."""
    there = {
        each: function
        for each, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not each.startswith("_")
    }
    if name not in there:
        raise BadSpec(f"no {kind} {name!r}; known: {', '.join(there)}")
    return there[name]
