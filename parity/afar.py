"""Looks at a backend that is in another process, made there.

A look is named by its place in the tables of checks, laws and groundings, which both processes
have; what it sees comes back as observations. If that process dies over a batch, each case is asked
alone, so that it is known which of them it does not survive. A look at what was seen is made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from parity.backend import Backend
from parity.checks import CHECKS, LAWS
from parity.grounding import GROUNDINGS
from parity.looks import Look
from parity.remote.isolated import Isolated, packed, unpacked
from parity.remote.process import ProcessFailed
from parity.seeing import UnexplainedFailure, failed
from parity.stream_looks import Of
from parity.types import Case, Observation

Key = tuple[str, ...]


def seen(backend: Isolated, look: Look, cases: Sequence[Case]) -> Sequence[Observation] | None:
    """Return what a look sees there, or None for one that the tables do not have."""
    key = _keys().get(id(look))
    return None if key is None else _asked(backend, key, cases)


def looked(backend: Backend, key: Key, cases: Sequence[Case]) -> Sequence[Observation]:
    """Return what the look of a key sees of cases: the end that is asked."""
    return _looks()[key](backend, cases)


def _asked(backend: Isolated, key: Key, cases: Sequence[Case]) -> Sequence[Observation]:
    question = {"op": "look", "pickle": packed((key, list(cases)))}
    try:
        found: Sequence[Observation] = unpacked(backend.talker.ask(question))
    except ProcessFailed as error:
        if len(cases) == 1 or backend.talker.process.given_up:
            return [Observation(failure=failed(error))] * len(cases)
        return _one_by_one(backend, key, cases, error)
    return found


def _one_by_one(
    backend: Isolated, key: Key, cases: Sequence[Case], error: ProcessFailed
) -> list[Observation]:
    """Ask each case alone; if it survives all of them, what it did over all is still to be told."""
    found = [seen for case in cases for seen in _asked(backend, key, [case])]
    if any(seen.failure and seen.failure.kind == type(error).__name__ for seen in found):
        return found
    failure = failed(UnexplainedFailure(f"{type(error).__name__} in a batch of {len(cases)}"))
    return [Observation(failure=failure)] * len(cases)


def _table() -> Iterator[tuple[Key, Look]]:
    """Yield every look of the tables, and those that looks look at."""
    for name, check in CHECKS.items():
        yield ("check", name), check.look
    for name, law in LAWS.items():
        yield ("once", name), law.once
        yield ("again", name), law.again
    for name, grounding in GROUNDINGS.items():
        yield ("grounding", name), grounding.look


@cache
def _looks() -> dict[Key, Look]:
    found: dict[Key, Look] = {}
    for key, look in _table():
        found[key] = look
        if isinstance(look, Of):
            found[*key, "of"] = look.look
    return found


@cache
def _keys() -> dict[int, Key]:
    return {id(look): key for key, look in _looks().items()}
