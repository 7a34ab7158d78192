"""What the models' readers share: the vocabulary as an object, and what a model found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from parity.errors import BadSpec

if TYPE_CHECKING:
    from parity.reference.document import Node

Found = tuple[int, str, int, int]
"""A token: its id, its string, and its half-open range in the piece, in code points."""

ID_LIMIT: Final = 2**32  # tokenizers keeps ids in 32 bits, unsigned


def read_vocab(node: Node) -> dict[str, int]:
    """Return token string to id; raises BadSpec for what is no id, and for ids that come twice."""
    vocab: dict[str, int] = node.expect(dict)
    for token, id_ in vocab.items():
        if type(id_) is not int or not 0 <= id_ < ID_LIMIT:
            raise _at(node, token).bad(f"expected an id from 0 to {ID_LIMIT - 1}, found {id_!r}")
    if len(set(vocab.values())) != len(vocab):
        raise _doubled(node, vocab)
    return vocab


def byte_token(byte: int) -> str:
    """Return how vocabularies with byte fallback spell a byte.

    >>> byte_token(10)
    '<0x0A>'
    """
    return f"<0x{byte:02X}>"


def _at(node: Node, token: str) -> Node:
    return node.get(token)


def _doubled(node: Node, vocab: dict[str, int]) -> BadSpec:
    seen: dict[int, str] = {}
    for token, id_ in vocab.items():
        if id_ in seen:
            reason = f"the id {id_} is that of {seen[id_]!r} too"
            return _at(node, token).bad(
                f"{reason}; tokenizers would decode it as either, by chance"
            )
        seen[id_] = token
    return node.bad("two tokens have one id")
