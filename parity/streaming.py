"""What detokenizers and stream cases ask of a backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from parity import pieces
from parity.backend import Backend
from parity.detokenizers.detokenizer import Decoder, Make
from parity.detokenizers.engine import run_script
from parity.stream_cases import StopScript
from parity.streams import Emitted, Script, Step, StopStep


class _Known(NamedTuple):
    """What is read off a vocabulary once."""

    bytes: dict[int, bytes]
    special: frozenset[int]
    eos: int | None
    size: int


_KNOWN: Final[WeakKeyDictionary[Backend, _Known]] = WeakKeyDictionary()


def decoder_of(backend: Backend) -> Decoder:
    """Return what a detokenizer may ask of a backend's tokenizer.

    Raises Unsupported, at the call, for what the backend lacks.
    """
    known = _known(backend)

    def decode(ids: Sequence[int], skip_special: bool) -> str:  # noqa: FBT001 (a Callable's)
        return _text(backend, backend.decode(ids, skip_special))

    def decode_batch(batch: Sequence[Sequence[int]], skip_special: bool) -> Sequence[str]:  # noqa: FBT001
        return [_text(backend, text) for text in backend.decode_batch(batch, skip_special)]

    def piece(id: int) -> bytes:
        return known.bytes.get(id, b"")

    return Decoder(
        decode,
        decode_batch,
        piece,
        known.special,
        known.eos,
        known.size,
    )


def table_of(backend: Backend) -> pieces.Table:
    """Return what the pieces of stream cases are resolved with, as the backend has it."""
    return pieces.table(
        backend.vocabulary(), backend.eos(), lambda text: backend.encode(text, "plain").ids
    )


def _text(backend: Backend, text: str | bytes) -> str:
    """Return decoded text; a library that gives bytes has no detokenizer of text."""
    return text if isinstance(text, str) else backend.lacks("decode to text")


def _known(backend: Backend) -> _Known:
    if backend not in _KNOWN:
        _KNOWN[backend] = _read(backend)
    return _KNOWN[backend]


def _read(backend: Backend) -> _Known:
    vocabulary = backend.vocabulary()
    found = pieces.bytes_of(vocabulary)
    special = frozenset(id for id, token in vocabulary.added.items() if token.special)
    return _Known(found, special, backend.eos(), max(found, default=-1) + 1)


def stop_steps(make: Make, decoder: Decoder, script: StopScript) -> list[StopStep]:
    """Return what a stop decoder gets of a script: what a detokenizer makes of its steps.

    A step that has ids after a stop token is cut behind it, as engines look at each id. What is
    sent at the end belongs to the last step. Special tokens are skipped.
    """
    parts = [part for ids in script.steps for part in _after_stops(ids, script.stops.ids)]
    last = len(parts) - 1
    steps = [
        Step(0, ids, script.finish if number == last else "") for number, ids in enumerate(parts)
    ]
    seen = run_script(make, decoder, Script(((),), tuple((step,) for step in steps)))
    *texts, end = [_sent(row) for row in seen.emitted]
    texts[-1] += end
    shown = [decoder.decode(ids[-1:], True) for ids in parts]  # noqa: FBT003 (a Callable)
    return [
        StopStep(step.ids, text, step.finish, alone)
        for step, text, alone in zip(steps, texts, shown, strict=True)
    ]


def _after_stops(ids: tuple[int, ...], stops: Sequence[int]) -> Iterator[tuple[int, ...]]:
    start = 0
    for place, id in enumerate(ids[:-1], 1):
        if id in stops:
            yield ids[start:place]
            start = place
    yield ids[start:]


def _sent(row: Emitted) -> str:
    """Return the text of a row; an error sends nothing, bytes as text as servers show them."""
    chunk = row.chunk or ""
    return chunk.decode("utf-8", "replace") if isinstance(chunk, bytes) else chunk
