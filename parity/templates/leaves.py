"""The leaves of plain data by their paths, and data with one of them changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Path = tuple[str | int, ...]
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every text, number, bool and None with its path.

    >>> [(written(path), leaf) for path, leaf in leaves({"a": [1, {"b c": None}]})]
    [('a[0]', 1), ("a[1]['b c']", None)]
    """
    if isinstance(value, Mapping):
        for key, inside in value.items():
            yield from leaves(inside, (*path, key))
    elif isinstance(value, list | tuple):
        for at, inside in enumerate(value):
            yield from leaves(inside, (*path, at))
    else:
        yield path, value


def written(path: Path) -> str:
    """Return a path as a template would write it."""
    made = ""
    for key in path:
        plain = isinstance(key, str) and _NAME.fullmatch(key)
        made += (f".{key}" if made else str(key)) if plain else f"[{key!r}]"
    return made


def at(value: Any, path: Path) -> Any:
    """Return what is at a path."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, changes: Mapping[Path, Any], path: Path = ()) -> Any:
    """Return the data with other leaves at some paths; keys keep their order."""
    if path in changes:
        return changes[path]
    if isinstance(value, Mapping):
        return {key: replaced(inside, changes, (*path, key)) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(inside, changes, (*path, at)) for at, inside in enumerate(value)]
    return value
