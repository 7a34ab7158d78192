"""What a value is like, without what it says: kinds, numbers and lengths.

A text's outline is its runs of characters of one Unicode class, letters by script:
`L5/latin P1 Z1 L2/han N4`. It says how long each word is, and of a text of one word nothing else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, Final

from parity.streams import Script
from parity.types import SPECIALS

RUNS: Final = 24
"""Runs of an outline that are shown."""
SHOWN: Final = 16
"""Items of a list that are shown by themselves."""
LARGE: Final = 1 << 31
"""Ids from here on do not fit in 32 bits with a sign."""
ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function", "ipython")
SCRIPTS: Final = frozenset({
    "ARABIC", "ARMENIAN", "BENGALI", "BOPOMOFO", "CHEROKEE", "CJK", "CYRILLIC", "DEVANAGARI",
    "ETHIOPIC", "GEORGIAN", "GREEK", "GUJARATI", "GURMUKHI", "HANGUL", "HEBREW", "HIRAGANA",
    "KANNADA", "KATAKANA", "KHMER", "LAO", "LATIN", "MALAYALAM", "MONGOLIAN", "MYANMAR", "ORIYA",
    "SINHALA", "SYRIAC", "TAMIL", "TELUGU", "THAANA", "THAI", "TIBETAN",
})  # fmt: skip
"""First words of the names of letters (Unicode), which say their script."""
SIGNS: Final[Mapping[str, str]] = {"marks": "<|", "replacement": "\ufffd", "cr": "\r", "nul": "\0"}
"""What is counted in a text, by the name it has here."""
EMOJI: Final = ((0x1F000, 0x1FAFF), (0x2600, 0x27BF))
"""Blocks of pictures; the standard library does not know which characters are emoji."""


def form(value: Any, *, is_option: bool = False, depth: int = 2) -> dict[str, Any]:
    """Return what a value is like.

    is_option: it may be the word for what special tokens become, which is shown. depth: how deep
    lists in lists are looked into.
    """
    if is_option and isinstance(value, str) and value in SPECIALS:
        return {"word": str(value)}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | Script):
        return _items(value, depth)
    for kind, make in _FORMS:
        if isinstance(value, kind):
            return make(value)
    return {"is": "none" if value is None else "other"}


def text(value: str) -> dict[str, Any]:
    r"""Return what a text is like; counts that are 0 are left out.

    >>> text("Hi, \u4f60\u597d 2024")["outline"]
    'L2/latin P1 Z1 L2/cjk Z1 N4'
    """
    counts = {name: value.count(sign) for name, sign in SIGNS.items()}
    counts["surrogates"] = sum("\ud800" <= char <= "\udfff" for char in value)
    if not value.isascii():
        counts["combining"] = sum(unicodedata.category(char)[0] == "M" for char in value)
        counts["emoji"] = sum(_is_emoji(ord(char)) for char in value)
    return {
        "characters": len(value),
        "bytes": len(value.encode("utf-8", "surrogatepass")),
        "outline": outline(value),
        **{name: number for name, number in counts.items() if number},
    }


def outline(value: str) -> str:
    """Return the runs of a text; "..." stands for those that are not shown."""
    runs = [
        (name, sum(1 for _ in chars)) for name, chars in islice(groupby(value, _class_of), RUNS + 1)
    ]
    shown = []
    for name, length in runs[:RUNS]:
        kind, slash, which = name.partition("/")
        shown.append(f"{kind}{length}{slash}{which}")
    return " ".join([*shown, "..."] if len(runs) > RUNS else shown)


def script(value: Script) -> dict[str, Any]:
    """Return what a script is like."""
    steps = [step for batch in value.batches for step in batch]
    return {
        "requests": len(value.prompts),
        "prompts": [len(ids) for ids in value.prompts[:SHOWN]],
        "batches": len(value.batches),
        "steps": len(steps),
        "ids": [len(step.ids) for step in steps[:SHOWN]],
    }


def _items(value: Sequence[Any], depth: int) -> dict[str, Any]:
    kinds = set(map(type, value))
    if kinds == {int}:
        return {"ids": len(value), "negative": min(value) < 0, "large": max(value) >= LARGE}
    if value and all(isinstance(item, Mapping) for item in value):
        return _messages(value)
    shown = value[:SHOWN] if depth else ()
    return {"items": len(value), "forms": [form(item, depth=depth - 1) for item in shown]}


def _messages(value: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    roles = [message.get("role") for message in value[:SHOWN]]
    contents = [message.get("content") for message in value[:SHOWN]]
    return {
        "messages": len(value),
        "roles": [role if role in ROLES else "?" for role in roles],
        "contents": [len(one) if isinstance(one, str | Sequence) else None for one in contents],
    }


def _class_of(char: str) -> str:
    kind = unicodedata.category(char)[0]
    if kind != "L":
        return kind
    name = unicodedata.name(char, "").partition(" ")[0]
    return f"L/{name.lower() if name in SCRIPTS else 'other'}"


def _is_emoji(code: int) -> bool:
    return any(first <= code <= last for first, last in EMOJI)


_FORMS: Final[Sequence[tuple[type, Callable[[Any], dict[str, Any]]]]] = (
    (bool, lambda value: {"flag": value}),
    (str, text),
    (bytes, lambda value: {"bytes": len(value)}),
    (Script, script),
    (Mapping, lambda value: {"mapping": len(value)}),
)
