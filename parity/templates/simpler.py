"""Simpler things in the place of a block or a tag: one of its bodies, its expression, its value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parity.templates import blocks, expressions
from parity.templates.blocks import Block, Nodes, Tokens
from parity.templates.tokens import Token, joined


def instead(nodes: Nodes, at: int) -> Iterator[Nodes]:
    """Yield the nodes with simpler ones in place of one."""
    node, before, behind = nodes[at], nodes[:at], nodes[at + 1 :]
    tag = node.branches[0].tag if isinstance(node, Block) else node
    if isinstance(node, Block):
        for branch in node.branches:
            yield (*before, *branch.body, *behind)
        for place in range(1, len(node.branches)):
            fewer = node.branches[:place] + node.branches[place + 1 :]
            yield (*before, node._replace(branches=fewer), *behind)
    if not blocks.name(tag):
        return
    start, end = region(tag)
    expression = tag[start:end]
    if expression:
        opening, closing = Token("open", "{{", tag[0].line), Token("close", "}}", tag[-1].line)
        yield (*before, (opening, *expression, closing), *behind)
        named = _spelt_out(nodes, at, expression)
        yield from [named] if named else []
    if isinstance(node, Block) and blocks.name(tag) == "macro":
        yield (*before, *_called(node, behind))


def _spelt_out(nodes: Nodes, at: int, value: Tokens) -> Nodes | None:
    """Return the nodes without a `for` or `set`, what it names spelt out; if not longer."""
    node = nodes[at]
    tag = node.branches[0].tag if isinstance(node, Block) else node
    said = [token for token in tag if token.kind in {"name", "operator"}]
    line = tag[0].line
    single = len(said) > 3 and said[2].text == ("in" if said[0].text == "for" else "=")  # noqa: PLR2004
    if not single or said[0].text not in {"for", "set"}:
        return None
    value = expressions.bracketed(value)
    if said[0].text == "for":
        value += (
            Token("operator", "[", line),
            Token("number", "0", line),
            Token("operator", "]", line),
        )
    body = node.branches[0].body if isinstance(node, Block) else nodes[at + 1 :]
    behind = nodes[at + 1 :] if isinstance(node, Block) else ()
    tokens = expressions.renamed(blocks.flat(body), said[1].text, value)
    made = (*nodes[:at], *blocks.tree(tokens), *behind)
    longer = len(joined(blocks.flat(made))) > len(joined(blocks.flat(nodes)))
    return None if longer else made


def _called(macro: Block, behind: Nodes) -> Nodes:
    """Return the nodes with what a macro says in place of each output that calls it."""
    tag, body = macro.branches[0]
    name = next((word.text for word in tag if word.kind == "name" and word.text != "macro"), "")
    made: list[Token] = []
    for part in blocks.parts(blocks.flat(behind)):
        calls = part[0].text[:2] == "{{" and any(token.text == name for token in part)
        made += blocks.flat(body) if calls else part
    return blocks.tree(made)


def region(piece: Tokens) -> tuple[int, int]:
    """Return where the expression of an output or a tag is: behind its name, and what it names."""
    inside = [at for at, token in enumerate(piece) if token.kind not in {"open", "close", "space"}]
    if not inside or piece[0].kind != "open":
        return 0, 0
    start, end = inside[0], inside[-1] + 1
    if not blocks.name(piece):
        return start, end
    sign = {"set": "=", "for": "in"}.get(piece[start].text)
    start = next((at for at in inside if piece[at].text == sign), start) + 1
    while start < end and piece[start].kind == "space":
        start += 1
    return start, end


def lifted(tokens: Tokens, variables: Mapping[str, Any]) -> Iterator[tuple[Tokens, dict[str, Any]]]:
    """Yield the template and its data where a name has the part of its value that is asked for.

    `{{ x.a }}` with `{"x": {"a": 1}}` is `{{ x }}` with `{"x": 1}`.
    """
    for at, token in enumerate(tokens):
        value = variables.get(token.text) if token.kind == "name" else None
        link = expressions.link_at(tokens, at + 1) if isinstance(value, dict | list) else ()
        said = [one.text.strip("'\"") for one in link if one.kind in {"name", "number", "string"}]
        keys: list[Any] = said + [int(one) for one in said if one.isdigit()]
        for key in keys if len(said) == 1 else ():
            inside = range(len(value)) if isinstance(value, list) else value or ()
            if key in inside and value:
                fewer = tokens[: at + 1] + tokens[at + 1 + len(link) :]
                yield fewer, {**variables, token.text: value[key]}
