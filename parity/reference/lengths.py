"""The keys `truncation` and `padding`: how long an encoding may be, and has to be.

Truncation comes before the post-processor, and leaves room for the tokens that it will add. Of two
texts `LongestFirst` shortens the longer one first, `OnlyFirst` and `OnlySecond` one of them, which
has to be long enough. `direction` says which end is lost. What is cut off is not kept here. Where
max_length has no room for the post-processor's own tokens, nothing is cut. Kept.

Padding comes last: with `BatchLongest` to the longest of a batch, with {"Fixed": n} to n, then up
to a multiple of `pad_to_multiple_of`. What is longer stays.

Source: measured on tokenizers 0.23.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from parity.errors import Unsupported
from parity.reference.segments import Token

if TYPE_CHECKING:
    from parity.reference.document import Node

DIRECTIONS: Final = ("Right", "Left")
STRATEGIES: Final = ("LongestFirst", "OnlyFirst", "OnlySecond")


class Truncation(NamedTuple):
    """The key `truncation`; lengths in tokens."""

    max_length: int
    strategy: str = "LongestFirst"
    stride: int = 0
    direction: str = "Right"

    def cut(self, texts: list[list[Token]], added: int) -> list[list[Token]]:
        """Return the tokens of one or two texts, cut so that `added` more have room."""
        most = self.max_length - added
        total = sum(map(len, texts))
        if total <= most or most < 0:  # tokenizers counts below 0 without a sign: endless room
            return texts
        sizes = self._sizes([len(text) for text in texts], most, total - most)
        return [self._shortened(text, size) for text, size in zip(texts, sizes, strict=True)]

    def _sizes(self, sizes: list[int], most: int, over: int) -> list[int]:
        if not most:
            return [0] * len(sizes)
        if self.strategy == "LongestFirst":
            return _longest_first(sizes, most)
        place = STRATEGIES.index(self.strategy) - 1
        if place >= len(sizes) or sizes[place] <= over:
            raise Unsupported(f"truncation {self.strategy} of texts of {sizes} tokens to {most}")
        return [size - over if at == place else size for at, size in enumerate(sizes)]

    def _shortened(self, tokens: list[Token], size: int) -> list[Token]:
        if size >= len(tokens):
            return tokens
        if size and self.stride >= size:
            raise Unsupported(f"truncation to {size} tokens with a stride of {self.stride}")
        return tokens[:size] if self.direction == "Right" else tokens[len(tokens) - size :]


def _longest_first(sizes: list[int], most: int) -> list[int]:
    """Return the sizes that texts are cut to.

    >>> _longest_first([9, 2], 6), _longest_first([9, 8], 7)
    ([4, 2], [4, 3])
    """
    if len(sizes) == 1:
        return [most]
    short, long = sorted(sizes)
    long = short if short > most else max(short, most - short)
    if short + long > most:
        short = most // 2
        long = short + most % 2
    return [long, short] if sizes[0] > sizes[1] else [short, long]


class Padding(NamedTuple):
    """The key `padding`; `fixed` is None for BatchLongest."""

    fixed: int | None
    token: Token
    type_id: int = 0
    direction: str = "Right"
    multiple: int = 0

    def length(self, longest: int) -> int:
        """Return the length that a batch is padded to, whose longest one is given."""
        length = longest if self.fixed is None else self.fixed
        if self.multiple and length % self.multiple:
            length += self.multiple - length % self.multiple
        return length


def read_truncation(node: Node) -> Truncation | None:
    """Return the truncation that the node describes, or None; raises BadSpec."""
    if node.value is None:
        return None
    return Truncation(
        _count(node.field("max_length")),
        _one_of(node.field("strategy"), STRATEGIES),
        _count(node.field("stride")),
        _one_of(node.get("direction", default="Right"), DIRECTIONS),
    )


def read_padding(node: Node) -> Padding | None:
    """Return the padding that the node describes, or None; raises BadSpec."""
    if node.value is None:
        return None
    strategy = node.field("strategy")
    fixed = None if strategy.value == "BatchLongest" else _count(strategy.field("Fixed"))
    multiple = node.get("pad_to_multiple_of")
    return Padding(
        fixed,
        Token(node.field("pad_id").unsigned(), node.field("pad_token").expect(str), 0, 0),
        node.field("pad_type_id").unsigned(),
        _one_of(node.field("direction"), DIRECTIONS),
        0 if multiple.value is None else _count(multiple),
    )


def _count(node: Node) -> int:
    return node.unsigned(64)


def _one_of(node: Node, known: tuple[str, ...]) -> str:
    if node.expect(str) not in known:
        raise node.bad(f"{node.value!r} is none of {', '.join(known)}")
    return node.expect(str)
