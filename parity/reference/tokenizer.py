"""The whole of a tokenizer.json: text to ids and back.

    text -> added tokens are taken out -> normalizer -> pre_tokenizer -> model -> post_processor
    ids -> token strings -> decoder -> text

Each stage is the file of this folder that has its key's name.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final

from parity.errors import Unsupported
from parity.reference.added_tokens import read_added_tokens
from parity.reference.decoders import read_decoder
from parity.reference.models import read_model
from parity.reference.normalizers import read_normalizer
from parity.reference.post_processors import read_post_processor
from parity.reference.pre_tokenizers import read_pre_tokenizer
from parity.reference.segments import Piece, Token
from parity.types import SPECIALS, Encoding, Specials, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from parity.reference.document import Node

ID_LIMIT: Final = 2**32  # tokenizers keeps ids in 32 bits, unsigned


class Tokenizer:
    """One tokenizer.json, ready to encode and decode. Made by `parity.reference.load`."""

    def __init__(self, root: Node) -> None:
        """Read all stages; raises Unsupported for what this does not do, BadSpec for bad files."""
        for key in ("truncation", "padding"):
            if root.get(key).value is not None:
                raise root.get(key).unread(key)
        self._model = read_model(root.field("model"))
        self._added = read_added_tokens(
            root.get("added_tokens"), self._model.vocab, read_normalizer(root.get("normalizer"))
        )
        self._pre_tokenize = read_pre_tokenizer(root.get("pre_tokenizer"))
        self._post_process = read_post_processor(root.get("post_processor"))
        self._decode = read_decoder(root.get("decoder"))

    def encode(self, text: str, specials: Specials = "parse") -> Encoding:
        """Return the ids of a text, with offsets in code points of the text as it was given.

        Raises TypeError for what is not a str or has a lone surrogate, which UTF-8 cannot spell.
        """
        _check_text(text)
        if specials not in SPECIALS:
            known = ", ".join(SPECIALS)
            raise Unsupported(f"no mode {specials!r} for special tokens; known: {known}")
        tokens: list[Token] = []
        for segment in self._added.extract(text, plain=specials == "plain"):
            if isinstance(segment, Token):
                tokens.append(segment)
            else:
                tokens += self._modelled(segment)
        parts = self._post_process([tokens], specials == "template")
        found = [token for part in parts for token in part]
        return Encoding(
            [token.id for token in found], [(token.start, token.end) for token in found]
        )

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:  # noqa: FBT001, FBT002
        """Return the text of the ids. Ids without a token vanish, special ones where asked to.

        Raises OverflowError for ids below 0 or from 2**32, TypeError for what is no whole number.
        """
        tokens = [self._token(_checked_id(id_)) for id_ in ids]
        hidden = self._added.specials if skip_special else frozenset()
        return self._decode([each for each in tokens if each is not None and each not in hidden])

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary with the ids that `encode` really gives."""
        added = self._added.by_id
        tokens = self._model.tokens | {id_: token.content for id_, token in added.items()}
        return Vocabulary(tokens, dict(added), dict(self._added.declared))

    def _modelled(self, piece: Piece) -> Iterable[Token]:
        for part in self._pre_tokenize(piece):
            for id_, start, end in self._model.encode(part.text):
                yield Token(id_, self._model.tokens[id_], part.starts[start], part.ends[end - 1])

    def _token(self, id_: int) -> str | None:
        return self._added.spellings.get(id_) or self._model.tokens.get(id_)


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"the text to encode must be str, not {type(text).__name__}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TypeError(
            f"the text has the lone surrogate {text[error.start]!a} at {error.start}"
        ) from error


def _checked_id(id_: int) -> int:
    number = operator.index(id_)
    if not 0 <= number < ID_LIMIT:
        raise OverflowError(f"the id {number} is outside of 0 to {ID_LIMIT - 1}")
    return number
