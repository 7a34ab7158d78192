"""What is compared of two sides: their outcomes, without what engines do otherwise by design.

Engines stream by algorithms of their own, and two algorithms may cut one text differently without a
fault. So the chunks of two sides are compared where both say the same algorithm; or where one is
named, which then cuts the ids of both sides, over one tokenizer.

A stop string stays in the text of one engine and is cut off by another. Where two sides say that
they do so, the text that keeps it is cut where the first stop string begins in it, and the chunks
of these prompts are not compared. Where they say the same, nothing is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from parity import backends
from parity.decoded.asked import Wanted
from parity.decoded.sides import Side
from parity.decoding import streamed, weights
from parity.decoding.records import Generation, Outcome, Prompt
from parity.decoding.streamed import Named
from parity.errors import UsageError

KEPT, CUT = "kept", "cut"
BY_STRING: Final = "string"
"""The finish of a generation that a stop string has ended."""
Outcomes = Mapping[str, Outcome]


class Pair(NamedTuple):
    """Both sides' outcomes as they are compared, and what is said of that."""

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


def pair(reference: Side, candidate: Side, by: Named | None, prompts: Sequence[Prompt]) -> Pair:
    """Return what is compared of two sides."""
    ours, theirs, told = reference.outcomes, candidate.outcomes, []
    streams = reference.capabilities.streams, candidate.capabilities.streams
    if by:
        ours, theirs = _chunked(ours, by), _chunked(theirs, by)
        told.append(f"chunks are made by {by.name}")
    elif streams[0] != streams[1]:
        ours, theirs = _each(ours, without_chunks), _each(theirs, without_chunks)
        told.append(f"chunks of {streams[0] or 'no stream'} and {streams[1] or 'no stream'} are "
                    "not compared")  # fmt: skip
    keeps = reference.capabilities.stop_text, candidate.capabilities.stop_text
    if set(keeps) == {KEPT, CUT} and any(prompt.stop for prompt in prompts):
        stops = {prompt.id: prompt.stop for prompt in prompts}
        ours = _stopped(ours, stops, cut=keeps[0] == KEPT)
        theirs = _stopped(theirs, stops, cut=keeps[1] == KEPT)
        told.append("one side keeps a stop string in the text: texts are compared up to it")
    return Pair(ours, theirs, "; ".join(told))


def cut(text: str, stops: Sequence[str]) -> str:
    """Return a text up to where the first of the stop strings begins in it.

    >>> cut("one two three", ["three", "two"])
    'one '
    """
    return text[: min((text.find(stop) for stop in stops if stop in text), default=len(text))]


def without_chunks(made: Generation) -> Generation:
    """Return a generation without chunks; its text stays."""
    return made._replace(chunks=None)


def _chunked(outcomes: Outcomes, by: Named) -> dict[str, Outcome]:
    bare = _each(outcomes, without_chunks)
    return {name: streamed.filled(one, by) for name, one in bare.items()}


def _stopped(
    outcomes: Outcomes, stops: Mapping[str, Sequence[str]], *, cut: bool
) -> dict[str, Outcome]:
    """Return outcomes; those that a stop string ended without chunks, and cut where it is kept."""
    return {
        name: one._replace(generation=_at_stop(one.generation, stops[name] if cut else ()))
        if one.generation and one.generation.finish == BY_STRING
        else one
        for name, one in outcomes.items()
    }


def _at_stop(made: Generation, stops: Sequence[str]) -> Generation:
    text = made.text if made.text is None else cut(made.text, stops)
    return made._replace(text=text, chunks=None)


def _each(outcomes: Outcomes, change: Callable[[Generation], Generation]) -> dict[str, Outcome]:
    return {
        name: one._replace(generation=change(one.generation)) if one.generation else one
        for name, one in outcomes.items()
    }
