"""Byte-pair training, the slow way: every pair is counted again for each merge. The oracle.

Theory. Texts are cut into pieces by a pattern; a piece is a word, its bytes are its first tokens,
and no merge crosses its ends. Of all neighbours the pair that is seen most often becomes a token,
in all words from left to right, until there are `size` tokens or no word has two (Gage 1994;
Sennrich, Haddow and Birch 2016). Two things are left open by that, and trainers part on them:

    count   a word `aaa` has the pair `aa` twice here, as in every trainer that is compared here,
            though it can be merged only once.
    ties    which of several pairs with one count is taken. `TIES` names the rules:
            lowest    the lowest ids, the left token's first; a byte is its value (rustbpe)
            alphabet  the same, but bytes are numbered in the order of their characters in the
                      GPT-2 alphabet, so that a space comes after all that Latin-1 prints
                      (tokenizers, whose first ids these are)
            first     the pair that stands first in the words, in the order of the texts
                      (tiktoken's educational trainer)

A token is known by its bytes: no two merges can make the same bytes. A stretch of a word whose two
ends stay borders is merged inside in one way only, wherever it stands, because merges go from left
to right and skip nothing.

Origin: our own, from the descriptions above; it shares no code with what it is compared with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from parity.reference.byte_alphabet import BYTE_TO_CHAR

BYTES: Final = 256
Pair = tuple[bytes, bytes]
Word = tuple[bytes, ...]
Order = Callable[[Sequence[Pair], Mapping[bytes, int]], Pair]
"""(pairs of one count, as they were first seen; the number of each token) -> which is taken."""


def _by_value(byte: bytes) -> int:
    return byte[0]


def _by_character(byte: bytes) -> int:
    return ord(BYTE_TO_CHAR[byte[0]])


def _lowest(tied: Sequence[Pair], number: Mapping[bytes, int]) -> Pair:
    return min(tied, key=lambda pair: (number[pair[0]], number[pair[1]]))


def _highest(tied: Sequence[Pair], number: Mapping[bytes, int]) -> Pair:
    return max(tied, key=lambda pair: (number[pair[0]], number[pair[1]]))


def _first(tied: Sequence[Pair], _: Mapping[bytes, int]) -> Pair:
    return tied[0]


TIES: Final[Mapping[str, tuple[Order, Callable[[bytes], int]]]] = {
    "lowest": (_lowest, _by_value),
    "alphabet": (_lowest, _by_character),
    "first": (_first, _by_value),
    "highest": (_highest, _by_value),
}
"""Rules for ties: which pair is taken, and in which order the bytes are numbered. `highest` is no
trainer's: a fake has it."""


def numbered(ties: str = "lowest") -> list[bytes]:
    """Return the bytes as tokens, in the order in which a rule for ties numbers them."""
    return sorted((bytes([byte]) for byte in range(BYTES)), key=TIES[ties][1])


def learn(
    pieces: Iterable[bytes], size: int, ties: str = "lowest", *, overlaps: bool = True
) -> list[Pair]:
    """Return the merges that are learnt of pieces of texts, in order.

    overlaps: whether `aaa` has `aa` twice. Raises ValueError for a size that has no room for bytes.

    >>> learn([b"aab", b"ab", b"aab"], 258)
    [(b'a', b'b'), (b'a', b'ab')]
    """
    if size < BYTES:
        raise ValueError(f"a vocabulary of {size} tokens has no room for the {BYTES} bytes")
    words = words_of(pieces)
    number = {byte: place for place, byte in enumerate(numbered(ties))}
    merges: list[Pair] = []
    while len(number) < size:
        counts = count(words, overlaps=overlaps)
        if not counts:
            break
        most = max(counts.values())
        tied = [pair for pair, seen in counts.items() if seen == most]
        best = TIES[ties][0](tied, number)
        merges.append(best)
        number[best[0] + best[1]] = len(number)
        words = merged(words, best)
    return merges


def words_of(pieces: Iterable[bytes]) -> dict[Word, int]:
    """Return how often each piece comes, as single bytes, in the order in which they first come."""
    return {
        tuple(bytes([byte]) for byte in piece): often for piece, often in Counter(pieces).items()
    }


def count(words: Mapping[Word, int], *, overlaps: bool = True) -> Counter[Pair]:
    """Return how often each pair of neighbours comes, in the order in which they first come.

    >>> count({(b"a", b"a", b"a"): 2}), count({(b"a", b"a", b"a"): 2}, overlaps=False)
    (Counter({(b'a', b'a'): 4}), Counter({(b'a', b'a'): 2}))
    """
    found: Counter[Pair] = Counter()
    for word, often in words.items():
        before: Pair | None = None
        for pair in pairwise(word):
            if not overlaps and pair == before:
                before = None
                continue
            found[pair] += often
            before = pair
    return found


def merged(words: Mapping[Word, int], pair: Pair) -> dict[Word, int]:
    """Return the words with a pair made one token."""
    return {tuple(one_merged(word, pair)): often for word, often in words.items()}


def one_merged(word: Sequence[bytes], pair: Pair) -> list[bytes]:
    """Return the tokens of one word with a pair made one, from left to right.

    >>> one_merged([b"a", b"a", b"a"], (b"a", b"a"))
    [b'aa', b'a']
    """
    made: list[bytes] = []
    at = 0
    while at < len(word):
        if tuple(word[at : at + 2]) == pair:
            made.append(pair[0] + pair[1])
            at += 2
        else:
            made.append(word[at])
            at += 1
    return made


def spell(piece: bytes, merges: Sequence[Pair]) -> list[bytes]:
    """Return the tokens of one piece: the merges in order, each wherever it can be made.

    >>> spell(b"abab", [(b"a", b"b"), (b"ab", b"ab")])
    [b'abab']
    """
    tokens = [bytes([byte]) for byte in piece]
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    while True:
        known = [pair for pair in pairwise(tokens) if pair in ranks]
        if not known:
            return tokens
        tokens = one_merged(tokens, min(known, key=ranks.__getitem__))


def pairs_of(tokens: Sequence[bytes]) -> list[Pair]:
    """Return the merges that made tokens of more than a byte, which are given in order.

    What a trainer shows is often only its tokens. With the merges before it a token is spelt in
    two, and these are its pair. Raises ValueError for one that no merge of two can have made.

    >>> pairs_of([b"ab", b"abc"])
    [(b'a', b'b'), (b'ab', b'c')]
    """
    merges: list[Pair] = []
    for token in tokens:
        spelt = spell(token, merges)
        if len(spelt) != 2:  # noqa: PLR2004 (a pair)
            raise ValueError(f"{token!r} is no merge of two tokens before it: {spelt}")
        merges.append((spelt[0], spelt[1]))
    return merges
