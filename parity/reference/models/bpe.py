"""BPE: byte-pair encoding of one piece.

Theory. A piece starts as its characters. As long as two neighbours form a pair that the merges
know, the pair of lowest rank is replaced by its joined token, the leftmost one first (Sennrich et
al., 2016). The pairs wait in a heap, the symbols are a doubly linked list in two arrays, so a piece
of n characters costs O(n log n); a pair whose symbols have changed since it was pushed is stale
and is skipped when it is popped.

    ignore_merges               a piece that is itself in the vocabulary is not taken apart at all
    continuing_subword_prefix   stands before every character but the first; of a merge's right
                                token it is cut off: "a" and "##b" give "ab"
    end_of_word_suffix          stands behind the last character of the piece
    byte_fallback               a character that the vocabulary lacks becomes its bytes' tokens
                                <0xNN>, if the vocabulary has all of them
    unk_token                   what else is unknown becomes this, one for each character, or with
                                `fuse_unk` one for each run; without it, it disappears
    dropout                     is chance, and refused: there is nothing to agree on

Two things that tokenizers does, and so does this: an unknown character waits until the next known
one, so the bytes of characters between them come first; and after a character that disappeared,
offsets are counted *as if it had never been there*, in UTF-8 bytes of the piece.

Source: the paper; measured on tokenizers 0.23.3.
"""

from __future__ import annotations

import heapq
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from parity.errors import BadSpec
from parity.reference.document import Node
from parity.reference.models.vocabulary import byte_token, read_vocab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parity.reference.models.vocabulary import Found

Merge = tuple[int, int]
"""Rank and id of what a pair of ids becomes; a lower rank goes first."""
Merges = dict[tuple[int, int], Merge]


class Options(NamedTuple):
    """The keys of the model beside its vocabulary and merges, under the format's names."""

    ignore_merges: bool = False
    unk_token: str | None = None
    fuse_unk: bool = False
    byte_fallback: bool = False
    prefix: str = ""
    suffix: str = ""


PLAIN: Final = Options()


class Bpe:
    """A byte-pair encoding model.

    vocab: token string to id. merges: pair of ids to what it becomes.
    """

    def __init__(self, vocab: dict[str, int], merges: Merges, options: Options = PLAIN) -> None:
        self.vocab = vocab
        self.tokens = {id_: token for token, id_ in vocab.items()}
        self.merges = merges
        self.options = options
        self._decorated = bool(options.prefix or options.suffix)

    def encode(self, piece: str) -> list[Found]:
        """Return the tokens of one piece, from left to right.

        >>> vocab = {"a": 0, "b": 1, "ab": 2}
        >>> Bpe(vocab, {(0, 1): (0, 2)}).encode("abba")
        [(2, 'ab', 0, 2), (1, 'b', 2, 3), (0, 'a', 3, 4)]
        """
        whole = self.vocab.get(piece) if self.options.ignore_merges else None
        if whole is not None:
            return [(whole, piece, 0, len(piece))]
        known = [self.vocab[char] for char in piece if char in self.vocab]
        if len(known) == len(piece) and not self._decorated:
            found = self._merged(known, [1] * len(known))
            ends = list(accumulate(size for _, size in found))
            places = [(end - size, end) for (_, size), end in zip(found, ends, strict=True)]
        else:
            symbols = list(self._symbols(piece))
            found = self._merged([id_ for id_, _ in symbols], [size for _, size in symbols])
            places = list(_on_code_points(piece, [size for _, size in found]))
        tokens = self.tokens
        return [
            (id_, tokens[id_], start, end)
            for (id_, _), (start, end) in zip(found, places, strict=True)
        ]

    def _merged(self, ids: list[int], sizes: list[int]) -> list[tuple[int, int]]:
        return (
            merged(ids, sizes, self.merges) if len(ids) > 1 else list(zip(ids, sizes, strict=True))
        )

    def _symbols(self, piece: str) -> Iterator[tuple[int, int]]:
        """Yield the ids that the piece starts as, each with the bytes that it takes."""
        waiting: tuple[int, int] | None = None
        for place, char in enumerate(piece):
            size, spelt = len(char.encode()), self._spelt(char, place, len(piece))
            id_ = self.vocab.get(spelt)
            if id_ is not None:
                if waiting:
                    yield waiting
                waiting = None
                yield id_, size
                continue
            fallback = self._bytes(spelt)
            if fallback:
                yield from fallback
            elif self.options.unk_token is not None:
                if waiting and self.options.fuse_unk:
                    waiting = waiting[0], waiting[1] + size
                    continue
                if waiting:
                    yield waiting
                waiting = self._unknown(), size
        if waiting:
            yield waiting

    def _spelt(self, char: str, place: int, length: int) -> str:
        prefix = self.options.prefix if place else ""
        return prefix + char + (self.options.suffix if place == length - 1 else "")

    def _bytes(self, spelt: str) -> list[tuple[int, int]]:
        if not self.options.byte_fallback:
            return []
        tokens = [byte_token(byte) for byte in spelt.encode()]
        if not all(token in self.vocab for token in tokens):
            return []
        return [(self.vocab[token], 1) for token in tokens]

    def _unknown(self) -> int:
        unk = self.options.unk_token
        if unk is None or unk not in self.vocab:  # tokenizers also notices only when it needs it
            raise BadSpec(f"$.model.unk_token: {unk!r} is not in $.model.vocab")
        return self.vocab[unk]


def merged(ids: list[int], sizes: list[int], merges: Merges) -> list[tuple[int, int]]:
    """Return ids and sizes after all merges. A symbol of size 0 has gone into its left one."""
    count = len(ids)
    after = list(range(1, count + 1))
    before = list(range(-1, count - 1))
    find = merges.get
    heap = [
        (merge[0], left, pair, merge[1])
        for left, pair in enumerate(pairwise(ids))
        if (merge := find(pair))
    ]
    heapq.heapify(heap)
    while heap:
        _, left, pair, joined = heapq.heappop(heap)
        right = after[left]
        if not sizes[left] or right == count or ids[left] != pair[0] or ids[right] != pair[1]:
            continue  # stale
        ids[left] = joined
        sizes[left] += sizes[right]
        sizes[right] = 0
        right = after[left] = after[right]
        if right < count:
            before[right] = left
            pair = joined, ids[right]
            if merge := find(pair):
                heapq.heappush(heap, (merge[0], left, pair, merge[1]))
        left = before[left]
        if left >= 0:
            pair = ids[left], joined
            if merge := find(pair):
                heapq.heappush(heap, (merge[0], left, pair, merge[1]))
    return [(id_, size) for id_, size in zip(ids, sizes, strict=True) if size]


def _on_code_points(piece: str, sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the code points that sizes in bytes, counted from the start, fall on."""
    at = [index for index, char in enumerate(piece) for _ in char.encode()]
    for size, end in zip(sizes, accumulate(sizes), strict=True):
        yield at[end - size], at[end - 1] + 1


def read_bpe(node: Node) -> Bpe:
    """Return the BPE model that the node describes.

    Raises Unsupported for dropout, BadSpec for merges that name unknown pieces.
    """
    dropout = node.get("dropout")
    if type(dropout.value) not in (int, float, type(None)):
        raise dropout.bad(f"expected a probability, found {dropout.value!r}")
    if dropout.value:
        raise dropout.unread("model.dropout, which is chance")
    options = Options(
        ignore_merges=node.flag("ignore_merges"),
        unk_token=_text(node.get("unk_token")),
        fuse_unk=node.flag("fuse_unk"),
        byte_fallback=node.flag("byte_fallback"),
        prefix=_text(node.get("continuing_subword_prefix")) or "",
        suffix=_text(node.get("end_of_word_suffix")) or "",
    )
    if options.byte_fallback and (options.prefix or options.suffix):
        raise node.unread("byte_fallback of decorated characters: their offsets pass the end")
    vocab = read_vocab(node.field("vocab"))
    return Bpe(vocab, _read_merges(node.field("merges"), vocab, options.prefix), options)


def _text(node: Node) -> str | None:
    return None if node.value is None else node.expect(str)


def _read_merges(node: Node, vocab: dict[str, int], prefix: str) -> Merges:
    """Return the merges; where a pair stands twice the later rank counts, as in tokenizers."""
    merges: Merges = {}
    cut = len(prefix.encode())
    for rank, merge in enumerate(node.expect(list)):
        try:
            left, right = merge.split(" ") if isinstance(merge, str) else merge
            joined = left + (right.encode()[cut:].decode() if cut else right)
            pair = vocab[left], vocab[right]
            merges[pair] = rank, vocab[joined]
        except (AttributeError, KeyError, ValueError, TypeError) as error:
            if not str(merge).startswith("#version"):
                raise _bad_merge(node, rank, error) from error
    return merges


def _bad_merge(node: Node, rank: int, error: Exception) -> BadSpec:
    here = node.at(rank)
    if isinstance(error, KeyError):
        return here.bad(f"the merge {here.value!r} needs {error.args[0]!r}, not in model.vocab")
    return here.bad(f"{here.value!r} is not a pair of tokens")
