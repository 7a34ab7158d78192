"""A grammar as a strategy of hypothesis: what a `sampler` draws, and how it gets smaller.

It shrinks to what stands first in a description: the first option, the fewest parts, the first
characters of an alphabet. Weights are left out: hypothesis has its own ways of looking around.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from parity.grammar import (
    Changed,
    Choose,
    Drawn,
    Fields,
    Grammar,
    Join,
    Many,
    OneOf,
    Pick,
    Repeat,
)

Made = SearchStrategy[Any]
Inner = Callable[[Grammar], Made]


def described(grammar: Grammar) -> Made:
    """Return the strategy of a grammar; a part that comes twice in it is made once."""
    made: dict[int, Made] = {}

    def inner(part: Grammar) -> Made:
        if isinstance(part, str):
            return st.just(part)
        if id(part) not in made:
            made[id(part)] = _MAKERS[type(part)](part, inner)
        return made[id(part)]

    return inner(grammar)


def _pick(grammar: Pick, inner: Inner) -> Made:  # noqa: ARG001 (others have parts)
    one = st.sampled_from(grammar.choices)
    if grammar.least == grammar.most == 1:
        return one
    return st.lists(one, min_size=grammar.least, max_size=grammar.most).map("".join)


def _join(grammar: Join, inner: Inner) -> Made:
    return st.tuples(*map(inner, grammar.parts)).map("".join)


def _repeat(grammar: Repeat, inner: Inner) -> Made:
    part = inner(grammar.part)
    return st.lists(part, min_size=grammar.least, max_size=grammar.most).map("".join)


def _one_of(grammar: OneOf, inner: Inner) -> Made:
    return st.one_of([inner(option) for option in grammar.options])


def _changed(grammar: Changed, inner: Inner) -> Made:
    return inner(grammar.part).map(grammar.change)


def _choose(grammar: Choose, inner: Inner) -> Made:  # noqa: ARG001
    return st.sampled_from(grammar.values)


def _many(grammar: Many, inner: Inner) -> Made:
    return st.lists(inner(grammar.part), min_size=grammar.least, max_size=grammar.most)


def _fields(grammar: Fields, inner: Inner) -> Made:
    parts = {key: inner(part) for key, part in grammar.parts.items()}
    there = {key: part for key, part in parts.items() if key not in grammar.maybe}
    maybe = {key: part for key, part in parts.items() if key in grammar.maybe}

    def ordered(drawn: Mapping[str, Any]) -> dict[str, Any]:
        return {key: drawn[key] for key in parts if key in drawn}

    return st.fixed_dictionaries(there, optional=maybe).map(ordered)


def _drawn(grammar: Drawn, inner: Inner) -> Made:  # noqa: ARG001
    return st.randoms(use_true_random=False).map(grammar.draw)


_MAKERS: Final[Mapping[type, Callable[[Any, Inner], Made]]] = {
    Pick: _pick,
    Join: _join,
    Repeat: _repeat,
    OneOf: _one_of,
    Changed: _changed,
    Choose: _choose,
    Many: _many,
    Fields: _fields,
    Drawn: _drawn,
}
