"""parity.strategies.described: the two interpreters of a description reach the same language."""

import random

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from parity.generators import GENERATORS, NOTHING
from parity.grammar import Changed, Choose, Fields, Join, Many, OneOf, Pick, Repeat, sampler
from parity.strategies.described import described

SMALL = {
    "pick": Pick("ab", 0, 2),
    "join": Join((Pick("ab"), "!", Pick("xy", 1, 2))),
    "repeat": Repeat(OneOf(("a", Pick("bc"))), 1, 2),
    "weights": OneOf((Pick("ab", 1, 1, (1, 5)), "c"), (5, 1)),
    "changed": Changed(Join((Pick("ab"), Pick("ab"))), str.upper),
    "values": Fields({"b": Many(Choose((1, None)), 0, 1), "a": Choose((True,))}, maybe=("b",)),
}
"""Descriptions whose languages are so small that both interpreters come to the end of them."""
PLAIN = [
    row.name
    for row in GENERATORS.values()
    if row.kind == "text" and not row.needs_ids and row.name not in {"long_runs", "normal_forms"}
]
"""Generators of texts with no change in them, which cannot be read backwards."""


def reads(grammar, text):
    """Whether a text is of the language of a grammar."""
    return len(text) in ends(grammar, text, {0})


def ends(grammar, text, starts):
    """Where a text of the grammar that starts at one of the places may end."""
    match grammar:
        case str():
            return {at + len(grammar) for at in starts if text.startswith(grammar, at)}
        case Pick(choices, least, most):
            return repeated(lambda at: fitting(choices, text, at), starts, least, most)
        case Repeat(part, least, most):
            return repeated(lambda at: ends(part, text, at), starts, least, most)
        case Join(parts):
            for part in parts:
                starts = ends(part, text, starts)
            return starts
        case OneOf(options):
            return set().union(*(ends(option, text, starts) for option in options))
    raise AssertionError(grammar)


def fitting(choices, text, starts):
    """Where one of the choices ends."""
    return {at + len(one) for at in starts for one in choices if text.startswith(one, at)}


def repeated(step, starts, least, most):
    """Where so many steps end."""
    found = starts if least == 0 else set()
    for count in range(1, most + 1):
        starts = step(starts)
        found = found | starts if count >= least else found
    return found


@pytest.mark.parametrize("name", SMALL)
def test_both_interpreters_draw_the_whole_language(name):
    """Whatever one of them draws the other can draw too."""
    draw, numbers = sampler(SMALL[name]), random.Random(1)  # noqa: S311
    fuzzed = {repr(draw(numbers)) for _ in range(2000)}
    seen = set()

    @settings(max_examples=400, database=None, suppress_health_check=list(HealthCheck))
    @given(described(SMALL[name]))
    def look(value):
        seen.add(repr(value))

    look()

    assert seen == fuzzed


@pytest.mark.parametrize("name", PLAIN)
def test_what_fuzzing_draws_is_of_the_language(name):
    """Read by a recogniser, the third interpreter."""
    grammar = GENERATORS[name].grammar(NOTHING)
    draw, numbers = sampler(grammar), random.Random(1)  # noqa: S311

    assert [text for text in (draw(numbers) for _ in range(60)) if not reads(grammar, text)] == []


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=20, database=None, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_what_a_strategy_draws_is_of_the_language(name, data):
    """Read by the same recogniser."""
    grammar = GENERATORS[name].grammar(NOTHING)

    assert reads(grammar, data.draw(described(grammar)))


def test_the_recogniser_can_say_no():
    """A text that is too long, or of another alphabet, is none of the language."""
    grammar = SMALL["join"]

    assert [reads(grammar, text) for text in ("a!x", "b!yy", "a!", "c!x", "a!xxx")] == [
        True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "smallest"), [("pick", ""), ("join", "a!x"), ("repeat", "a"), ("changed", "AA")]
)
def test_what_stands_first_is_smallest(name, smallest):
    """The first option, the fewest parts, the first characters."""
    assert find(described(SMALL[name]), lambda value: value is not None) == smallest
