"""A strip of tokens for a page: each new token, its margin under it, and where two sides part."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""What has no look of its own, or moves what is beside it."""
JOINED: Final = frozenset({"Mn", "Me", "Mc"})
"""What would be drawn upon the character before it; at the start of a token, upon the frame."""
NAMES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
LEAST, MOST = -4.0, 1.0
"""Powers of ten of the margins where a bar is empty and where it is full, in nats."""
BEFORE: Final = 6
"""Tokens of a strip of two sides before the first that differs."""


def shown(text: str) -> str:
    r"""Return the text of a token with what the eye cannot see, or sees moved, escaped.

    >>> shown("a\u202eb\n"), shown("\u0301")
    ('a\\u202eb\\n', '\\u0301')
    """
    parts = []
    for place, character in enumerate(text):
        kind = unicodedata.category(character)
        if character in NAMES:
            parts.append(NAMES[character])
        elif kind in HIDDEN or character in "\u00a0\u3000" or (kind in JOINED and not place):
            code = ord(character)
            parts.append(f"\\u{code:04x}" if code in range(0x10000) else f"\\U{code:08x}")
        else:
            parts.append(character)
    return "".join(parts)


def alone(said: Mapping[str, Any], budget: float | None) -> str:
    """Return the strip of one side."""
    steps = [
        _step([_token(said, place)], _margin(said, place), budget)
        for place in range(len(said.get("ids") or []))
    ]
    return f'<div class="strip">{"".join(steps)}</div>\n'


def beside(
    reference: Mapping[str, Any], candidate: Mapping[str, Any], budget: float | None, step: int
) -> str:
    """Return the strip of two sides from shortly before the step at which they part."""
    longest = max(len(reference.get("ids") or []), len(candidate.get("ids") or []))
    start = max(0, step - BEFORE)
    steps = list(_pairs(reference, candidate, budget, range(start, longest), step))
    before = f'<span class="row">… {start} before</span>' if start else ""
    return f'<div class="strip">{before}{"".join(steps)}</div>\n'


def _pairs(
    reference: Mapping[str, Any], candidate: Mapping[str, Any], budget: float | None,
    places: Sequence[int], step: int,
) -> Iterator[str]:  # fmt: skip
    for place in places:
        ours, theirs = _id(reference, place), _id(candidate, place)
        boxes = [_token(reference, place)]
        if ours != theirs:
            boxes.append(_token(candidate, place, other=True))
        margin = _margin(reference, place)
        mark = ("shifts from here" if ours == theirs else "parts here") if place == step else ""
        second = None if ours == theirs else _margin(candidate, place)
        yield _step(boxes, margin, budget, mark, second)


def _step(
    boxes: Sequence[str], margin: float | None, budget: float | None, mark: str = "",
    theirs: float | None = None,
) -> str:  # fmt: skip
    low = margin is not None and budget is not None and margin <= budget
    classes = " ".join(["step", *["low"] * low, *["parted"] * bool(mark)])
    told = f' data-mark="{escape(mark)}"' if mark else ""
    second = f'<span class="margin">{_number(theirs)}</span>' if theirs is not None else ""
    inner = boxes[0] + _meter(margin) + "".join(boxes[1:]) + second
    return f'<span class="{classes}"{told}>{inner}</span>'


def _meter(margin: float | None) -> str:
    if margin is None:
        return '<span class="margin">?</span>'
    share = 0.0 if margin <= 0 else (math.log10(margin) - LEAST) / (MOST - LEAST)
    width = round(100 * min(max(share, 0.0), 1.0))
    return (
        f'<span class="meter"><i style="width:{width}%"></i></span>'
        f'<span class="margin">{_number(margin)}</span>'
    )


def _number(margin: float) -> str:
    return f"{margin:.2g}" if margin else "0"


def _token(said: Mapping[str, Any], place: int, *, other: bool = False) -> str:
    """Return the box of a token: its text, or its id where it has none that can be read."""
    id = _id(said, place)
    color = " other" if other else ""
    if id is None:
        return '<span class="token none">ended</span>'
    texts = said.get("tokens") or []
    text = texts[place] if place < len(texts) else None
    if not text or "\ufffd" in text:
        part = f"{escape(shown(text))} " if text else ""
        inner = f'{part}<span class="id">{id}</span>'
    else:
        inner = escape(shown(text))
    return f'<bdi class="token{color}" title="id {id}">{inner}</bdi>'


def _id(said: Mapping[str, Any], place: int) -> int | None:
    ids = said.get("ids") or []
    return ids[place] if place < len(ids) else None


def _margin(said: Mapping[str, Any], place: int) -> float | None:
    margins = said.get("margins") or []
    found = margins[place] if place < len(margins) else None
    return None if found is None else float(found)
