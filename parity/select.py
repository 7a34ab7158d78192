"""Select cases by expression: `tag:cjk.* and not id:cjk/jamo-*`, `text:"  "`, `kind:ids`.

    term    id:GLOB | tag:GLOB | kind:NAME | text:PIECE | PIECE

A PIECE is found in the text; quotes keep spaces and take backslash escapes.
Terms are joined by `and` (or by nothing), `or`, `not` and parentheses.
"""

from __future__ import annotations

import ast
import fnmatch
import re
from collections.abc import Callable
from typing import Final

from parity.errors import BadSelect
from parity.types import Case

Predicate = Callable[[Case], bool]

DEEPEST: Final = 50
"""Parentheses within parentheses: reading and asking take a few calls of Python's stack each."""

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<paren>[()])
          |(?P<term>(?:(?P<field>[a-z]+):)?(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bare>[^\s()"]+))))""",
    re.VERBOSE,
)


def select(expression: str) -> Predicate:
    """Return the predicate that an expression means. Raises BadSelect.

    >>> select("tag:cjk.* and not a")(Case("t/x-00000000", "text", "b", tags=("cjk.han",)))
    True
    """
    tokens = _tokens(expression)
    _refuse_deep(tokens)
    predicate = _either(tokens, expression)
    if tokens:
        raise BadSelect(f"select {expression!r}: {tokens[0][0]!r} is not expected there")
    return predicate


def _tokens(expression: str) -> list[tuple[str, Predicate | None]]:
    tokens: list[tuple[str, Predicate | None]] = []
    place, end = 0, len(expression.rstrip())
    while place < end:
        match = _TOKEN.match(expression, place)
        if not match:
            raise BadSelect(f"select {expression!r}: cannot read {expression[place:]!r}")
        word = match[0].strip()
        is_word = match["paren"] or word in ("and", "or", "not")
        tokens.append((word, None if is_word else _term(match, expression)))
        place = match.end()
    return tokens


def _term(match: re.Match[str], expression: str) -> Predicate:
    value = _unquoted(match["quoted"], expression) if match["quoted"] else match["bare"]
    field = match["field"] or "text"
    if field not in _FIELDS:
        raise BadSelect(
            f"select {expression!r}: no field {field!r}; known: {', '.join(_FIELDS)}; "
            f'for a text with a colon write text:"..."'
        )
    return _FIELDS[field](value)


def _unquoted(quoted: str, expression: str) -> str:
    try:
        return str(ast.literal_eval(quoted))
    except (SyntaxError, ValueError) as error:
        raise BadSelect(f"select {expression!r}: cannot read {quoted!r}: {error}") from error


def _either(tokens: list[tuple[str, Predicate | None]], expression: str) -> Predicate:
    sides = [_all(tokens, expression)]
    while tokens and tokens[0][0] == "or":
        tokens.pop(0)
        sides.append(_all(tokens, expression))
    return sides[0] if len(sides) == 1 else lambda case: any(side(case) for side in sides)


def _all(tokens: list[tuple[str, Predicate | None]], expression: str) -> Predicate:
    sides = [_one(tokens, expression)]
    while tokens and tokens[0][0] not in ("or", ")"):
        if tokens[0][0] == "and":
            tokens.pop(0)
        sides.append(_one(tokens, expression))
    return sides[0] if len(sides) == 1 else lambda case: all(side(case) for side in sides)


def _one(tokens: list[tuple[str, Predicate | None]], expression: str) -> Predicate:
    if not tokens:
        raise BadSelect(f"select {expression!r}: a term is missing at the end")
    word, term = tokens.pop(0)
    if term is not None:
        return term
    if word == "not":
        return _negated(tokens, expression)
    if word == "(":
        inside = _either(tokens, expression)
        if not tokens or tokens.pop(0)[0] != ")":
            raise BadSelect(f"select {expression!r}: a ')' is missing")
        return inside
    raise BadSelect(f"select {expression!r}: {word!r} is not expected there")


def _negated(tokens: list[tuple[str, Predicate | None]], expression: str) -> Predicate:
    """Return what stands after a `not`; further ones are counted, so that no chain is too long."""
    odd = True
    while tokens and tokens[0][0] == "not" and tokens[0][1] is None:
        tokens.pop(0)
        odd = not odd
    inner = _one(tokens, expression)
    return (lambda case: not inner(case)) if odd else inner


def _refuse_deep(tokens: list[tuple[str, Predicate | None]]) -> None:
    depth = 0
    for word, term in tokens:
        depth += {"(": 1, ")": -1}.get(word, 0) if term is None else 0
        if depth > DEEPEST:
            raise BadSelect(f"select: parentheses are nested more than {DEEPEST} deep")


def _id(glob: str) -> Predicate:
    return lambda case: fnmatch.fnmatchcase(case.id, glob)


def _tag(glob: str) -> Predicate:
    return lambda case: any(fnmatch.fnmatchcase(tag, glob) for tag in case.tags)


def _kind(name: str) -> Predicate:
    return lambda case: case.kind == name


def _text(piece: str) -> Predicate:
    return lambda case: case.kind == "text" and piece in case.payload


_FIELDS: Final = {"id": _id, "tag": _tag, "kind": _kind, "text": _text}
