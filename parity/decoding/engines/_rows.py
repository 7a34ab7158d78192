"""A row of logits in numpy, as a step that is kept: its best log-probabilities and its digest."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from parity.decoding.records import Step


def step_of(row: Any, top: int) -> Step:
    """Return the step of a row of raw logits; of equal ones the lower id comes first."""
    logits = np.asarray(row, dtype="<f4")
    wide = logits.astype(np.float64)
    highest = wide.max()
    below = wide - (highest + np.log(np.exp(wide - highest).sum()))
    best = _best(logits, top)
    return Step(
        tuple((int(id), float(below[id])) for id in best),
        hashlib.sha256(logits.tobytes()).hexdigest(),
    )


def _best(logits: Any, top: int) -> Any:
    """Return the ids of the greatest logits, in order."""
    if top < len(logits):
        least = np.partition(logits, len(logits) - top - 1)[len(logits) - top :].min()
        among = np.flatnonzero(logits >= least)
    else:
        among = np.arange(len(logits))
    return among[np.argsort(-logits[among], kind="stable")][:top]
