"""Shapes of JSON values: what somebody wrote down is looked at before it is believed.

A shape is a type (exactly it; `object` for anything), a list [of each], a tuple of each in its
place, or a mapping {key: of it} with "*" for whatever keys it has. What a key with "?" names may be
null, with "??" missing too. Keys that are not in a mapping are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def misshapen(found: Any, shape: Any, name: str) -> Iterator[str]:
    """Yield what is not as the shape says, where in `name` that is."""
    if isinstance(shape, Mapping) and isinstance(found, dict):
        for key, one in _members(found, shape):
            if key in found:
                yield from misshapen(found[key], one, f"{name}.{key}")
            else:
                yield f"{name} has no {key}"
    elif isinstance(shape, tuple) and isinstance(found, list) and len(found) == len(shape):
        for place, (item, one) in enumerate(zip(found, shape, strict=True)):
            yield from misshapen(item, one, f"{name}[{place}]")
    elif isinstance(shape, list) and isinstance(found, list):
        for place, item in enumerate(found):
            yield from misshapen(item, shape[0], f"{name}[{place}]")
    elif shape is not object and type(found) not in getattr(shape, "__args__", (shape,)):
        yield f"{ascii(name)[1:-1]} has another type or length: {type(found).__name__}"


def _members(found: Mapping[str, Any], shape: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each key that a mapping must have, with the shape of its item."""
    for key, one in shape.items():
        if key == "*":
            yield from ((each, one) for each in found)
        elif not key.endswith("?"):
            yield key, one
        elif found.get(name := key.rstrip("?"), None if key.endswith("??") else ...) is not None:
            yield name, one
