"""What is compared of two sides: their outcomes, without what engines do otherwise by design.

Engines stream by algorithms of their own, and two algorithms may cut one text differently without a
fault. So the chunks of two sides are compared where both say the same algorithm. Where they do not,
the stream of one, the candidate's if it has one, is held to the algorithm that it says it is, over
the ids of the other side; chunks without text, which an engine may send or not, are left out then,
and so are prompts with stop strings, for which an engine holds text back.
A detokenizer that is named cuts the ids of both sides, and no stream is compared.

A stop string stays in the text of one engine and is cut off by another. Where two sides say that
they do so, the text that keeps it is cut where the first stop string begins in it, and the chunks
of these prompts are not compared. Where they say the same, nothing is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Final, NamedTuple

from parity import backends
from parity.backend import Backend
from parity.decoded.asked import Wanted
from parity.decoded.sides import Side
from parity.decoding import streamed, weights
from parity.decoding.records import Generation, Outcome, Prompt
from parity.decoding.streamed import Named
from parity.errors import ParityError, UsageError

KEPT, CUT = "kept", "cut"
BY_STRING: Final = "string"
"""The finish of a generation that a stop string has ended."""
SIDES: Final = ("reference", "candidate")
Outcomes = Mapping[str, Outcome]


class Pair(NamedTuple):
    """Both sides' outcomes as they are compared, and what is said of that."""

    reference: Outcomes
    candidate: Outcomes
    said: str = ""


class Cutters:
    """Detokenizers over one tokenizer: the one that is named, or the model's own.

    named: what cuts the ids of both sides, if the command says so.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._spec, self._model = wanted.tokenizer, wanted.model
        self._backend: Backend | None = None
        self.named = self.of(wanted.detokenizer) if wanted.detokenizer else None

    def of(self, algorithm: str) -> Named:
        """Return an algorithm by its name. Raises BadSpec, and what loading the tokenizer does."""
        if self._backend is None:
            spec = self._spec or f"hf:{weights.find(self._model, 'safetensors')}"
            self._backend = backends.load(spec)
        return streamed.over(algorithm, self._backend)


def cutters(wanted: Wanted) -> Cutters:
    """Return what cuts ids into chunks. Raises UsageError, BadSpec, and what loading raises."""
    if wanted.tokenizer and not wanted.detokenizer:
        raise UsageError("--tokenizer is what a --detokenizer decodes with: name one")
    return Cutters(wanted)


def pair(reference: Side, candidate: Side, by: Cutters, prompts: Sequence[Prompt]) -> Pair:
    """Return what is compared of two sides."""
    ours: Outcomes = reference.outcomes
    theirs: Outcomes = candidate.outcomes
    told = []
    streams = reference.capabilities.streams, candidate.capabilities.streams
    if by.named:
        ours, theirs = _chunked(ours, by.named), _chunked(theirs, by.named)
        told.append(f"chunks are made by {by.named.name}")
    elif streams[0] != streams[1]:
        ours, theirs, said = _held_to_a_stream(ours, theirs, streams, by)
        stopping = {prompt.id for prompt in prompts if prompt.stop}
        ours, theirs = _bare(ours, stopping), _bare(theirs, stopping)
        told.append(said)
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


def _held_to_a_stream(
    ours: Outcomes, theirs: Outcomes, streams: tuple[str, str], by: Cutters
) -> tuple[Outcomes, Outcomes, str]:
    """Return both sides with chunks of one algorithm: the one streams by it, the other is cut."""
    real = 1 if streams[1] else 0
    try:
        cutter = by.of(streams[real])
    except ParityError as error:
        said = f"chunks of {streams[real]} are not compared: {error}"
        return _bare(ours, ours), _bare(theirs, theirs), said
    ours = _chunked(ours, cutter) if real else _each(ours, _without_empty)
    theirs = _each(theirs, _without_empty) if real else _chunked(theirs, cutter)
    said = f"the stream of the {SIDES[real]} is held to {cutter.name} over the other's ids"
    return ours, theirs, said


def _bare(outcomes: Outcomes, which: Container[str]) -> Outcomes:
    """Return outcomes, those of some prompts without chunks."""
    bare = _each(outcomes, without_chunks)
    return {name: bare[name] if name in which else one for name, one in outcomes.items()}


def _without_empty(made: Generation) -> Generation:
    sent = made.chunks and tuple(chunk for chunk in made.chunks if chunk)
    return made._replace(chunks=sent)


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
