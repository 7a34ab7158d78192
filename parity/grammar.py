r"""Grammars: what may be drawn, as plain data; who draws is another matter.

A description has two interpreters. `sampler` makes it a function of a `random.Random`, compiled to
closures: fast, and the same on every Python. `parity.strategies` makes it a strategy of hypothesis,
which shrinks. So what a fuzzer found is what a property test can find, and the other way round.

    "text"                      this text
    Pick(choices, least, most)  some of the choices, one after the other
    Join(parts)                 a text of each part, in order
    Repeat(part, least, most)   so many texts of one part
    OneOf(options, weights)     one of several
    Changed(part, change)       what a function makes of what is drawn

and, for what is no text,

    Choose(values, weights)     one of several values
    Many(part, least, most)     a list
    Fields(parts, maybe)        a mapping; keys in `maybe` may be missing
    Drawn(draw)                 what a function of a `random.Random` gives

What is simplest stands first: an interpreter that shrinks goes there. Weights are for the sampler.

>>> import random
>>> word = Join((Pick("ab", 1, 3), OneOf(("!", "?"))))
>>> draw = random.Random(7)
>>> [sampler(word)(draw) for _ in range(3)]
['a?', 'b!', 'b!']
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

Sampler = Callable[[random.Random], Any]
"""What draws one value."""


class Pick(NamedTuple):
    """A text of `least` to `most` of the choices, each number equally likely."""

    choices: Sequence[str]
    least: int = 1
    most: int = 1
    weights: Sequence[int] = ()


class Join(NamedTuple):
    """A text of one text of each part."""

    parts: Sequence[Grammar]


class Repeat(NamedTuple):
    """A text of `least` to `most` texts of one part."""

    part: Grammar
    least: int
    most: int


class OneOf(NamedTuple):
    """What one of several grammars gives."""

    options: Sequence[Grammar]
    weights: Sequence[int] = ()


class Changed(NamedTuple):
    """What a function, that has no effects, makes of what is drawn."""

    part: Grammar
    change: Callable[[Any], Any]


class Choose(NamedTuple):
    """One of several values of any sort."""

    values: Sequence[Any]
    weights: Sequence[int] = ()


class Many(NamedTuple):
    """A list of `least` to `most` values of one part."""

    part: Grammar
    least: int
    most: int


class Fields(NamedTuple):
    """A mapping with a value for each key; each of the keys in `maybe` is there half the time."""

    parts: Mapping[str, Grammar]
    maybe: Sequence[str] = ()


class Drawn(NamedTuple):
    """What a function draws, where that is no description."""

    draw: Sampler


Grammar = str | Pick | Join | Repeat | OneOf | Changed | Choose | Many | Fields | Drawn


def sampler(grammar: Grammar) -> Sampler:
    """Return what draws from a grammar.

    It uses `random()` alone, whose numbers are the same on every Python for a seed; a `Drawn` what
    it likes.
    """
    if isinstance(grammar, str):
        return lambda draw: grammar  # noqa: ARG005 (nothing to draw)
    compiler = _COMPILERS[type(grammar)]
    return compiler(grammar)


def _pick(grammar: Pick) -> Sampler:
    choices, least, most, weights = grammar
    size, span = len(choices), most - least + 1
    if most == 1 and least == 1 and not weights:
        return lambda draw: choices[int(draw.random() * size)]
    if weights:
        bounds = list(accumulate(weights))
        return lambda draw: "".join(
            draw.choices(choices, cum_weights=bounds, k=least + int(draw.random() * span))
        )

    def several(draw: random.Random) -> str:
        one = draw.random  # what `choices` does too, at half its cost
        return "".join([choices[int(one() * size)] for _ in range(least + int(one() * span))])

    return several


def _join(grammar: Join) -> Sampler:
    parts = [sampler(part) for part in grammar.parts]
    if len(parts) == 2:  # noqa: PLR2004 (the commonest, and twice as fast so)
        one, other = parts
        return lambda draw: one(draw) + other(draw)
    return lambda draw: "".join([part(draw) for part in parts])


def _repeat(grammar: Repeat) -> Sampler:
    part, least, span = sampler(grammar.part), grammar.least, grammar.most - grammar.least + 1
    return lambda draw: "".join([part(draw) for _ in range(least + int(draw.random() * span))])


def _one_of(grammar: OneOf) -> Sampler:
    options = _weighted([sampler(option) for option in grammar.options], grammar.weights)
    size = len(options)
    return lambda draw: options[int(draw.random() * size)](draw)


def _changed(grammar: Changed) -> Sampler:
    part, change = sampler(grammar.part), grammar.change
    return lambda draw: change(part(draw))


def _choose(grammar: Choose) -> Sampler:
    values = _weighted(grammar.values, grammar.weights)
    size = len(values)
    return lambda draw: values[int(draw.random() * size)]


def _many(grammar: Many) -> Sampler:
    part, least, span = sampler(grammar.part), grammar.least, grammar.most - grammar.least + 1
    return lambda draw: [part(draw) for _ in range(least + int(draw.random() * span))]


def _fields(grammar: Fields) -> Sampler:
    parts = [(key, sampler(part), key in grammar.maybe) for key, part in grammar.parts.items()]
    return lambda draw: {
        key: part(draw)
        for key, part, maybe in parts
        if not maybe or draw.random() < 0.5  # noqa: PLR2004 (half the time)
    }


def _weighted(options: Sequence[Any], weights: Sequence[int]) -> Sequence[Any]:
    """Return the options, each as often as its weight says: one multiplication draws one."""
    if not weights:
        return options
    rows = zip(options, weights, strict=True)
    return [option for option, weight in rows for _ in range(weight)]


_COMPILERS: Final[Mapping[type, Callable[[Any], Sampler]]] = {
    Pick: _pick,
    Join: _join,
    Repeat: _repeat,
    OneOf: _one_of,
    Changed: _changed,
    Choose: _choose,
    Many: _many,
    Fields: _fields,
    Drawn: lambda grammar: grammar.draw,
}
