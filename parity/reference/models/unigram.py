"""Unigram: of all ways to cut a piece into tokens, the one whose scores add up to the most.

Theory. Scores are log probabilities, so the best sum is the likeliest cut (Kudo 2018). Viterbi's
way: for each position, going right, keep the best sum of a cut that ends there, and where its last
token starts; then walk back from the end. A later candidate wins only if it is *better*, so of
equal sums the one whose last token is longest stays. Where no token is one character long, that
character is unknown, at the worst score of the vocabulary minus 10. Sums are double precision,
from left to right, and ties within the last bit are decided by them: the order of adding is part
of the algorithm.

Unknown neighbours are one unknown token, and with `byte_fallback` each of its UTF-8 bytes becomes
its token <0xNN> instead, standing for all of it - if the vocabulary has all of these bytes.

A token's string is the text that it was found as, also where it is unknown. An unknown run that is
spelt like a token of the vocabulary is that token: so says the last lookup, and it decides.

Every prefix of every token is in one dictionary, so a position is left as soon as no token goes on:
the cost is linear in the length of the piece, times the square of that of the longest token.

Source: the paper; sentencepiece's unigram_model (Apache-2.0) for the penalty; measured on
tokenizers 0.23.3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from parity.errors import BadSpec
from parity.reference.models.vocabulary import byte_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parity.reference.document import Node
    from parity.reference.models.vocabulary import Found

UNKNOWN_PENALTY: Final = 10.0
"""What an unknown character costs below the worst token, as in sentencepiece."""

Scored = tuple[str, float]
"""A token and its score; its place in the vocabulary is its id."""


class Unigram:
    """Tokens with scores; where a token stands twice, its later id counts."""

    def __init__(
        self, scored: list[Scored], unk_id: int | None = None, *, byte_fallback: bool = False
    ) -> None:
        self.vocab = {token: id_ for id_, (token, _) in enumerate(scored)}
        self.tokens = {id_: token for id_, (token, _) in enumerate(scored)}
        self.unk_id = unk_id
        self.byte_fallback = byte_fallback
        self.unknown_score = min((score for _, score in scored), default=0.0) - UNKNOWN_PENALTY
        self._prefixes = _prefixes(scored)

    def encode(self, piece: str) -> list[Found]:
        """Return the tokens of the best cut of one piece, from left to right.

        >>> model = Unigram([("?", 0.0), ("a", -1.0), ("b", -1.0), ("ab", -1.5)], unk_id=0)
        >>> model.encode("abxy")
        [(3, 'ab', 0, 2), (0, 'xy', 2, 4)]
        """
        found: list[Found] = []
        for start, end in self._cut(piece):
            text = piece[start:end]
            id_ = self.vocab.get(text)
            if id_ is not None:
                found.append((id_, text, start, end))
            else:
                found += self._bytes(text, start, end) or [(self._unknown(), text, start, end)]
        return found

    def _cut(self, piece: str) -> list[tuple[int, int]]:
        """Return the ranges of the best cut, with unknown neighbours in one."""
        starts, unknown = self._best(piece)
        ranges: list[tuple[int, int]] = []
        end, joining = len(piece), False
        while end > 0:
            start = starts[end]
            if unknown[end] and joining:
                ranges[-1] = (start, ranges[-1][1])
            else:
                ranges.append((start, end))
            end, joining = start, unknown[end]
        return ranges[::-1]

    def _best(self, piece: str) -> tuple[list[int], list[bool]]:
        """Return, for each end in the piece, where the last token of its best cut starts.

        And whether that token is the unknown one, which a text can also spell.
        """
        size, prefixes = len(piece), self._prefixes
        sums = [-math.inf] * (size + 1)
        starts, unknown = [-1] * (size + 1), [False] * (size + 1)
        sums[0] = 0.0
        for start in range(size):
            here, single = sums[start], False
            end = start + 1
            entry = prefixes.get(piece[start:end])
            while entry is not None:
                score, id_ = entry
                if id_ >= 0:
                    single = single or end == start + 1
                    if starts[end] < 0 or score + here > sums[end]:
                        sums[end], starts[end] = score + here, start
                        unknown[end] = id_ == self.unk_id
                end += 1
                entry = prefixes.get(piece[start:end]) if end <= size else None
            if not single:
                end = start + 1
                if starts[end] < 0 or self.unknown_score + here > sums[end]:
                    sums[end], starts[end] = self.unknown_score + here, start
                    unknown[end] = self._unknown() >= 0
        return starts, unknown

    def _unknown(self) -> int:
        if self.unk_id is None:  # tokenizers also notices only when it needs it
            raise BadSpec("$.model.unk_id: is null, and the text has an unknown character")
        return self.unk_id

    def _bytes(self, text: str, start: int, end: int) -> list[Found]:
        """Return the tokens of the text's bytes; none where fallback is off or lacks a byte."""
        if not self.byte_fallback:
            return []
        tokens = [byte_token(byte) for byte in text.encode()]
        if not all(token in self.vocab for token in tokens):
            return []
        return [(self.vocab[token], token, start, end) for token in tokens]


def _prefixes(scored: list[Scored]) -> dict[str, tuple[float, int]]:
    """Return every prefix of every token: its score and id if it is one, an id of -1 if not."""
    prefixes: dict[str, tuple[float, int]] = {}
    inner = (0.0, -1)
    for token, _ in scored:
        for end in range(len(token) - 1, 0, -1):
            if token[:end] in prefixes:
                break  # and so are all shorter ones
            prefixes[token[:end]] = inner
        prefixes.setdefault(token, inner)
    for id_, (token, score) in enumerate(scored):
        prefixes[token] = (score, id_)
    return prefixes


def read_unigram(node: Node) -> Unigram:
    """Return the Unigram model that the node describes; raises BadSpec."""
    scored = list(_scored(node.field("vocab")))
    unk = node.get("unk_id")
    if unk.value is not None and not 0 <= unk.expect(int) < len(scored):
        raise unk.bad(f"{unk.value} is no id of the {len(scored)} tokens of model.vocab")
    fallback = node.get("byte_fallback", default=False).expect(bool)
    unk_id = None if unk.value is None else unk.expect(int)
    return Unigram(scored, unk_id, byte_fallback=fallback)


def _is_finite(score: float) -> bool:
    try:
        return math.isfinite(score)
    except OverflowError:  # an integer that no float holds
        return False


def _scored(node: Node) -> Iterator[Scored]:
    """Yield tokens and scores; the quick look comes first, since there can be 250,000."""
    for place, entry in enumerate(node.expect(list)):
        if isinstance(entry, list) and [type(part) for part in entry] in ([str, float], [str, int]):
            token, score = entry
            if _is_finite(score):
                yield token, float(score)
                continue
        raise node.at(place).bad(f"expected [token, finite score], found {str(entry)[:40]!r}")
