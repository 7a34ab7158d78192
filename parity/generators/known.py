"""What generators know of the tokenizer at hand: its tokens, its added tokens, its ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from parity.backend import Backend
from parity.generate import Pools, pools
from parity.pieces import Table
from parity.seeing import observe, plain_encodings
from parity.streaming import table_of
from parity.types import AddedToken

PAST: Final = (1, 2, 64)
"""How far past the last id reserved ids are: a model may be larger than its tokenizer."""


class Known(NamedTuple):
    """What generators know of a tokenizer.

    tokens: texts of the tokens that are whole text, the simplest first; without added ones.
    unreachable: those of them whose text does not encode to their own id, neither alone nor as the
        end of a text, behind a newline.
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

    Every token's text is encoded in one batch, as plain text; what that does not give, once more
    behind a newline.
    """
    seen = observe(lambda: (table_of(backend), backend.vocabulary()))
    if seen.failure:
        return NOTHING  # a check says so, where it is no answer
    table, vocabulary = seen.value
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
    """Return tokens that their text does not give, neither alone nor behind a newline."""
    left = list(tokens)
    for before in ("", "\n"):
        batch = [before + text for text in left]
        seen = observe(lambda batch=batch: plain_encodings(backend.encode_batch(batch, "plain")))
        if seen.failure or len(seen.value) != len(left):
            return []
        rows = zip(left, seen.value, strict=True)
        alone = not before
        left = [text for text, made in rows if not _ends_with(made.ids, ids[text], alone=alone)]
    return left


def _ends_with(made: Sequence[int], id: int, *, alone: bool) -> bool:
    return list(made[-1:]) == [id] and (len(made) == 1 or not alone)
