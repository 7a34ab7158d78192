"""What a template does, by name: its filters, tests, methods, tags and the like.

Read from its words, so that what jinja2 refuses has names, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from parity.templates import blocks
from parity.templates.tokens import Token, scan, words

PLAIN_TAGS: Final = frozenset({"if", "for", "set", "elif", "else"})
"""What nearly every template has; `macro` and `call` have names of their own below."""
OPERATORS: Final = frozenset(
    {"+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">", "<=", ">=", "in", "and", "or"}
) | {"not"}
PLAIN_OPERATORS: Final = frozenset(["==", "!=", "in", "and", "or", "not"])
IN_MACROS: Final = frozenset({"varargs", "kwargs", "caller"})
_ESCAPE: Final = re.compile(r"""\\(?![nrt\\'"])""")
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_SHADOWED: Final = frozenset(name for name in dir(dict) if name[0] != "_")


def named(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return what is not plain in a template, and what is.

    >>> named("{% if x|int > 1 %}{{ x.strip() }}{% endif %}")[0] == {
    ...     "filter:int", "operator:>", "method:strip"}
    True
    """
    tokens = scan(source)
    made = set(_of_tags(tokens))
    for part in blocks.parts(tokens):
        if part[0].kind == "open":
            made |= set(_of_words(_said(part)))
    if "\r" in source or any(
        token.kind in {"open", "close"} and token.text.strip("-+") != token.text for token in tokens
    ):
        made.add("whitespace")
    plain = {f"tag:{name}" for name in PLAIN_TAGS} | {"subscript"}
    plain |= {f"operator:{sign}" for sign in PLAIN_OPERATORS}
    return frozenset(made - plain), frozenset(made & plain)


def _said(part: blocks.Tokens) -> blocks.Tokens:
    """Return the words of an output or a tag, without its name and a loop's `x in`."""
    inside, name = words(part), blocks.name(part)
    texts = [token.text for token in inside]
    return inside[texts.index("in") + 1 if name == "for" and "in" in texts else bool(name) :]


def _of_tags(tokens: Sequence[Token]) -> Iterator[str]:
    for part in blocks.parts(tokens):
        name = blocks.name(part)
        if name and not name.startswith("end"):
            yield f"tag:{name}"


def _of_words(inside: Sequence[Token]) -> Iterator[str]:
    """Yield what an expression has, by each word and its neighbours."""
    texts = ["", "", *(token.text for token in inside), ""]
    for at, token in enumerate(inside, 2):
        before, text, behind = texts[at - 1], token.text, texts[at + 1]
        tested = before == "is" or (before == "not" and texts[at - 2] == "is")
        if token.kind in {"string", "number"}:
            yield from _literal(token)
        elif before == "|":
            yield f"filter:{text}"
        elif tested and text != "not":
            yield f"test:{text}"
        elif before == ".":
            yield from _attribute(texts[at - 2], text, behind)
        elif not tested:
            yield from _of_word(token, before, behind)


def _literal(token: Token) -> Iterator[str]:
    if token.kind == "string" and _ESCAPE.search(token.text):
        yield "literal:escape"
    elif token.kind == "number" and not _NUMBER.fullmatch(token.text):
        yield "literal:number"


def _of_word(token: Token, before: str, behind: str) -> Iterator[str]:
    if token.text in IN_MACROS:
        yield f"macro:{token.text}"
    elif token.text in OPERATORS:
        yield f"operator:{token.text}"
    elif token.kind == "name" and behind == "(":
        yield f"function:{token.text}"
    elif token.text == "[" and before not in {"", "(", "[", ",", "=", ":"}:
        yield "subscript"


def _attribute(of: str, name: str, behind: str) -> Iterator[str]:
    if of == "loop":
        yield f"loop:{name}"
    elif behind == "(":
        yield f"method:{name}"
    elif name in _SHADOWED:
        yield "attribute"
