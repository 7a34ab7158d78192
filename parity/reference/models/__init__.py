"""The key `model`: from the text of one piece to ids. One file for each type.

    BPE         merges neighbouring symbols, best pair first               bpe.py
    Unigram     the cut into pieces whose scores add up to the most        unigram.py
    WordPiece   the longest known prefix, again and again                  wordpiece.py
    WordLevel   the piece is a word of the vocabulary, or unknown          wordlevel.py

A model knows nothing of the original text: it says where in the piece its tokens lie, in code
points, and the caller looks up what these stand for.

A `type` that is missing is guessed from the other keys, as old files need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from parity.reference.models.bpe import read_bpe
from parity.reference.models.unigram import read_unigram
from parity.reference.models.wordlevel import read_word_level
from parity.reference.models.wordpiece import read_word_piece

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from parity.reference.document import Node
    from parity.reference.models.vocabulary import Found

__all__ = ["Model", "read_model"]


class Model(Protocol):
    """What the four have in common.

    vocab: token string to id. tokens: id to token string.
    """

    @property
    def vocab(self) -> Mapping[str, int]: ...  # noqa: D102 - see the class

    @property
    def tokens(self) -> Mapping[int, str]: ...  # noqa: D102 - see the class

    def encode(self, piece: str) -> list[Found]:
        """Return the tokens of one piece, from left to right."""


READERS: Final[dict[str, Callable[[Node], Model]]] = {
    "BPE": read_bpe,
    "Unigram": read_unigram,
    "WordPiece": read_word_piece,
    "WordLevel": read_word_level,
}


UNTYPED: Final = {
    "BPE": ("vocab", "merges"),
    "WordPiece": ("vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"),
    "WordLevel": ("vocab", "unk_token"),
    "Unigram": ("vocab", "unk_id"),
}
"""What a model without a type is known by, as tokenizers tries them."""


def read_model(node: Node) -> Model:
    """Return the model that the node describes; raises BadSpec, Unsupported."""
    kind = node.kind(UNTYPED)
    if kind not in READERS:
        raise node.bad(f"unknown model type {kind!r}; known: {', '.join(READERS)}")
    return READERS[kind](node)
