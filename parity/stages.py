"""The stages of a tokenizer, opened: what each of them made of one text, and where two part.

    text -> added tokens are taken out -> normalizer -> pre-tokenizer -> model
         -> truncation -> post-processor -> padding

Spans are half-open ranges in code points of the text as it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

Span = tuple[int, int]


class Added(NamedTuple):
    """An added token that was found in the text, with what it stripped of its neighbours."""

    id: int
    text: str
    span: Span


class Normalised(NamedTuple):
    """A text between added tokens, normalised; spans: for each character what it stands for."""

    text: str
    spans: tuple[Span, ...]


class PreToken(NamedTuple):
    """A piece that the model gets, as the model reads it."""

    text: str
    span: Span


class Token(NamedTuple):
    """What the model made of a part of a pre-token, all its merges done; or an added token."""

    id: int
    text: str
    span: Span


class Stages(NamedTuple):
    """What each stage made of one text, in the order of the text.

    tokens: before truncation, the added tokens between them.
    kept: ids of the text that truncation left. ids: these and what the post-processor added.
    spans: of each of these ids, in the end. padded: all ids, those of padding too.
    """

    added: tuple[Added, ...]
    normalised: tuple[Normalised, ...]
    pieces: tuple[PreToken, ...]
    tokens: tuple[Token, ...]
    kept: tuple[int, ...]
    ids: tuple[int, ...]
    spans: tuple[Span, ...]
    padded: tuple[int, ...]


def ended(
    ids: Sequence[int], spans: Sequence[Span], special: Sequence[int], attended: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[Span, ...], tuple[int, ...]]:
    """Return the last four fields of Stages, of an encoding and its two masks.

    >>> ended([7, 1, 0], [(0, 0), (0, 1), (0, 0)], [1, 0, 1], [1, 1, 0])
    ((1,), (7, 1), ((0, 0), (0, 1)), (7, 1, 0))
    """
    rows = list(zip(ids, spans, special, attended, strict=True))
    real = [(id, span) for id, span, _, attention in rows if attention]
    return (
        tuple(id for id, _, mask, attention in rows if attention and not mask),
        tuple(id for id, _ in real),
        tuple(span for _, span in real),
        tuple(ids),
    )


class Parting(NamedTuple):
    """The first stage whose results differ; `spans_only` where the contents are the same."""

    stage: str
    spans_only: bool = False


DECODER: Final = "decoder"
CONTENTS: Final[dict[str, Callable[[Stages], Any]]] = {
    "added tokens": lambda seen: [(one.id, one.text) for one in seen.added],
    "normalizer": lambda seen: [one.text for one in seen.normalised],
    "pre-tokenizer": lambda seen: [one.text for one in seen.pieces],
    "model": lambda seen: [(one.id, one.text) for one in seen.tokens],
    "truncation": lambda seen: seen.kept,
    "post-processor": lambda seen: seen.ids,
    "padding": lambda seen: seen.padded,
}
"""What a stage says of the text, by the stage's name, from the first to the last."""
WHERE: Final[dict[str, Callable[[Stages], Any]]] = {
    "added tokens": lambda seen: [one.span for one in seen.added],
    "normalizer": lambda seen: [one.spans for one in seen.normalised],
    "pre-tokenizer": lambda seen: [one.span for one in seen.pieces],
    "model": lambda seen: [one.span for one in seen.tokens],
    "post-processor": lambda seen: seen.spans,
}
"""Where a stage says that it is from."""


def parting(reference: Stages, candidate: Stages) -> Parting | None:
    """Return the first stage that differs, or None.

    Contents first: where they differ anywhere, spans that differ before that explain nothing.

    >>> end = ended([1], [(0, 1)], [0], [1])
    >>> one = Stages((), (Normalised("a", ((0, 1),)),), (), (), *end)
    >>> parting(one, one._replace(ids=(2,), padded=(2,)))
    Parting(stage='post-processor', spans_only=False)
    >>> parting(one, one._replace(normalised=(Normalised("a", ((0, 2),)),)))
    Parting(stage='normalizer', spans_only=True)
    """
    for table, spans_only in ((CONTENTS, False), (WHERE, True)):
        for name, look in table.items():
            if look(reference) != look(candidate):
                return Parting(name, spans_only)
    return None
