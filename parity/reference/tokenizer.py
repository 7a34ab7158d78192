"""The whole of a tokenizer.json: text to ids and back.

    text -> added tokens are taken out -> normalizer -> pre_tokenizer -> model
         -> truncation -> post_processor -> padding
    ids -> token strings -> decoder -> text

Each stage is the file or folder here that has its key's name (truncation and padding: lengths.py).
`stages` shows what each of them made of a text.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final, NamedTuple

from parity.errors import Unsupported
from parity.reference.added_tokens import read_added_tokens
from parity.reference.decoders import read_decoder
from parity.reference.lengths import read_padding, read_truncation
from parity.reference.models import read_model
from parity.reference.normalizers import read_normalizer
from parity.reference.normalizers.characters import SPELLINGS
from parity.reference.post_processors import Part, read_post_processor, text_part
from parity.reference.pre_tokenizers import read_pre_tokenizer
from parity.reference.segments import Piece, Token
from parity.types import SPECIALS, Encoding, Specials, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from parity.reference.document import Node
    from parity.reference.models.vocabulary import Found

ID_LIMIT: Final = 2**32  # tokenizers keeps ids in 32 bits, unsigned
CACHED_PIECES: Final = 100_000
CACHED_LENGTH: Final = 64
"""Code points; longer pieces are rare and would fill the memory."""


COMPONENTS: Final = ("normalizer", "pre_tokenizer", "post_processor", "decoder")


class Encoded(NamedTuple):
    """What the whole way makes of a text or two: each field has an entry for each token.

    offsets: half-open ranges in code points of the text that the token is of.
    type_ids: which text a token belongs to, as the post-processor says.
    special_tokens_mask: 1 for what the post-processor or padding added, else 0.
    attention_mask: 0 for padding, else 1.
    """

    ids: list[int]
    tokens: list[str]
    offsets: list[tuple[int, int]]
    type_ids: list[int]
    special_tokens_mask: list[int]
    attention_mask: list[int]


class Stages(NamedTuple):
    """What each stage made of a text.

    segments: the normalised pieces, with the added tokens that were taken out between them.
    pieces: what of it the pre-tokenizer made, piece by piece, as the model reads it.
    tokens: what the model found in them, with the added tokens between; before truncation.
    encoded: what came of it in the end.
    """

    segments: list[Piece | Token]
    pieces: list[Piece | Token]
    tokens: list[Token]
    encoded: Encoded


class Tokenizer:
    """One tokenizer.json, ready to encode and decode. Made by `parity.reference.load`."""

    def __init__(self, root: Node) -> None:
        """Read all stages; raises Unsupported for what this does not do, BadSpec for bad files."""
        _check_version(root)
        for key in COMPONENTS:
            root.get(key).check_depth()
        self._truncation = read_truncation(root.get("truncation"))
        self._padding = read_padding(root.get("padding"))
        self._model = read_model(root.field("model"))
        self._pre_tokenize = read_pre_tokenizer(root.get("pre_tokenizer"))
        self._added = read_added_tokens(
            root.get("added_tokens", default=[]),
            self._model,
            read_normalizer(
                root.get("normalizer"), changed_after=self._pre_tokenize.spells_anywhere
            ),
        )
        self._post_process = read_post_processor(root.get("post_processor"))
        self._decode = read_decoder(root.get("decoder"))
        self._pieces: dict[str, list[Found]] = {}

    def encode(self, text: str, specials: Specials = "parse") -> Encoding:
        """Return the ids of a text, with offsets in code points of the text as it was given.

        Raises TypeError for what is not a str or has a lone surrogate, which UTF-8 cannot spell.
        """
        return self.encode_batch([text], specials)[0]

    def encode_batch(self, texts: Sequence[str], specials: Specials = "parse") -> list[Encoding]:
        """Return what `encode` does of each text, padded to the longest where the file says so."""
        parts = [self._processed([text], specials) for text in texts]
        if self._padding:
            made = self._padded(parts)
            return [Encoding(each.ids, each.offsets) for each in made]
        return [
            Encoding(
                [token.id for part in each for token in part.tokens],
                [(token.start, token.end) for part in each for token in part.tokens],
            )
            for each in parts
        ]

    def encoded(self, text: str, pair: str | None = None, specials: Specials = "parse") -> Encoded:
        """Return everything that is known of the tokens of a text, or of a pair of texts."""
        texts = [text] if pair is None else [text, pair]
        return self._padded([self._processed(texts, specials)])[0]

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
        tokens = {id_: token for token, id_ in self._model.vocab.items()}
        tokens |= {id_: token.content for id_, token in added.items()}
        return Vocabulary(tokens, dict(added), dict(self._added.declared))

    def stages(self, text: str, specials: Specials = "parse") -> Stages:
        """Return what each stage makes of a text."""
        segments = self._segments(text, specials)
        pieces: list[Piece | Token] = []
        for segment in segments:
            pieces += [segment] if isinstance(segment, Token) else self._pre_tokenize(segment)
        return Stages(
            segments, pieces, self._tokens(text, specials), self.encoded(text, None, specials)
        )

    def _processed(self, texts: Sequence[str], specials: Specials) -> list[Part]:
        template = specials == "template"
        found = [self._tokens(text, specials) for text in texts]
        if self._truncation:
            added = self._post_process.added[len(texts) - 1] if template else 0
            found = self._truncation.cut(found, added)
        parts = [text_part(tokens, place) for place, tokens in enumerate(found)]
        return self._post_process.run(parts, template)

    def _segments(self, text: str, specials: Specials) -> list[Piece | Token]:
        _check_text(text)
        if specials not in SPECIALS:
            known = ", ".join(SPECIALS)
            raise Unsupported(f"no mode {specials!r} for special tokens; known: {known}")
        return self._added.extract(text, plain=specials == "plain")

    def _tokens(self, text: str, specials: Specials) -> list[Token]:
        tokens: list[Token] = []
        for segment in self._segments(text, specials):
            if isinstance(segment, Token):
                tokens.append(segment)
                continue
            for piece, at, stop in self._pre_tokenize.cut(segment):
                starts, ends, before = piece.starts, piece.ends, at - 1
                for id_, spelling, start, end in self._found(piece.text[at:stop]):
                    tokens.append(Token(id_, spelling, starts[at + start], ends[before + end]))
        return tokens

    def _found(self, text: str) -> list[Found]:
        """Return what the model finds in a piece, at places in the piece as the text spells it."""
        found = self._pieces.get(text)
        if found is None:
            found = self._spelt(text) if self._pre_tokenize.spells else self._model.encode(text)
            if len(text) <= CACHED_LENGTH and len(self._pieces) < CACHED_PIECES:
                self._pieces[text] = found
        return found

    def _spelt(self, text: str) -> list[Found]:
        spellings = [SPELLINGS[char] for char in text]
        found = self._model.encode("".join(spellings))
        if text.isascii():
            return found  # every character is one byte
        at = [place for place, spelling in enumerate(spellings) for _ in spelling]
        return [(id_, token, at[start], at[end - 1] + 1) for id_, token, start, end in found]

    def _padded(self, batch: Sequence[list[Part]]) -> list[Encoded]:
        encoded = [_joined(parts) for parts in batch]
        if not self._padding or not encoded:
            return encoded
        length = self._padding.length(max(len(each.ids) for each in encoded))
        pad = self._padding.token
        made: list[Encoded] = []
        for each in encoded:
            count = max(length - len(each.ids), 0)
            types = [self._padding.type_id] * count
            pads = Encoded(
                [pad.id] * count,
                [pad.text] * count,
                [(0, 0)] * count,
                types,
                [1] * count,
                [0] * count,
            )
            first, second = (each, pads) if self._padding.direction == "Right" else (pads, each)
            made.append(Encoded(*map(operator.add, first, second)))
        return made

    def _token(self, id_: int) -> str | None:
        return self._added.spellings.get(id_) or self._model.tokens.get(id_)


def _check_version(root: Node) -> None:
    """Raise BadSpec for a version that tokenizers does not read; the key may be missing."""
    version = root.get("version", default="1.0")
    if version.expect(str) != "1.0":
        raise version.bad(f"expected '1.0', found {version.value!a}")


def _joined(parts: list[Part]) -> Encoded:
    tokens = [token for part in parts for token in part.tokens]
    return Encoded(
        [token.id for token in tokens],
        [token.text for token in tokens],
        [(token.start, token.end) for token in tokens],
        [type_id for part in parts for type_id in part.types],
        [int(special) for part in parts for special in part.special],
        [1] * len(tokens),
    )


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
