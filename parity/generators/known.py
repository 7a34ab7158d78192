"""What generators know of the tokenizer at hand: its tokens, its added tokens, its ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from parity.backend import Backend
from parity.errors import Unsupported
from parity.generate import Pools, pools
from parity.pieces import Table
from parity.streaming import table_of
from parity.types import AddedToken

PAST: Final = (1, 2, 64)
"""How far past the last id reserved ids are: a model may be larger than its tokenizer."""


class Known(NamedTuple):
    """What generators know of a tokenizer.

    tokens: texts of the tokens that are whole text, the simplest first; without added ones.
    unreachable: those of them whose text does not encode to their own id alone.
    added: the added tokens, with their flags, by ascending id.
    table: what ids are spelled with; see `pieces`.
    pools: ids by what they do to a stream; see `generate`.
    reserved: ids that no token has, between those that one has and right after the last.
    """

    tokens: Sequence[str]
    unreachable: Sequence[str]
    added: Sequence[AddedToken]
    table: Table
    pools: Pools
    reserved: Sequence[int]


def _no_ids(text: str) -> Sequence[int]:  # noqa: ARG001 (a tokenizer's)
    return ()


NOTHING: Final = Known((), (), (), Table({}, {}, (), None, _no_ids), Pools(*[()] * 7), ())
"""What is known without a tokenizer."""


def known(backend: Backend) -> Known:
    """Return what a backend's vocabulary tells; NOTHING where it has none to show.

    Every token's text is encoded once, in one batch, as plain text.
    """
    try:
        table, vocabulary = table_of(backend), backend.vocabulary()
    except Unsupported:
        return NOTHING
    texts = dict(_texts(table))
    tokens = sorted(texts, key=_simplicity)
    taken = {*vocabulary.tokens, *vocabulary.added}
    last = max(taken, default=0)
    holes = sorted(set(range(last)) - taken)
    return Known(
        tokens,
        _unreachable(backend, tokens, texts),
        [vocabulary.added[id] for id in sorted(vocabulary.added)],
        table,
        pools(table),
        [*holes, *(last + past for past in PAST)],
    )


def _simplicity(text: str) -> tuple[int, bool, str]:
    """Order texts: the shortest first, of those what one can read."""
    return len(text), not (text.isascii() and text.isalnum()), text


def _texts(table: Table) -> list[tuple[str, int]]:
    found = []
    for data, id in table.ids.items():
        try:
            found.append((data.decode("utf-8"), id))
        except UnicodeDecodeError:
            continue
    return [(text, id) for text, id in found if text]


def _unreachable(backend: Backend, tokens: Sequence[str], ids: dict[str, int]) -> list[str]:
    try:
        encoded = backend.encode_batch(tokens, "plain")
    except Unsupported:
        return []
    rows = zip(tokens, encoded, strict=True)
    return [text for text, encoding in rows if list(encoding.ids) != [ids[text]]]
