"""HTML of what came from outside: characters that hide or move are escaped, then the markup."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from parity.reports.divergence import shown
from parity.reports.visible import printable, value, visible

LONG: Final = 400
"""Characters of a value that are shown; the rest is counted."""


def text(words: str) -> str:
    r"""Return words of a run file as HTML that stands alone, from left to right.

    >>> text("a<b\u202e")
    '<bdi dir="ltr">a&lt;b\\u202e</bdi>'
    """
    return f'<bdi dir="ltr">{escape(printable(words))}</bdi>'


def code(words: str) -> str:
    """Return words that somebody may type, as HTML."""
    return f"<code>{text(words)}</code>"


def key(words: str) -> str:
    r"""Return words as a name that no other words have, for an attribute: escaped characters only.

    >>> key('a"\n')
    'a\\&quot;\\n'
    """
    return escape(inner(words))


def inner(words: str) -> str:
    """Return a whole text with what hides or moves escaped, without quotes."""
    return visible(words, len(words))[1:-1]


def payload(found: Any, limit: int = LONG) -> str:
    """Return an input or an observed value as HTML, cut with its cut stated."""
    return f'<code><bdi dir="ltr">{escape(value(shown(found), limit))}</bdi></code>'


def data(**attributes: str) -> str:
    """Return attributes for the page's filter, each with a space before it."""
    return "".join(f' data-{name}="{key(words)}"' for name, words in attributes.items())


def tags(counts: Mapping[str, int]) -> str:
    """Return counts by tag as the attribute that the filter reads."""
    table = json.dumps({inner(name): count for name, count in counts.items()})
    return f' data-tags="{escape(table)}"'


def cells(row: Iterable[str]) -> str:
    """Return cells of a table from HTML."""
    return "".join(f"<td>{cell}</td>" for cell in row)


def count(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "case"), count(2000, "case")
    ('1 case', '2,000 cases')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"
