"""The rustbpe package, which trains byte-pair vocabularies for tiktoken.

The target is the pattern that cuts texts, by name (`parity.training.patterns`) or a file;
`default` leaves it to the library. Ids are the library's own: a byte's is its value, and merges
follow in order.

rustbpe shows tokens by rank and no pairs: a token's pair is what the merges before it spell it as
(`training.pairs_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import rustbpe

from parity.backend import Backend, Identity
from parity.training import BYTES, pairs_of
from parity.training.patterns import Named, named
from parity.types import Trained

LANGUAGE: Final = "Rust"
DEFAULT: Final = "default"


class RustBPE(Backend):
    """A `rustbpe.Tokenizer`, a new one for each training."""

    name = "rustbpe"

    def __init__(self, pattern: Named | None) -> None:
        self.pattern = pattern

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        tokenizer = rustbpe.Tokenizer()
        pattern = self.pattern.pattern if self.pattern else None
        tokenizer.train_from_iterator(list(texts), size, pattern=pattern)
        ranks = sorted(tokenizer.get_mergeable_ranks(), key=lambda row: row[1])
        tokens = [bytes(token) for token, _ in ranks]
        ids = [tokenizer.encode(text) for text in held_out]
        return Trained(pairs_of(tokens[BYTES:]), tokens, ids)

    def identity(self) -> Identity:
        facts = self.pattern.fact if self.pattern else {"pattern": DEFAULT}
        return Identity(rustbpe.Tokenizer, "rustbpe", (), ["rustbpe"], facts)


def make(target: str) -> Backend:
    """Return the backend for a pattern, by name or in a file, or `default`."""
    return RustBPE(None if target == DEFAULT else named(target))
