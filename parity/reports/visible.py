"""Text that a person can trust the look of: what the eye cannot see, or sees moved, is escaped."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from parity.types import TEMPLATE

HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me", "Mc"})
LONG: Final = 160
"""Characters of a text that are shown; the rest is counted."""


def visible(text: str, limit: int = LONG) -> str:
    r"""Return text in quotes, with control, format, unassigned and combining characters escaped.

    >>> visible("a\u200b b\u0301")
    '"a\\u200b b\\u0301"'
    """
    shown = "".join(_escaped(character) for character in text[:limit])
    more = f"… +{len(text) - limit}" if len(text) > limit else ""
    return f'"{shown}{more}"'


def printable(text: str) -> str:
    r"""Return a message with what a terminal would act upon, or hide, escaped; newlines stay.

    >>> printable("a\x1b[31m")
    'a\\u001b[31m'
    """
    return "".join(character if character in '\n"\\' else _escaped(character) for character in text)


def value(found: Any, limit: int = LONG) -> str:
    """Return any observed value as text for people, cut with its cut stated."""
    if isinstance(found, str):
        return visible(found, limit)
    if isinstance(found, Mapping) and found.keys() == {"hex"}:
        return f"bytes {found['hex']}"
    if isinstance(found, Mapping) and found.keys() == TEMPLATE.keys():
        with_it = f"  with {ascii(found['variables'])[1:-1]}" if found["variables"] else ""
        return f"{visible(found['source'], limit)}{cut(with_it, limit)}"
    return cut(ascii(found), limit)


def cut(shown: str, limit: int) -> str:
    """Return a text as far as the limit, and how much more there is."""
    return shown if len(shown) <= limit else f"{shown[:limit]}… +{len(shown) - limit}"


def code_points(text: str, limit: int = 12) -> str:
    """Return the code points of a text, as U+XXXX."""
    names = [f"U+{ord(character):04X}" for character in text[:limit]]
    return " ".join(names) + (f" … +{len(text) - limit}" if len(text) > limit else "")


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character == "\n":
        return "\\n"
    bidi = unicodedata.bidirectional(character) in ("R", "AL", "AN")
    if unicodedata.category(character) in HIDDEN or bidi or character in "\u00a0\u3000":
        code = ord(character)
        return f"\\u{code:04x}" if code in range(0x10000) else f"\\U{code:08x}"
    return character
