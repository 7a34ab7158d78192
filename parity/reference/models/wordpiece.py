"""WordPiece: the longest known prefix, then the longest known prefix of the rest, and so on.

Theory. Greedy, longest match first (Wu et al. 2016, as BERT uses it). Every token but the first is
looked up with `continuing_subword_prefix` ("##") in front. Where nothing fits, the *whole* piece is
one `unk_token`, and so is a piece of more than `max_input_chars_per_word` code points.

No token is longer than the vocabulary's longest, so no longer part is tried. A try costs its own
length, so a piece costs at most its length times the square of that; pieces are bounded by
max_input_chars_per_word.

Source: the paper; measured on tokenizers 0.23.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity.errors import BadSpec
from parity.reference.models.vocabulary import read_vocab

if TYPE_CHECKING:
    from parity.reference.document import Node
    from parity.reference.models.vocabulary import Found


class WordPiece:
    """A vocabulary of words' beginnings and continuations."""

    def __init__(
        self, vocab: dict[str, int], unk_token: str, prefix: str = "##", longest: int = 100
    ) -> None:
        """Keep what the file says; `longest` is max_input_chars_per_word."""
        self.vocab = vocab
        self.tokens = {id_: token for token, id_ in vocab.items()}
        self.unk_token = unk_token
        self.prefix = prefix
        self.longest = longest
        self._reach = max(map(len, vocab), default=0)

    def encode(self, piece: str) -> list[Found]:
        """Return the tokens of one piece, from left to right.

        >>> model = WordPiece({"un": 0, "##a": 1, "##able": 2, "[UNK]": 3}, "[UNK]")
        >>> model.encode("unable"), model.encode("unx")
        ([(0, 'un', 0, 2), (2, '##able', 2, 6)], [(3, '[UNK]', 0, 3)])
        """
        if len(piece) > self.longest:
            return self._unknown(piece)
        found: list[Found] = []
        start = 0
        while start < len(piece):
            token = self._longest(piece, start)
            if token is None:
                return self._unknown(piece)
            found.append(token)
            start = token[3]
        return found

    def _longest(self, piece: str, start: int) -> Found | None:
        for end in range(min(len(piece), start + self._reach), start, -1):
            token = self.prefix + piece[start:end] if start else piece[:end]
            if token in self.vocab:
                return self.vocab[token], token, start, end
        return None

    def _unknown(self, piece: str) -> list[Found]:
        if self.unk_token not in self.vocab:  # tokenizers also notices only when it needs it
            raise BadSpec(f"$.model.unk_token: {self.unk_token!r} is not in $.model.vocab")
        return [(self.vocab[self.unk_token], self.unk_token, 0, len(piece))]


def read_word_piece(node: Node) -> WordPiece:
    """Return the WordPiece model that the node describes: all its keys must be there."""
    return WordPiece(
        read_vocab(node.field("vocab")),
        node.field("unk_token").expect(str),
        node.field("continuing_subword_prefix").expect(str),
        node.field("max_input_chars_per_word").unsigned(64),
    )
