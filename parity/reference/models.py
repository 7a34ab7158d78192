"""The key `model`: byte-pair encoding of one piece.

Theory. A piece starts as its characters. As long as two neighbours form a pair that the merges
know, the pair of lowest rank is replaced by its joined token, the leftmost one first (Sennrich et
al., 2016). The pairs wait in a heap, the symbols are a doubly linked list in two arrays, so a piece
of n characters costs O(n log n); a pair whose symbols have changed since it was pushed is stale
and is skipped when it is popped.

With `ignore_merges` a piece that is itself in the vocabulary is not taken apart at all.

A character that the vocabulary lacks becomes unk_token, one for each; without an unk_token it
disappears, and tokenizers then counts the following tokens' offsets *as if it had never been
there* (issue-worthy, but kept): in UTF-8 bytes of the piece, hence the bytes below.
"""

from __future__ import annotations

import heapq
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from parity.errors import BadSpec
from parity.reference.document import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CACHED_PIECES: Final = 50_000
CACHED_LENGTH: Final = 64  # code points; longer pieces are rare and would fill the memory

Found = tuple[int, int, int]
"""A token's id and its half-open range in the piece, in code points."""


class Merge(NamedTuple):
    """What a pair of ids becomes; a lower rank goes first."""

    rank: int
    id: int


class Bpe:
    """A byte-pair encoding model.

    vocab: token string to id. merges: pair of ids to what it becomes.
    """

    def __init__(
        self,
        vocab: dict[str, int],
        merges: dict[tuple[int, int], Merge],
        *,
        ignore_merges: bool = False,
        unk_token: str | None = None,
    ) -> None:
        self.vocab = vocab
        self.tokens = {id_: token for token, id_ in vocab.items()}
        self.merges = merges
        self.ignore_merges = ignore_merges
        self.unk_token = unk_token
        self._cache: dict[str, list[Found]] = {}

    def encode(self, piece: str) -> list[Found]:
        """Return the tokens of one piece, from left to right.

        >>> vocab = {"a": 0, "b": 1, "ab": 2}
        >>> Bpe(vocab, {(0, 1): Merge(0, 2)}).encode("abba")
        [(2, 0, 2), (1, 2, 3), (0, 3, 4)]
        """
        found = self._cache.get(piece)
        if found is None:
            found = self._encode(piece)
            if len(piece) <= CACHED_LENGTH and len(self._cache) < CACHED_PIECES:
                self._cache[piece] = found
        return found

    def _encode(self, piece: str) -> list[Found]:
        if self.ignore_merges and piece in self.vocab:
            return [(self.vocab[piece], 0, len(piece))]
        symbols = list(self._symbols(piece))
        merged = _merged([id_ for id_, _ in symbols], [size for _, size in symbols], self.merges)
        return list(_placed(piece, merged))

    def _symbols(self, piece: str) -> Iterator[tuple[int, int]]:
        """Yield the id and the size in bytes of each character that has an id."""
        for char in piece:
            id_ = self.vocab.get(char)
            if id_ is None and self.unk_token is not None:
                id_ = self._unknown()
            if id_ is not None:
                yield id_, len(char.encode())

    def _unknown(self) -> int:
        if self.unk_token not in self.vocab:  # tokenizers also notices only when it needs it
            raise BadSpec(f"model.unk_token {self.unk_token!r} is not in model.vocab")
        return self.vocab[self.unk_token]


def _merged(
    ids: list[int], sizes: list[int], merges: dict[tuple[int, int], Merge]
) -> list[tuple[int, int]]:
    """Return ids and sizes after all merges. A symbol of size 0 has gone into its left one."""
    after = list(range(1, len(ids) + 1))
    before = list(range(-1, len(ids) - 1))
    heap: list[tuple[int, int, int, int]] = []

    def push(left: int, right: int) -> None:
        merge = merges.get((ids[left], ids[right]))
        if merge:
            heapq.heappush(heap, (merge.rank, left, ids[left], ids[right]))

    for left, right in pairwise(range(len(ids))):
        push(left, right)
    while heap:
        _, left, *pair = heapq.heappop(heap)
        right = after[left]
        if not sizes[left] or right == len(ids) or [ids[left], ids[right]] != pair:
            continue  # stale
        ids[left] = merges[ids[left], ids[right]].id
        sizes[left] += sizes[right]
        sizes[right] = 0
        after[left] = after[right]
        if after[left] < len(ids):
            before[after[left]] = left
            push(left, after[left])
        if before[left] >= 0:
            push(before[left], left)
    return [(id_, size) for id_, size in zip(ids, sizes, strict=True) if size]


def _placed(piece: str, tokens: Iterable[tuple[int, int]]) -> Iterator[Found]:
    """Yield tokens with the code points that their bytes, counted from the start, fall on."""
    at = [index for index, char in enumerate(piece) for _ in char.encode()]
    tokens = list(tokens)
    ends = list(accumulate(size for _, size in tokens))
    for (id_, size), end in zip(tokens, ends, strict=True):
        yield id_, at[end - size], at[end - 1] + 1


def read_model(node: Node) -> Bpe:
    """Return the BPE model that the node describes.

    Raises Unsupported for other models and for options that byte-level models do not use, BadSpec
    for merges that name unknown pieces.
    """
    if node.kind() != "BPE":
        raise node.unread(f"model {node.kind()}")
    for key in ("byte_fallback", "fuse_unk", "dropout"):
        if node.get(key).value:
            raise node.get(key).unread(f"model.{key} {node.get(key).value!r}")
    for key in ("continuing_subword_prefix", "end_of_word_suffix"):
        if node.get(key).value not in {None, ""}:
            raise node.get(key).unread(f"model.{key} {node.get(key).value!r}")
    vocab = _read_vocab(node.field("vocab"))
    unk = node.get("unk_token")
    return Bpe(
        vocab,
        _read_merges(node.field("merges"), vocab),
        ignore_merges=bool(node.get("ignore_merges").value),
        unk_token=None if unk.value is None else unk.expect(str),
    )


def _read_vocab(node: Node) -> dict[str, int]:
    vocab: dict[str, int] = node.expect(dict)
    wrong = next((token for token, id_ in vocab.items() if type(id_) is not int), None)
    if wrong is not None:
        raise node.bad(f"the id of {wrong!r} is not a whole number")
    if len(set(vocab.values())) != len(vocab):
        raise node.bad("two tokens have one id; tokenizers would decode it as either, by chance")
    return vocab


def _read_merges(node: Node, vocab: dict[str, int]) -> dict[tuple[int, int], Merge]:
    """Return the merges; where a pair stands twice the later rank counts, as in tokenizers."""
    merges = {}
    for rank, merge in enumerate(node.expect(list)):
        here = Node(merge, f"{node.path}[{rank}]", node.file)
        match merge.split(" ") if isinstance(merge, str) else merge:
            case [str() as left, str() as right]:
                pair = _known(here, left, vocab), _known(here, right, vocab)
                merges[pair] = Merge(rank, _known(here, left + right, vocab))
            case _ if not str(merge).startswith("#version"):
                raise here.bad(f"{merge!r} is not a pair of tokens")
    return merges


def _known(node: Node, token: str, vocab: dict[str, int]) -> int:
    if token not in vocab:
        raise node.bad(f"the merge {node.value!r} needs {token!r}, which model.vocab lacks")
    return vocab[token]
