r"""Anything of a run file as Python source in ASCII: always a literal, never code.

A text is written by `ascii`, so hidden characters, quotes, half surrogates and what would end a
line are escapes; in comments and docstrings a text is escaped until it can end neither.
"""

from __future__ import annotations

import ast
import string
from keyword import iskeyword
from typing import Final

from parity.errors import Inconclusive
from parity.types import Case

SHOWN: Final = frozenset(string.printable[:95]) - {'"', "\\"}
LONG: Final = 100
"""Characters of a text in a comment; the payload itself is never cut."""


def case(found: Case) -> str:
    """Return a case as the call that makes it."""
    options = f", {dict(found.options)!a}" if found.options else ""
    return f"Case({found.id!a}, {found.kind!a}, {found.payload!a}{options})"


def words(text: str, limit: int = LONG) -> str:
    r"""Return text for a comment or a docstring, on one line.

    >>> words('a"\n\u2028')
    'a\\u0022\\u000a\\u2028'
    """
    more = f" ... +{len(text) - limit}" if len(text) > limit else ""
    return "".join(map(_escaped, text[:limit])) + more


def _escaped(character: str) -> str:
    code = ord(character)
    if character in SHOWN:
        return character
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"


def checked(text: str, name: str) -> str:
    """Return Python source that is some, in ASCII. Raises Inconclusive; it runs nothing."""
    try:
        text.encode("ascii")
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Inconclusive(
            f"{name} cannot be written as Python, which says: {error}; `tokparity replay {name}` "
            "asks it again from the run file"
        ) from error
    return text


def is_dotted(text: str) -> bool:
    """Say whether a text is names of Python, in ASCII, with dots between them.

    >>> is_dotted("a.b"), is_dotted("a;b"), is_dotted("if"), is_dotted("")
    (True, False, False, False)
    """
    names = text.split(".")
    return text.isascii() and all(name.isidentifier() and not iskeyword(name) for name in names)
