"""The byte-pair trainer that others are compared with, in pure Python, slow and plain (`training`).

The target is the pattern that cuts texts, by name (`parity.training.patterns`) or a file. Options:
`ties`, which of two pairs with one count is merged: `lowest` (the default), `alphabet` or `first`;
`engine`, who reads the pattern: `regex` (the default), or `oniguruma`, as `tokenizers` does.

Each text is cut alone. A byte's id is its value, and the merges follow in order. A size that has
no room for the bytes is a ValueError; where nothing is left to merge there are fewer tokens than
asked.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from parity import training
from parity.backend import Backend, Identity
from parity.errors import BadSpec
from parity.training.patterns import ENGINES, Named, named
from parity.types import Trained

TIES: Final = ("lowest", "alphabet", "first")


class Trainer(Backend):
    """`training.learn`, with a pattern, a rule for ties and an engine."""

    name = "trainer"

    def __init__(self, pattern: Named, ties: str, engine: str) -> None:
        self.pattern, self.ties, self.engine = pattern, ties, engine
        self.cut = ENGINES[engine](pattern.pattern)

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        pieces = [piece.encode() for text in texts for piece in self.cut(text)]
        merges = training.learn(pieces, size, self.ties)
        tokens = [*training.numbered(), *(left + right for left, right in merges)]
        number = {token: id for id, token in enumerate(tokens)}

        def ids(text: str) -> list[int]:
            spelt = (training.spell(piece.encode(), merges) for piece in self.cut(text))
            return [number[token] for tokens in spelt for token in tokens]

        return Trained(merges, tokens, [ids(text) for text in held_out])

    def identity(self) -> Identity:
        facts = {"ties": self.ties, "engine": self.engine, "source": _source()}
        packages = ["tokparity", "regex"]
        return Identity(self, "parity", (), packages, facts | self.pattern.fact)


@functools.cache
def _source() -> str:
    """Return the digest of the trainer's own code."""
    folder = Path(training.__file__).parent
    files = sorted(folder.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def make(target: str, ties: str = "lowest", engine: str = "regex") -> Backend:
    """Return the backend for a pattern, by name or in a file."""
    if ties not in TIES:
        raise BadSpec(f"trainer: ties is {', '.join(TIES)}, not {ties!r}")
    if engine not in ENGINES:
        raise BadSpec(f"trainer: engine is {', '.join(ENGINES)}, not {engine!r}")
    return Trainer(named(target), ties, engine)
