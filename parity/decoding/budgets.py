"""What the noise of a reference is: a budget in nats that was measured, never guessed.

A budget is a factor times the greatest pair shift of the reference against itself in other numerics
(another batch size, float64). It belongs to a model, a dtype and a class of devices, is kept in git
under that key, and is refused for any other.

    golden/decode/budgets/<first 12 of the model's digest>.<dtype>.<device>.json
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from parity.decoding.records import Outcome
from parity.errors import GoldenError, Inconclusive

FACTOR: Final = 10.0
"""How often the greatest shift that was seen fits into a budget, where dtypes are fine."""


class Key(NamedTuple):
    """What a budget belongs to: the SHA-256 of a model, where it is computed and in what."""

    model: str
    dtype: str
    device: str


class Budget(NamedTuple):
    """The pair shift that is noise of a reference.

    nats: factor * ambient.
    key: what it belongs to.
    controls: the specs that the reference was compared with.
    steps: of which a shift is known. ambient: the greatest of them.
    """

    nats: float
    key: Key
    controls: tuple[str, ...]
    steps: int
    ambient: float
    factor: float = FACTOR


def measure(
    reference: Sequence[Outcome],
    controls: Mapping[str, Sequence[Outcome]],
    key: Key,
    factor: float = FACTOR,
    *,
    identical: bool = False,
) -> Budget:
    """Return the budget that self-controls give: outcomes of the same prompts, by spec.

    identical: whether a budget of zero is meant, as for an engine that must repeat itself.
    Raises Inconclusive where no step was compared, a control failed on every prompt, or all are
    bit-identical: a control in the same numerics measures nothing.
    """
    raise Inconclusive("no budget was measured")


def place(folder: Path, key: Key) -> Path:
    """Return where a budget is kept, below the folder of goldens."""
    return folder / "decode" / "budgets" / f"{key.model[:12]}.{key.dtype}.{key.device}.json"


def read(folder: Path, key: Key) -> Budget | None:
    """Return the budget of a key, or None where none is kept. Raises GoldenError.

    It is refused where it is another key's, or not factor * ambient.
    """
    return None


def write(folder: Path, budget: Budget, environ: Mapping[str, str]) -> Path:
    """Keep a budget and return where. Raises GoldenError, always where CI is set."""
    raise GoldenError("no budget is written yet")
