"""What is compared of two sides' streams: chunks of one algorithm, or none.

Engines stream by algorithms of their own, and two algorithms may cut one text differently without
a fault. So the chunks of two sides are compared where both say the same algorithm; or where one is
named, which then cuts the ids of both sides, over one tokenizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from parity import backends
from parity.decoded.asked import Wanted
from parity.decoded.sides import Side
from parity.decoding import streamed, weights
from parity.decoding.records import Outcome
from parity.decoding.streamed import Named
from parity.errors import UsageError

Outcomes = Mapping[str, Outcome]


class Pair(NamedTuple):
    """Both sides' outcomes as they are compared, and what is said of their chunks."""

    reference: Outcomes
    candidate: Outcomes
    said: str = ""


def named(wanted: Wanted) -> Named | None:
    """Return the detokenizer that is named, over the tokenizer that is, or over the model's own.

    Raises UsageError, BadSpec, and what loading a backend raises.
    """
    if not wanted.detokenizer:
        if wanted.tokenizer:
            raise UsageError("--tokenizer is what a --detokenizer decodes with: name one")
        return None
    spec = wanted.tokenizer or f"hf:{weights.find(wanted.model, 'safetensors')}"
    return streamed.over(wanted.detokenizer, backends.load(spec))


def pair(reference: Side, candidate: Side, by: Named | None) -> Pair:
    """Return what is compared of two sides."""
    ours, theirs = reference.outcomes, candidate.outcomes
    if by:
        return Pair(_cut(ours, by), _cut(theirs, by), f"chunks by {by.name}")
    own = reference.capabilities.streams, candidate.capabilities.streams
    if own[0] == own[1]:
        return Pair(ours, theirs)
    said = f"the chunks of {own[0] or 'none'} and {own[1] or 'none'} are not compared"
    return Pair(_without(ours), _without(theirs), said)


def _cut(outcomes: Outcomes, by: Named) -> dict[str, Outcome]:
    return {name: streamed.filled(one, by) for name, one in _without(outcomes).items()}


def _without(outcomes: Outcomes) -> dict[str, Outcome]:
    """Return outcomes without chunks; the texts of engines stay."""
    return {
        name: one._replace(generation=one.generation._replace(chunks=None))
        if one.generation
        else one
        for name, one in outcomes.items()
    }
