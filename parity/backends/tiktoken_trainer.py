"""tiktoken's educational trainer and encoder: `bpe_train` and SimpleBytePairEncoding. Slow.

The target is the pattern that cuts texts, by name (`parity.training.patterns`) or a file. Ids are
the library's own: a byte's is its value, and merges follow in order.

The library learns of one text. One text alone is given as it is. Several are cut by the adapter,
each alone, with the pattern and the engine that the library has (`regex`), and their pieces are
given as one text, with a character between them that no text has, and a pattern that finds what
stands between.

It shows tokens by rank and no pairs: a token's pair is what the merges before it spell it as
(`training.pairs_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import regex
from tiktoken._educational import SimpleBytePairEncoding, bpe_train

from parity.backend import Backend, Identity
from parity.training import BYTES, pairs_of
from parity.training.patterns import Named, by_regex, named
from parity.types import Trained

SEPARATORS: Final = [chr(0x10FFFF), *map(chr, range(0xE000, 0xF900))]


class TiktokenTrainer(Backend):
    """A `SimpleBytePairEncoding`, a new one for each training."""

    name = "tiktoken_trainer"

    def __init__(self, pattern: Named) -> None:
        self.pattern = pattern
        self.cut = by_regex(pattern.pattern)

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        data, pattern = self._data(texts)
        ranks = bpe_train(data=data, vocab_size=size, pat_str=pattern, visualise=None)
        tokens = sorted(ranks, key=ranks.__getitem__)
        encoding = SimpleBytePairEncoding(pat_str=self.pattern.pattern, mergeable_ranks=ranks)
        ids = [encoding.encode(text, visualise=None) for text in held_out]
        return Trained(pairs_of(tokens[BYTES:]), tokens, ids)

    def _data(self, texts: Sequence[str]) -> tuple[str, str]:
        if len(texts) == 1:
            return texts[0], self.pattern.pattern
        between = next(one for one in SEPARATORS if not any(one in text for text in texts))
        pieces = [piece for text in texts for piece in self.cut(text)]
        return between.join(pieces), f"[^{regex.escape(between)}]+"

    def identity(self) -> Identity:
        packages = ["tiktoken", "regex"]
        return Identity(SimpleBytePairEncoding, "tiktoken", (), packages, self.pattern.fact)


def make(target: str) -> Backend:
    """Return the backend for a pattern, by name or in a file."""
    return TiktokenTrainer(named(target))
