"""Text and chunks of given ids, where an engine gave ids alone: by a named detokenizer.

An engine that answers with ids has no text that could be compared. Any algorithm of
`parity.detokenizers` over any tokenizer can give it one, and which did is said in `Generation.by`.
The ids are streamed one a step, with those of the prompt as context; special tokens are skipped. A
stop string cuts nothing here: the text is that of all ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parity.backend import Backend
from parity.decoding.records import Generation, Outcome
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.detokenizer import Decoder
from parity.detokenizers.engine import run_script
from parity.errors import BadSpec, Unsupported
from parity.seeing import failed
from parity.streaming import decoder_of
from parity.streams import Script, Step
from parity.types import Failure

DECODED: Final = "decode"
"""What makes the text: all ids in one call."""
FINISHES: Final = {"eos": "eos", "id": "stop", "abort": "abort"}
"""How an engine's finish is told to a detokenizer. Others are `length`: a stop string, too, which
would cut the text, and an engine that does not say."""

LOOK_AT_TOKENS: Final = frozenset({"vllm_slow", "llama_cpp"})
"""Algorithms that need tokens and which of them are special, and not decoding alone."""


class StreamBroke(Exception):
    """A detokenizer failed on an id; str() says which algorithm, where, and by what."""


class Named:
    """A named algorithm over a tokenizer: a detokenizer that an outcome can be filled by.

    algorithm: a name of `parity.detokenizers`. of: what the tokenizer is called.
    """

    def __init__(self, algorithm: str, decoder: Decoder, of: str = "") -> None:
        if algorithm not in DETOKENIZERS:
            known = ", ".join(DETOKENIZERS)
            raise BadSpec(f"no detokenizer {algorithm!r}; known: {known}")
        self.algorithm, self.decoder = algorithm, decoder
        self.name = f"{algorithm}@{of}" if of else algorithm


def over(algorithm: str, backend: Backend) -> Named:
    """Return a named algorithm over a backend's tokenizer. Raises BadSpec for another name.

    A backend that shows no vocabulary can still decode, which is all that most algorithms need;
    those that look at tokens raise Unsupported.
    """
    try:
        decoder = decoder_of(backend)
    except Unsupported:
        if algorithm in LOOK_AT_TOKENS:
            raise
        decoder = _decoding_alone(backend)
    return Named(algorithm, decoder, backend.spec or backend.name)


def _decoding_alone(backend: Backend) -> Decoder:
    def decode(ids: Sequence[int], skip_special: bool) -> str:  # noqa: FBT001 (a Callable's)
        text = backend.decode(ids, skip_special)
        return text if isinstance(text, str) else backend.lacks("decode to text")

    def batch(lists: Sequence[Sequence[int]], skip_special: bool) -> list[str]:  # noqa: FBT001
        return [decode(ids, skip_special) for ids in lists]

    def piece(id: int) -> bytes:  # noqa: ARG001 (a Callable's)
        backend.lacks("vocabulary")

    return Decoder(decode, batch, piece, eos=backend.eos())


def script(ids: Sequence[int], prompt: Sequence[int] = (), finish: str = "length") -> Script:
    """Return the run of an engine that gave these ids, one a step."""
    last = len(ids) - 1
    return Script(
        (tuple(prompt),),
        tuple(
            (Step(0, (id,), FINISHES.get(finish, "length") if place == last else ""),)
            for place, id in enumerate(ids)
        ),
    )


def chunks(
    ids: Sequence[int], by: Named, prompt: Sequence[int] = (), finish: str = "length"
) -> tuple[str, ...]:
    """Return what is sent for ids, one a step, and at the end; what is empty is left out.

    Raises StreamBroke, or Unsupported where the tokenizer cannot give what the algorithm needs.
    """
    last = len(ids) - 1
    run = run_script(DETOKENIZERS[by.algorithm], by.decoder, script(ids, prompt, finish))
    for place, row in enumerate(run.emitted):
        if row.error:
            raise StreamBroke(f"{by.name} at id {min(place, last)} of {len(ids)}: {row.error}")
    sent = (row.chunk for row in run.emitted if row.chunk)
    return tuple(
        chunk.decode("utf-8", "replace") if isinstance(chunk, bytes) else chunk for chunk in sent
    )


def filled(outcome: Outcome, by: Named) -> Outcome:
    """Return an outcome with text and chunks where there were none, and what made them.

    What the engine said itself stays. A detokenizer that fails is the failure of this outcome; the
    ids stay in it. One that cannot be asked leaves the outcome without.
    """
    made = outcome.generation
    if outcome.failure or made is None or made.ids is None:
        return outcome
    try:
        for name, make in (("text", _text), ("chunks", _chunks)):
            if getattr(made, name) is None:
                made = make(made, outcome, by)
    except Unsupported:
        return outcome._replace(generation=made)
    except KeyboardInterrupt:
        raise
    except Exception as error:  # noqa: BLE001 (what a tokenizer does is seen)
        return outcome._replace(generation=made, failure=Failure(*failed(error)))
    return outcome._replace(generation=made)


def only_ids(outcome: Outcome) -> Outcome:
    """Return an outcome without the text and the chunks that its engine gave."""
    made = outcome.generation
    if made is None or made.ids is None:
        return outcome
    return outcome._replace(generation=made._replace(text=None, chunks=None))


def _text(made: Generation, outcome: Outcome, by: Named) -> Generation:  # noqa: ARG001 (as below)
    text = by.decoder.decode(list(made.ids or ()), True)  # noqa: FBT003 (a Callable)
    return made._replace(text=text, by={**made.by, "text": f"{DECODED}, {by.name}"})


def _chunks(made: Generation, outcome: Outcome, by: Named) -> Generation:
    sent = chunks(made.ids or (), by, outcome.prompt_ids or (), made.finish)
    return made._replace(chunks=sent, by={**made.by, "chunks": by.name})
