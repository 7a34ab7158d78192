"""What is found of one prompt when two generations of it are compared, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

LEVELS: Final = ("prompt_ids", "ids", "text", "chunks", "shifts", "rows")
"""L0 to L5, in this order: what goes in, what comes out, as text, as a stream, and the logits."""
CLASSES: Final = (
    "SAME",
    "INPUT",
    "DETOK",
    "STOP",
    "TIE",
    "NEAR_TIE",
    "LOCAL",
    "SYSTEMIC",
    "NONDETERMINISTIC",
    "UNEXPLAINED",
    "FAILED",
    "ABSENT",
)
"""UNEXPLAINED: other ids, and no side gives log-probabilities that would say why. FAILED: a side
failed on it. ABSENT: a side never answered. None of these three is ever a pass."""


class Level(NamedTuple):
    """What one level says.

    outcome: `same`; `differs`; `within` or `beyond` (a budget); `absent`: a side has no such thing.
    place: the first index that differs, None where none does.
    reference, candidate: what stands there, shortened for reading.
    note: why it is absent, or what else is to be known.
    """

    outcome: str
    place: int | None = None
    reference: Any = None
    candidate: Any = None
    note: str = ""


class Finding(NamedTuple):
    """What is found of one prompt.

    kind: one of CLASSES.
    levels: by the names of LEVELS.
    step: the new id, from 0, at which the two part; None where they do not.
    margins: of reference and candidate at that step, in nats; None where unknown.
    shift: the pair shift at that step: the sum of both margins.
    ambient: the greatest pair shift of the steps before it, or of all where ids are the same.
    certified: steps before the first whose margin is below the budget: where ids must be the same.
    steps: steps compared at all.
    confirmed: what a teacher-forced replay said of it, or why there was none.
    note: why it is of this kind, in words.
    """

    prompt: str
    kind: str
    levels: Mapping[str, Level]
    step: int | None = None
    margins: tuple[float | None, float | None] = (None, None)
    shift: float | None = None
    ambient: float | None = None
    certified: int = 0
    steps: int = 0
    confirmed: str = ""
    note: str = ""
