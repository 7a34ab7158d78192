"""The key `decoder`: from token strings back to text.

ByteLevel spells each token in bytes, joins all bytes, and reads them as UTF-8; what is not UTF-8
becomes U+FFFD, one for each maximal part of a character (Unicode 15, section 3.9, "U+FFFD
Substitution of Maximal Subparts"), which is what Python's "replace" and Rust's from_utf8_lossy both
do. A token with *any* character outside the byte alphabet stands for its own UTF-8 instead.

Wrong where an added token is not ASCII but all in the alphabet: the added token `Café` decodes as
`Caf` and U+FFFD, because é is the letter of byte 0xE9. tokenizers does so, and so does this.

No decoder at all joins the token strings with spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from parity.reference.byte_alphabet import CHAR_TO_BYTE

if TYPE_CHECKING:
    from parity.reference.document import Node

Decoder = Callable[[Sequence[str]], str]


def read_decoder(node: Node) -> Decoder:
    """Return the decoder that the node describes: ByteLevel or null; else raises Unsupported."""
    if node.value is None:
        return join_with_spaces
    if node.kind() != "ByteLevel":
        raise node.unread(f"decoder {node.kind()}")
    return byte_level


def join_with_spaces(tokens: Sequence[str]) -> str:
    """Return the token strings with a space between each two.

    >>> join_with_spaces(["a", "b"])
    'a b'
    """
    return " ".join(tokens)


def byte_level(tokens: Sequence[str]) -> str:
    r"""Return the text that the tokens' bytes spell.

    >>> byte_level(["Ġna", "Ã", "¯ve"])
    ' naïve'
    >>> byte_level(["Ã", "<a b>", "Café"]) == "\ufffd<a b>Caf\ufffd"
    True
    """
    return b"".join(map(_spelt, tokens)).decode("utf-8", errors="replace")


def _spelt(token: str) -> bytes:
    try:
        return bytes([CHAR_TO_BYTE[char] for char in token])
    except KeyError:
        return token.encode()
