"""The noise of a reference: what it differs from itself by, in other numerics.

It is read from the folder of goldens where it is kept there for this model, dtype and device, and
else measured: another number of prompts at once, and float64 where the engine has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from parity.decoded import modes
from parity.decoded.asked import Asked
from parity.decoded.sides import Side
from parity.decoded.waves import Absent
from parity.decoding import budgets, engines, profiles
from parity.decoding.budgets import Budget, Key
from parity.decoding.engines import Spec
from parity.decoding.records import Outcome
from parity.errors import Inconclusive
from parity.fingerprint import Fingerprint

ALONE, TOGETHER = "1", "4"
"""Prompts at once, in a control of a reference that takes several or one."""
WEIGHTS: Final = (".safetensors", ".gguf", ".bin", ".pt", ".npz")


class Noise(NamedTuple):
    """A budget, or None; and how it came about, or why there is none."""

    budget: Budget | None
    said: str


def key_of(reference: Side) -> Key:
    """Return what a budget of this reference belongs to."""
    able = reference.capabilities
    return Key(model_digest(reference.mark), able.dtype, able.device)


def model_digest(mark: Fingerprint) -> str:
    """Return the SHA-256 of a side's weights; of several files, that of their digests.

    Where it names no weights, of all that it is.
    """
    files = [sha for name, sha in sorted(mark.artefacts.items()) if name.endswith(WEIGHTS)]
    if len(files) == 1:
        return files[0]
    what = files or [repr(mark.essence())]
    return hashlib.sha256("\n".join(what).encode()).hexdigest()


def controls(asked: Asked, reference: Side) -> dict[str, Spec]:
    """Return the reference in other numerics, by the names of their records.

    None where a budget is kept, is not needed, or cannot be measured.
    """
    if not _measurable(asked, reference) or _kept(asked, reference):
        return {}
    spec, able = asked.reference, reference.capabilities
    found: dict[str, Spec] = {}
    if able.together > 1:
        batch = TOGETHER if spec.asked.get("batch", ALONE) == ALONE else ALONE
        found["control-batch"] = modes.vary(spec, {"batch": batch})
    if "dtype" in engines.options(spec.kind) and able.dtype == "float32":
        found["control-float64"] = modes.vary(spec, {"dtype": "float64"})
    return found


def of(asked: Asked, reference: Side, found: Mapping[str, Side | Absent]) -> Noise:
    """Return the noise of a reference, kept or by its controls. Raises GoldenError."""
    factor = profiles.named(asked.wanted.profile).factor
    if not factor:
        return Noise(None, "this profile needs no budget")
    kept = _kept(asked, reference)
    if kept:
        return Noise(kept, f"budget {kept}, kept in {asked.wanted.golden}")
    if not reference.capabilities.top:
        return Noise(None, "no budget: the reference gives no log-probabilities")
    ran = {one.text: one for one in found.values() if isinstance(one, Side)}
    lacking = [f"{one.text}: {one.error}" for one in found.values() if isinstance(one, Absent)]
    try:
        budget = budgets.measure(
            _listed(reference), {text: _listed(side) for text, side in ran.items()},
            key_of(reference), factor,
        )  # fmt: skip
    except Inconclusive as error:
        return Noise(None, "; ".join([f"no {error}", *lacking]))
    return Noise(budget, "; ".join([f"budget {budget}, measured now", *lacking]))


def _measurable(asked: Asked, reference: Side) -> bool:
    return profiles.named(asked.wanted.profile).factor > 0 and reference.capabilities.top > 0


def _kept(asked: Asked, reference: Side) -> Budget | None:
    """Return the budget that is kept, by the profile's factor; None where it is measured anew."""
    if asked.wanted.golden is None or asked.wanted.update:
        return None
    found = budgets.read(asked.wanted.golden, key_of(reference))
    return found and found.rescaled(profiles.named(asked.wanted.profile).factor)


def _listed(side: Side) -> Sequence[Outcome]:
    return list(side.outcomes.values())
