"""Sequences of ids that no text encodes to: the input of decoding and of streaming.

Ids of single bytes, of tokens that end inside a character, of special tokens, and of no token at
all: between the ids of the vocabulary, right after the last, and far from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

from parity.generate import LONGEST, WEIGHTS
from parity.generators.known import Known
from parity.grammar import Changed, Choose, Grammar, Many, OneOf

SPELT: Final = ("é", "世", "😀", "\u0e01", "\n", "\ufffd")
"""Characters that are also given byte by byte, whole and cut short, where there are such ids."""
WHOLE, BYTES = 5, 1
"""How often an id comes alone, and how often the bytes of a character."""
RESERVED: Final = 1
"""How often a reserved id comes, of about a hundred."""


def grammar(known: Known) -> Grammar:
    """Return 1 to 24 ids, more where one is spelled by its bytes."""
    single, spelt = one(known), _spelt(known)
    if not spelt:
        return Changed(Many(single, 1, LONGEST), tuple)
    run = OneOf((Changed(single, lambda number: (number,)), Choose(spelt)), (WHOLE, BYTES))
    return Changed(Many(run, 1, LONGEST), lambda runs: tuple(chain.from_iterable(runs)))


def one(known: Known) -> Grammar:
    """Return one id: of a pool, as often as `parity.generate` draws from it, or reserved."""
    pools = [*known.pools, known.reserved]
    weights = [*(weight[0] for weight in WEIGHTS), RESERVED]
    there = [(pool, weight) for pool, weight in zip(pools, weights, strict=True) if pool]
    return OneOf([Choose(pool) for pool, _ in there], [weight for _, weight in there])


def _spelt(known: Known) -> Sequence[tuple[int, ...]]:
    """Return ids of the bytes of characters, the first of them, the first two, and so on."""
    found = []
    for data in (char.encode() for char in SPELT):
        ids = tuple(known.table.bytes[byte] for byte in data if byte in known.table.bytes)
        found += [ids[: end + 1] for end in range(len(data))] if len(ids) == len(data) else []
    return found
