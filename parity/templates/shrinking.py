"""The smallest template, and data, that are still so; and which lines of the template are left.

Theory. Hierarchical delta debugging (Misherghi and Su 2006): whole blocks first, then what is in
them; a block may give way to one of its bodies, a loop to its body for the first item, a tag to
its expression. Then expressions by their own parts, then single words, then characters, then the
data. Rounds go on until one changes nothing: that round is the proof that what is left is
1-minimal. What was asked once is not asked again and costs no try.

What stays is the original text, and each word remembers the line that it came from. Only what is
set or looped over may move, to where its name stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import partial
from typing import Any, Final, NamedTuple

from parity.reducing import Still, Tries, first
from parity.templates import blocks, expressions, simpler, values
from parity.templates.blocks import Block, Nodes, Tokens
from parity.templates.tokens import joined, scan, squeezed

Ask = values.Ask[Tokens]
NUMBERS: Final = ("0", "1")


class Shrunk(NamedTuple):
    """What is left of a template and its data.

    lines: the numbers of the lines of the original that it comes from.
    """

    source: str
    variables: dict[str, Any]
    lines: tuple[int, ...]


def snippet(found: Mapping[str, Any], still: Still[dict[str, Any]], tries: Tries) -> dict[str, Any]:
    """Return the smallest `source` and `variables` that are still so."""
    made = shrink(found, still, tries)
    return {"source": made.source, "variables": made.variables}


def shrink(found: Mapping[str, Any], still: Still[dict[str, Any]], tries: Tries) -> Shrunk:
    r"""Return the smallest template and data that are still so, and the lines that they come from.

    >>> template = {"source": "a\n{% if x %}{{ x|upper ~ 1 }}{% endif %}", "variables": {"x": 5}}
    >>> shrink(template, lambda made: "|upper" in made["source"], Tries())
    Shrunk(source='|upper', variables={}, lines=(2,))
    """
    asked = _Asked(still, tries)
    tokens, variables = scan(found["source"]), dict(found["variables"])
    before = None
    while before != (tokens, repr(variables)) and not tries.wanting:
        before = tokens, repr(variables)
        tokens = _template(tokens, asked.about(variables), plain=tries.plain)
        tokens, variables = _lifted(tokens, variables, asked)
        variables = values.variables(variables, asked.with_data(tokens), plain=tries.plain)
    return Shrunk(joined(tokens), variables, tuple(sorted({token.line for token in tokens})))


class _Asked:
    """Whether a template and its data are still so; each pair is tried once."""

    def __init__(self, still: Still[dict[str, Any]], tries: Tries) -> None:
        self.still, self.tries = still, tries
        self.known: dict[tuple[str, str], bool] = {}

    def ask(self, source: str, variables: Mapping[str, Any]) -> bool:
        key = source, repr(variables)
        if key not in self.known:
            made = {"source": source, "variables": deepcopy(dict(variables))}
            answer = self.tries.still(self.still, made)
            if self.tries.wanting:
                return answer
            self.known[key] = answer
        return self.known[key]

    def about(self, variables: Mapping[str, Any]) -> Ask:
        return lambda tokens: self.ask(joined(tokens), variables)

    def with_data(self, tokens: Tokens) -> values.Ask[dict[str, Any]]:
        source = joined(tokens)
        return lambda variables: self.ask(source, variables)


def _lifted(
    tokens: Tokens, variables: dict[str, Any], asked: _Asked
) -> tuple[Tokens, dict[str, Any]]:
    def smaller(
        made: tuple[Tokens, dict[str, Any]],
    ) -> Iterator[tuple[Tokens, dict[str, Any]]]:
        return simpler.lifted(*made)

    def still(made: tuple[Tokens, dict[str, Any]]) -> bool:
        return asked.ask(joined(made[0]), made[1])

    return first((tokens, variables), smaller, still, values.free())


def _template(tokens: Tokens, ask: Ask, *, plain: bool) -> Tokens:
    tokens = blocks.flat(_body(blocks.tree(tokens), lambda made: ask(blocks.flat(made))))
    if ask(squeezed(tokens)):
        tokens = squeezed(tokens)
    pieces = tuple(blocks.parts(tokens))
    for place in range(len(pieces)):
        pieces = _expression(pieces, place, lambda made: ask(_whole(made)))
    tokens = _whole(pieces)
    for place in reversed(range(len(tokens))):
        fewer = tokens[:place] + tokens[place + 1 :]
        tokens = fewer if ask(fewer) else tokens
    for place in range(len(tokens)):
        tokens = _token(tokens, place, ask, plain=plain)
    return tokens


def _whole(pieces: tuple[Tokens, ...]) -> Tokens:
    return tuple(token for piece in pieces for token in piece)


def _body(nodes: Nodes, ask: values.Ask[Nodes]) -> Nodes:
    """Leave out nodes, replace what can be, and go into the blocks that stay."""
    nodes = values.left(nodes, ask)
    at = 0
    while at < len(nodes):
        others = (made for made in simpler.instead(nodes, at) if ask(made))
        made = next(others, None)
        if made is not None:
            nodes = made
            continue
        fewer = _branches(nodes, at, ask)
        if fewer != nodes:
            nodes = fewer  # what is smaller may now give way to what is in it
            continue
        at += 1
    return nodes


def _branches(nodes: Nodes, at: int, ask: values.Ask[Nodes]) -> Nodes:
    """Make the bodies of a block smaller."""
    block = nodes[at]
    for place, branch in enumerate(block.branches if isinstance(block, Block) else ()):
        with_it = partial(_with_body, nodes, at, place)
        nodes = with_it(_body(branch.body, partial(_asked_with, ask, with_it)))
    return nodes


def _asked_with(ask: values.Ask[Nodes], with_it: Callable[[Nodes], Nodes], body: Nodes) -> bool:
    return ask(with_it(body))


def _with_body(nodes: Nodes, at: int, place: int, body: Nodes) -> Nodes:
    """Return nodes with another body in one branch of a block."""
    block = nodes[at]
    if not isinstance(block, Block):
        return nodes
    branches = list(block.branches)
    branches[place] = branches[place]._replace(body=body)
    return (*nodes[:at], block._replace(branches=tuple(branches)), *nodes[at + 1 :])


def _expression(
    pieces: tuple[Tokens, ...], place: int, ask: values.Ask[tuple[Tokens, ...]]
) -> tuple[Tokens, ...]:
    """Make the expression of one output or tag smaller."""

    def smaller(made: tuple[Tokens, ...]) -> Iterator[tuple[Tokens, ...]]:
        piece = made[place]
        for edit in expressions.edits(piece, *simpler.region(piece)):
            yield (*made[:place], edit.of(piece), *made[place + 1 :])

    return first(pieces, smaller, ask, values.free())


def _token(tokens: Tokens, place: int, ask: Ask, *, plain: bool) -> Tokens:
    """Make one word smaller: no mark at a tag, fewer characters in a text, a plain number."""
    token = tokens[place]

    def with_text(text: str) -> Tokens:
        return (*tokens[:place], token._replace(text=text), *tokens[place + 1 :])

    made = token.text
    if token.kind in {"open", "close"}:
        others = (text for text in [made.strip("-+")] if text != made and ask(with_text(text)))
        made = next(others, made)
    elif token.kind == "number" and plain and made not in NUMBERS:
        made = next((text for text in NUMBERS if ask(with_text(text))), made)
    elif token.kind in {"string", "comment"}:
        edge = 1 if token.kind == "string" else 2
        head, tail = made[:edge], made[-edge:]
        made = (
            head
            + values.text(
                made[edge:-edge], lambda text: ask(with_text(head + text + tail)), plain=plain
            )
            + tail
        )
    elif token.kind == "data":
        made = values.text(made, lambda text: ask(with_text(text)), plain=plain)
    return with_text(made)
