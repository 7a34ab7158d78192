"""What is kept of a step's logits: the first log-probabilities, and a digest of the row.

Ids are ordered by their logits, ties by the lowest id. A log-probability is the logit as it is,
less the logarithm of the sum of exponentials; both are taken in float64, so that a margin is
exactly that of the logits.
"""

from __future__ import annotations

import hashlib

import torch

from parity.backend import Breach
from parity.decoding.records import Step


class NotANumber(Breach):
    """Logits with a NaN in them: nothing can be chosen from them."""


def steps(logits: torch.Tensor, top: int) -> tuple[Step, ...]:
    """Return the step of each row of logits, [steps, vocabulary]. Raises NotANumber."""
    return tuple(_step(row, number, top) for number, row in enumerate(logits.cpu()))


def _step(row: torch.Tensor, number: int, top: int) -> Step:
    if torch.isnan(row).any():
        raise NotANumber(f"the logits of step {number} have a NaN in them")
    whole = row.double()
    ids = best(row, top)
    values = (whole[ids] - torch.logsumexp(whole, 0)).tolist()
    return Step(tuple(zip(ids.tolist(), values, strict=True)), digest(row))


def best(row: torch.Tensor, top: int) -> torch.Tensor:
    """Return the ids of the greatest logits, best first; of equal ones, the lowest id.

    torch.topk leaves it open which of equal ones it takes.
    """
    least = torch.topk(row, min(top, len(row))).values[-1]
    ids = (row >= least).nonzero().flatten()
    order = torch.sort(row[ids], descending=True, stable=True).indices
    return ids[order][:top]


def digest(row: torch.Tensor) -> str:
    """Return the SHA-256 of a row as little-endian float32."""
    data = row.to(torch.float32).contiguous().numpy().astype("<f4")
    return hashlib.sha256(data.tobytes()).hexdigest()
