r"""The words of a template, each with the line that it stands on; joined they are the template.

A scanner and not a parser: what no engine accepts has words, too.

    >>> [token.text for token in scan("a{{ x|int }}")]
    ['a', '{{', ' ', 'x', '|', 'int', ' ', '}}']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

OPENING: Final = {"{{": "}}", "{%": "%}"}
_DATA: Final = re.compile(r".*?(?=\{[{%#])|.*", re.DOTALL)
_LINES: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_OPEN: Final = re.compile(r"(?:\{\{|\{%)[-+]?")
_COMMENT: Final = re.compile(r"\{#.*?#\}", re.DOTALL)
_RAW: Final = re.compile(r".*?(?=\{%[-+]?\s*endraw\b)", re.DOTALL)
_WORD: Final = re.compile(
    r"""(?P<close>[-+]?[%}]\})
    |(?P<space>\s+)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>\d[\w]*(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<name>\w+)
    |(?P<operator>\*\*|//|==|!=|<=|>=|.)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A word of a template.

    kind: data, comment, open, close, space, string, number, name or operator.
    line: where it stands in the template that it comes from, counted from 1.
    """

    kind: str
    text: str
    line: int


def scan(source: str) -> tuple[Token, ...]:
    """Return the words of a template; literal text is a word for each line."""
    made: list[Token] = []
    line = 1
    for kind, text in _words(source):
        made.append(Token(kind, text, line))
        line += len(re.findall(r"\r\n|\r|\n", text))
    return tuple(made)


def _words(source: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(source):
        if comment := _COMMENT.match(source, at):
            yield "comment", comment.group()
            at = comment.end()
        elif opening := _OPEN.match(source, at):
            inside = list(_inside(source, opening.end(), OPENING[opening.group()[:2]]))
            yield "open", opening.group()
            yield from inside
            at = opening.end() + sum(len(word) for _, word in inside)
            if [word for kind, word in inside if kind == "name"] == ["raw"]:
                raw = _RAW.match(source, at)
                literal = raw.group() if raw else ""
                yield from (("data", part) for part in _LINES.findall(literal))
                at += len(literal)
        else:
            data = _DATA.match(source, at + 1)
            end = data.end() if data else len(source)
            yield from (("data", part) for part in _LINES.findall(source[at:end]))
            at = end


def _inside(source: str, at: int, closing: str) -> Iterator[tuple[str, str]]:
    deep = 0
    while found := _WORD.match(source, at):
        kind, text = str(found.lastgroup), found.group()
        if kind == "close" and (not text.endswith(closing) or (deep and text[0] == "}")):
            kind, text = "operator", source[at]
        deep += (text in {"{", "(", "["}) - (text in {"}", ")", "]"})
        yield kind, text
        at += len(text)
        if kind == "close":
            return


def joined(tokens: Iterable[Token]) -> str:
    """Return the template that words make."""
    return "".join(token.text for token in tokens)


def words(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Return the words without the space between them, and without the tag's own signs.

    >>> joined(words(scan("{%- if a is b %}")))
    'ifaisb'
    """
    return tuple(token for token in tokens if token.kind not in {"open", "close", "space"})


def squeezed(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Return the words with a space only where two would be read as one.

    >>> joined(squeezed(scan("{{ a | int  if b }} c ")))
    '{{a|int if b}} c '
    """
    made: list[Token] = []
    wide = {"name", "number", "string"}
    for token in tokens:
        if token.kind == "space":
            continue
        if made and made[-1].kind in wide and token.kind in wide:
            made.append(Token("space", " ", token.line))
        made.append(token)
    return tuple(made)
