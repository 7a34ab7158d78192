"""WordLevel: a piece is a word of the vocabulary, or it is `unk_token`. Nothing is taken apart.

Source: the format's documentation; measured on tokenizers 0.23.3, which notices an unk_token that
the vocabulary lacks only when it needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity.errors import BadSpec
from parity.reference.models.vocabulary import read_vocab

if TYPE_CHECKING:
    from parity.reference.document import Node
    from parity.reference.models.vocabulary import Found


class WordLevel:
    """A vocabulary of whole words."""

    def __init__(self, vocab: dict[str, int], unk_token: str) -> None:
        self.vocab = vocab
        self.tokens = {id_: token for token, id_ in vocab.items()}
        self.unk_token = unk_token

    def encode(self, piece: str) -> list[Found]:
        """Return the one token of the piece.

        >>> WordLevel({"<unk>": 0, "the": 1}, "<unk>").encode("thee")
        [(0, '<unk>', 0, 4)]
        """
        word = piece if piece in self.vocab else self.unk_token
        if word not in self.vocab:
            raise BadSpec(f"$.model.unk_token: {word!r} is not in $.model.vocab")
        return [(self.vocab[word], word, 0, len(piece))]


def read_word_level(node: Node) -> WordLevel:
    """Return the WordLevel model that the node describes."""
    return WordLevel(read_vocab(node.field("vocab")), node.field("unk_token").expect(str))
