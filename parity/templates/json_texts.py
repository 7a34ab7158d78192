"""Two texts of JSON that say the same: what is written otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

ARGUMENTS: Final[Mapping[str, str]] = {
    "indent": "json:indent",
    "separators": "json:separators",
    "ensure_ascii": "json:non-ascii",
    "sort_keys": "json:key-order",
}
"""Arguments of `tojson`, and what each is about."""
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
HTML: Final = frozenset("<>&'")


def number(text: str) -> float | None:
    """Return the number that a text is, or None."""
    try:
        return float(text)
    except ValueError:
        return None


def difference(reference: str, candidate: str) -> str:
    """Return what is written otherwise in JSON of the same value, or nothing.

    >>> difference('{"a": 1}', '{"a":1}'), difference("1e-07", "1e-7"), difference("1", "2")
    ('json:separators', 'json:float', '')
    """
    texts = reference, candidate
    try:
        values = [json.loads(text) for text in texts]
        spelt = [json.loads(text, parse_float=str, parse_int=str) for text in texts]
    except ValueError:
        return ""
    escaped = set(_escaped(reference)) ^ set(_escaped(candidate))
    seen = [
        name
        for name, holds in (
            (
                "json:float",
                values[0] == values[1] and spelt[0] != spelt[1] and _has(values[:1], float),
            ),
            ("json:integer", spelt[0] != spelt[1] and _whole(values)),
            ("json:html", bool(escaped & HTML)),
            ("json:non-ascii", any(ord(one) > 126 for one in escaped)),  # noqa: PLR2004 (`~`)
            ("json:key-order", values[0] == values[1] and _order(values[0]) != _order(values[1])),
        )
        if holds
    ]
    bare = [_STRING.sub("", text) for text in texts]
    if (
        values[0] == values[1]
        and bare[0] != bare[1]
        and not {"json:float", "json:integer"} & {*seen}
    ):
        lines = ["\n" in text for text in bare]
        seen.append("json:indent" if any(lines) else "json:separators")
    return seen[0] if len(seen) == 1 else ""


def _escaped(text: str) -> list[str]:
    return [chr(int(code, 16)) for code in _ESCAPE.findall(text)]


def _has(values: list[Any], kind: type) -> bool:
    return any(isinstance(leaf, kind) for value in values for leaf in _leaves(value))


def _whole(values: list[Any]) -> bool:
    """Say whether they are one number, which is whole and may be a float to the second."""
    numbers = [value for value in values if isinstance(value, int | float)]
    same = len(numbers) == len(values) and float(numbers[0]) == float(numbers[1])
    return (same or values[0] == values[1]) and not _has(values[:1], float)


def _leaves(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value
    return (
        [leaf for one in inside for leaf in _leaves(one)]
        if isinstance(value, dict | list)
        else [value]
    )


def _order(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, _order(one)) for key, one in value.items()]
    return [_order(one) for one in value] if isinstance(value, list) else None
