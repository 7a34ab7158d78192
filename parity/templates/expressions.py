"""The parts of an expression, by its brackets and operators: what may be left of it alone.

Not a parser: whether a part is an expression the engines say. Filters, tests, attributes, calls
and subscripts are the links of a chain; operators cut what stands at one level of brackets, the
weakest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from parity.templates.tokens import Token

Tokens = tuple[Token, ...]
CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
WEAKEST_FIRST: Final = (
    {","}, {"="}, {":"}, {"if", "else"}, {"or"}, {"and"}, {"not"},
    {"==", "!=", "<", ">", "<=", ">=", "in"}, {"~", "+", "-"}, {"*", "/", "//", "%"}, {"**"},
)  # fmt: skip
KEYWORDS: Final = frozenset().union(*WEAKEST_FIRST) | {"is"}


class Range(NamedTuple):
    """A part of an expression: the half-open range of its words."""

    start: int
    end: int


def items(tokens: Sequence[Token], start: int, end: int) -> list[Range]:
    """Return the words at one level: a bracket with all that is in it is one item."""
    made: list[Range] = []
    while start < end:
        stop = _closed(tokens, start, end)
        made.append(Range(start, stop))
        start = stop
    return made


def _closed(tokens: Sequence[Token], start: int, end: int) -> int:
    awaited: list[str] = []
    for at in range(start, end):
        text = tokens[at].text if tokens[at].kind == "operator" else ""
        if awaited and text == awaited[-1]:
            awaited.pop()
        elif text in CLOSING:
            awaited.append(CLOSING[text])
        if not awaited:
            return at + 1
    return start + 1


def _sign(tokens: Sequence[Token], item: Range) -> str:
    """Return the operator or keyword that an item is, or nothing."""
    token = tokens[item.start]
    single = item.end - item.start == 1 and token.kind in {"operator", "name"}
    return token.text if single and token.text in KEYWORDS else ""


def operands(tokens: Sequence[Token], start: int, end: int) -> list[Range]:
    """Return what stands between the weakest operators of a range; one where there is none."""
    level = items(tokens, start, end)
    for signs in WEAKEST_FIRST:
        cuts = [item for item in level if _sign(tokens, item) in signs]
        if cuts:
            edges = [Range(start, start), *cuts, Range(end, end)]
            ranges = [Range(one.end, other.start) for one, other in pairwise(edges)]
            return [one for one in ranges if one.end > one.start]
    return [Range(start, end)]


def links(tokens: Sequence[Token], start: int, end: int) -> list[Range]:
    """Return a chain: what it begins with, then each filter, test, attribute, call, subscript."""
    level = items(tokens, start, end)
    made: list[Range] = []
    at = 0
    while at < len(level):
        text, stop = tokens[level[at].start].text, at + 1
        if text in {".", "|"}:
            stop += 1
        elif text == "is":
            stop += 2 if at + 1 < len(level) and tokens[level[at + 1].start].text == "not" else 1
        if text in {"|", "is"}:
            follows = tokens[level[stop].start] if stop < len(level) else None
            called = follows is not None and follows.text == "("
            spoken = text == "is" and follows is not None and follows.kind != "operator"
            stop += called or spoken
        stop = min(stop, len(level))
        made.append(Range(level[at].start, level[stop - 1].end))
        at = stop
    return made


def inside(tokens: Sequence[Token], link: Range) -> Iterator[Range]:
    """Yield what stands in the outermost brackets of a link."""
    for item in items(tokens, *link):
        if item.end - item.start > 1:
            yield Range(item.start + 1, item.end - 1)


def within(tokens: Sequence[Token], start: int, end: int) -> Iterator[Range]:
    """Yield all the parts that may stand alone, the whole last."""
    if start >= end:
        return
    cut = operands(tokens, start, end)
    if cut != [Range(start, end)]:
        for part in cut:
            yield from within(tokens, *part)
    else:
        chain = links(tokens, start, end)
        for link in chain:
            for part in inside(tokens, link):
                yield from within(tokens, *part)
        yield from (Range(start, link.end) for link in chain[:-1])
    yield Range(start, end)


class Edit(NamedTuple):
    """A part of an expression, and the part of it that would be left in its place, if any."""

    gone: Range
    kept: Range

    def of(self, tokens: Tokens) -> Tokens:
        """Return the words when it is done."""
        kept = tokens[self.kept.start : self.kept.end]
        return tokens[: self.gone.start] + kept + tokens[self.gone.end :]


def edits(tokens: Tokens, start: int, end: int) -> Iterator[Edit]:
    """Yield what makes an expression smaller: parts alone, the shortest first; then parts gone."""
    whole = Range(start, end)
    parts = sorted(set(within(tokens, start, end)), key=lambda part: (part.end - part.start, part))
    yield from (Edit(whole, part) for part in parts if part != whole)
    cut = operands(tokens, start, end)
    if cut != [whole]:
        if len(cut) > 1:
            yield Edit(Range(cut[0].start, cut[1].start), Range(0, 0))
        yield from (Edit(Range(one.end, other.end), Range(0, 0)) for one, other in pairwise(cut))
        yield from (edit for part in cut for edit in edits(tokens, *part))
        return
    chain = links(tokens, start, end)
    yield from (Edit(link, Range(0, 0)) for link in chain[1:])
    for link in chain:
        for part in inside(tokens, link):
            yield Edit(Range(part.start - 1, part.end + 1), part)
            yield Edit(Range(part.start - 1, part.end + 1), Range(0, 0))
            if part.end > part.start:
                yield Edit(part, Range(0, 0))
            yield from edits(tokens, *part)


def bracketed(tokens: Tokens) -> Tokens:
    """Return an expression that may stand in any place: in brackets where it has operators."""
    if operands(tokens, 0, len(tokens)) == [Range(0, len(tokens))] and not any(
        token.text in {"|", "is"} for token in tokens
    ):
        return tokens
    line = tokens[0].line
    return (Token("operator", "(", line), *tokens, Token("operator", ")", line))


def renamed(tokens: Sequence[Token], name: str, value: Tokens) -> Tokens:
    """Return a template with a name spelt out wherever it is a variable."""
    made: list[Token] = []
    for token in tokens:
        last = next((one.text for one in reversed(made) if one.kind != "space"), "")
        free = token.kind == "name" and token.text == name and last not in {".", "|", "is"}
        made += value if free else [token]
    return tuple(made)


def link_at(tokens: Tokens, at: int) -> Tokens:
    """Return the attribute or subscript that begins at a word, or nothing."""
    if at < len(tokens) and tokens[at].text == ".":
        return tokens[at : at + 2]
    if at < len(tokens) and tokens[at].text == "[":
        return tokens[at : _closed(tokens, at, len(tokens))]
    return ()
