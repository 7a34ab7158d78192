"""The key `post_processor`: adds special tokens and trims offsets, after the model.

The tokens travel as *parts*: one list to begin with, and after a template one for each of its
places, because ByteLevel asks whether a token is the first of its part.

TemplateProcessing puts special tokens around the text; in the modes that add none the text alone
stays, as often as the template names it. What it adds has the offsets (0, 0).

ByteLevel with trim_offsets takes leading and trailing spaces out of the offsets, but not out of the
ids. With add_prefix_space a token that is first, or that starts at 0, keeps a single leading space,
since it might be the one that the pre-tokenizer put there - even where it did not. Of two or more
leading spaces it keeps none.

Source: measured on tokenizers 0.23.3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import regex

from parity.reference.byte_alphabet import BYTE_TO_CHAR
from parity.reference.patterns import SPACE
from parity.reference.segments import Token

if TYPE_CHECKING:
    from parity.reference.document import Node

Parts = list[list[Token]]
PostProcessor = Callable[[Parts, bool], Parts]
"""Takes the parts and whether special tokens are added."""

_BLANK = regex.compile(f"[{BYTE_TO_CHAR[0x20]}{SPACE}]*", regex.VERSION1)


def read_post_processor(node: Node) -> PostProcessor:
    """Return the post-processor that the node describes; raises Unsupported for other types."""
    if node.value is None:
        return lambda parts, _added: parts
    readers = {"Sequence": _sequence, "TemplateProcessing": _template, "ByteLevel": _byte_level}
    if node.kind() not in readers:
        raise node.unread(f"post_processor {node.kind()}")
    return readers[node.kind()](node)


def _sequence(node: Node) -> PostProcessor:
    steps = [read_post_processor(item) for item in node.field("processors").items()]

    def run(parts: Parts, added: bool) -> Parts:  # noqa: FBT001 - the shape of PostProcessor
        for step in steps:
            parts = step(parts, added)
        return parts

    return run


def _byte_level(node: Node) -> PostProcessor:
    prefixed = node.field("add_prefix_space").expect(bool)
    if not node.field("trim_offsets").expect(bool):
        return lambda parts, _added: parts
    trim = partial(trimmed, prefixed=prefixed)
    return lambda parts, _added: [
        [trim(token, first=index == 0) for index, token in enumerate(part)] for part in parts
    ]


def trimmed(token: Token, *, first: bool, prefixed: bool) -> Token:
    """Return the token with the spaces at its ends left out of its offsets.

    >>> trimmed(Token(7, "ĠĠa", 3, 6), first=False, prefixed=True)
    Token(id=7, text='ĠĠa', start=5, end=6)
    """
    leading = _blanks(token.text)
    trailing = _blanks(token.text[::-1])
    if not leading and not trailing:
        return token
    start, end = token.start, token.end
    if leading == 1 and prefixed and (first or start == 0):
        leading = 0
    start = min(start + leading, end)
    if trailing <= end:
        end = max(end - trailing, start)
    return token._replace(start=start, end=end)


def _blanks(text: str) -> int:
    found = _BLANK.match(text)
    return found.end() if found else 0


def _template(node: Node) -> PostProcessor:
    tokens = {name: _special(entry) for name, entry in node.field("special_tokens").entries()}
    places = [_place(item, tokens) for item in node.field("single").items()]

    def run(parts: Parts, added: bool) -> Parts:  # noqa: FBT001 - the shape of PostProcessor
        if len(parts) != 1:
            raise node.unread("a template after a template that has several places")
        chosen = [part for part in places if part is None or added]
        return [list(parts[0] if part is None else part) for part in chosen]

    return run


def _special(node: Node) -> list[Token]:
    ids, tokens = node.field("ids").items(), node.field("tokens").items()
    if len(ids) != len(tokens):
        raise node.bad(f"{len(ids)} ids for {len(tokens)} tokens")
    pairs = zip(ids, tokens, strict=True)
    return [Token(id_.expect(int), token.expect(str), 0, 0) for id_, token in pairs]


def _place(node: Node, tokens: dict[str, list[Token]]) -> list[Token] | None:
    """Return the special tokens of one place of a template; None for the place of the text."""
    sequence = node.get("Sequence")
    if sequence.value is not None:
        if sequence.field("id").expect(str) != "A":
            raise sequence.unread("a second text in the template `single`")
        return None
    name = node.field("SpecialToken").field("id")
    if name.expect(str) not in tokens:
        raise name.bad(f"{name.value!r} is not in special_tokens")
    return tokens[name.expect(str)]
