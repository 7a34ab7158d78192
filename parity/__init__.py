r"""Prove that two tokenizer stacks agree, exactly.

The names below are the public API. Each is imported when it is first asked for, so that
`import parity` costs nothing. `run` and `compare` are the modules of these names: the functions
are `parity.run.run` and `parity.compare.compare`.

>>> import parity
>>> case = parity.Case("greeting/wave", "text", "hi \U0001f44b")
>>> sides = {"reference": parity.live(parity.load("mock:honest"))}
>>> sides["candidate"] = parity.live(parity.load("mock:drops_last_id"))
>>> for job, tally, differing in parity.run.run([case], parity.jobs_for(["ids"]), sides):
...     print(job.name, differing[0].verdict.value, differing[0].difference.path)
ids diverged (6,)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from parity import compare, run
    from parity.backend import Backend, Identity
    from parity.backends import load
    from parity.compare import Comparison, Verdict
    from parity.errors import ParityError, Unsupported
    from parity.jobs import jobs_for
    from parity.run import live
    from parity.shadow.backend import Shadow
    from parity.signature import of_id_lists, sign
    from parity.types import AddedToken, Case, Encoding, Observation, Vocabulary

__version__ = "0.1.0"

__all__ = [
    "AddedToken",
    "Backend",
    "Case",
    "Comparison",
    "Encoding",
    "Identity",
    "Observation",
    "ParityError",
    "Shadow",
    "Unsupported",
    "Verdict",
    "Vocabulary",
    "compare",
    "jobs_for",
    "live",
    "load",
    "of_id_lists",
    "run",
    "sign",
]

_HOMES: Final = {
    "backend": ("Backend", "Identity"),
    "backends": ("load",),
    "compare": ("Comparison", "Verdict"),
    "errors": ("ParityError", "Unsupported"),
    "jobs": ("jobs_for",),
    "run": ("live",),
    "shadow.backend": ("Shadow",),
    "signature": ("of_id_lists", "sign"),
    "types": ("AddedToken", "Case", "Encoding", "Observation", "Vocabulary"),
}
"""The module that each public name comes from."""


def __getattr__(name: str) -> Any:
    if name in ("compare", "run"):
        return importlib.import_module(f"parity.{name}")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"parity.{home}"), name)
    raise AttributeError(f"module 'parity' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
