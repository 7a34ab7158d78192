"""What a template is made of: text, outputs and tags, and the blocks that tags open and close.

A block is known by its end: `{% x %}` is one where an `{% endx %}` follows, whatever `x` is. So
tags that only one engine knows are blocks, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from parity.templates.tokens import Token, words

Tokens = tuple[Token, ...]
BETWEEN: Final = frozenset({"elif", "else"})


class Branch(NamedTuple):
    """A tag and what stands behind it, up to the next tag of its block."""

    tag: Tokens
    body: tuple[Node, ...]


class Block(NamedTuple):
    """A block: its branches (the first is the opening tag's), and the tag that ends it."""

    branches: tuple[Branch, ...]
    end: Tokens


Node = Tokens | Block
Nodes = tuple[Node, ...]
"""The words of a text, an output, a comment or a tag that opens nothing; or a block."""


def name(tag: Tokens) -> str:
    """Return the name of a tag, or nothing for what is no tag."""
    inside = words(tag) if tag and tag[0].text[:2] == "{%" else ()
    return inside[0].text if inside else ""


def parts(tokens: Sequence[Token]) -> Iterator[Tokens]:
    """Yield texts, comments, outputs and tags, as they follow each other."""
    at = 0
    while at < len(tokens):
        end = at + 1
        if tokens[at].kind == "open":
            while end < len(tokens) and tokens[end - 1].kind != "close":
                end += 1
        yield tuple(tokens[at:end])
        at = end


def tree(tokens: Sequence[Token]) -> tuple[Node, ...]:
    """Return the blocks of a template; a tag without its end, and an end alone, are single."""
    open_: list[tuple[str, list[Branch]]] = [("", [Branch((), ())])]
    for part in parts(tokens):
        tag = name(part)
        opened = [place for place, (known, _) in enumerate(open_) if f"end{known}" == tag]
        if tag.startswith("end") and opened and opened[-1]:
            _flatten(open_, opened[-1])
            _, branches = open_.pop()
            _add(open_[-1][1], Block(tuple(branches), part))
        elif tag in BETWEEN and len(open_) > 1:
            place = _opener(open_)
            _flatten(open_, place)
            open_[place][1].append(Branch(part, ()))
        elif tag and not tag.startswith("end") and tag not in BETWEEN:
            open_.append((tag, [Branch(part, ())]))
        else:
            _add(open_[-1][1], part)
    _flatten(open_, 0)
    return open_[0][1][0].body


def _opener(open_: list[tuple[str, list[Branch]]]) -> int:
    """Return the place of the tag that an `else` belongs to."""
    fits = (place for place in reversed(range(1, len(open_))) if open_[place][0] in {"if", "for"})
    return next(fits, len(open_) - 1)


def _add(branches: list[Branch], *nodes: Node) -> None:
    tag, body = branches[-1]
    branches[-1] = Branch(tag, (*body, *nodes))


def _flatten(open_: list[tuple[str, list[Branch]]], place: int) -> None:
    """Make single tags of those that were opened behind a place, and are not closed."""
    for _, branches in open_[place + 1 :]:
        for tag, body in branches:
            _add(open_[place][1], tag, *body)
    del open_[place + 1 :]


def flat(nodes: Sequence[Node]) -> Tokens:
    """Return the words of nodes, in order."""
    made: list[Token] = []
    for node in nodes:
        if isinstance(node, Block):
            for tag, body in node.branches:
                made += [*tag, *flat(body)]
            made += node.end
        else:
            made += node
    return tuple(made)
