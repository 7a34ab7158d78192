"""On what terms targets are resolved: what a run may ask the network for, and its user's models.

They hold while the sides of a pair are loaded. A context variable and no parameter, because between
a plan and a target stands every backend's `make(target, **options)`, somebody else's too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Final, NamedTuple


class Terms(NamedTuple):
    """What was allowed and named.

    network: a hub may be asked for what is not in the local cache.
    moving: a branch or tag may be named where a commit is wanted.
    models: patterns of the user's models and their targets, before those that tokparity has.
    """

    network: bool = False
    moving: bool = False
    models: tuple[tuple[str, str], ...] = ()


class _Held(NamedTuple):
    """The terms, what targets turned out to be under them, and where that is."""

    terms: Terms
    told: dict[str, str]
    places: dict[str, Path]


_NOW: Final[ContextVar[_Held | None]] = ContextVar("terms", default=None)


@contextlib.contextmanager
def under(terms: Terms) -> Iterator[dict[str, str]]:
    """Let targets be resolved on these terms; yield what they turn out to be, as it is told."""
    held = _Held(terms, {}, {})
    token = _NOW.set(held)
    try:
        yield held.told
    finally:
        _NOW.reset(token)


def now() -> Terms:
    """Return the terms that hold: where nobody set any, nothing is allowed."""
    held = _NOW.get()
    return held.terms if held else Terms()


def tell(target: str, words: str) -> None:
    """Say what a target turned out to be, for the run file and the report."""
    held = _NOW.get()
    if held:
        held.told[target] = words


def once(target: str, place: Callable[[], Path]) -> Path:
    """Return where a target is, looked for once: it must not move between two sides of a pair."""
    held = _NOW.get()
    if held is None:
        return place()
    if target not in held.places:
        held.places[target] = place()
    return held.places[target]


def matter(*specs: str) -> bool:
    """Say whether what specs name depends on the terms.

    >>> matter("hf:model:qwen3", "hf:models/qwen3"), matter("hf:models/qwen3")
    (True, False)
    """
    return any(word in spec for spec in specs for word in (":model:", ":hub:", "=model:", "=hub:"))
