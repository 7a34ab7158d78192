"""Data that gets smaller: a search ends, in few tries, with a number of the same type."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.templates import values

ENOUGH = 200
"""Tries for one number: it has some 24 characters at most."""


class Asked:
    """Whether a number is so; counts how often it was asked, and gives up where nothing ends."""

    def __init__(self, still):
        self.still, self.made = still, 0

    def __call__(self, made):
        self.made += 1
        assert self.made <= ENOUGH
        return "x" in made and self.still(made["x"])


def smaller(number, still, *, plain=True):
    """What is left of a number, which is still so itself."""
    asked = Asked(still)
    left = values.variables({"x": number}, asked, plain=plain)["x"]

    assert math.isnan(number) or still(left)
    return left


@pytest.mark.parametrize(
    ("number", "still", "left"),
    [
        (1.7976931348623157e308, lambda x: x > 1e20, 1e30),
        (1.7976931348623157e308, lambda x: x == 1.7976931348623157e308, 1.7976931348623157e308),
        (1.7976931348623157e308, lambda x: x < math.inf, 0.0),
        (math.inf, lambda x: x > 1e308, math.inf),
        (5e-324, lambda x: 0 < x < 1, 0.05),
        (-0.0, lambda x: math.copysign(1, x) < 0, -0.0),
        (123456789, lambda x: x > 5, 9),
        (-12, lambda x: x < 0, -2),
        (2**70, lambda x: x % 2 == 0, 0),
        (True, lambda x: x, True),
    ],
)
def test_a_number_shrinks_and_the_search_ends(number, still, left):
    """To fewer digits, never to more: a large one would be spelt with three hundred."""
    found = smaller(number, still)

    assert len(repr(found)) <= len(repr(number))
    assert (type(found), repr(found)) == (type(left), repr(left))


@pytest.mark.parametrize("number", [1.5e300, 12, math.nan])
def test_a_number_stays_where_nothing_is_made_plain(number):
    """It is left in or left out."""
    assert smaller(number, lambda x: x != 0, plain=False) is number


@pytest.mark.parametrize("number", [1.7976931348623157e308, 1.5e300, -1.5e300])
def test_a_number_does_not_become_infinite(number):
    """JSON has no such number, and another thing would be shown."""
    assert math.isfinite(smaller(number, lambda x: abs(x) > 1e200))


def test_what_is_no_number_ends_too():
    """It is unlike itself, and is not tried for ever."""
    assert math.isnan(smaller(math.nan, math.isnan))


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_any_float_ends_small(number, bound):
    """Whatever is looked for of it: the type stays, and the text is no longer than it was."""

    def still(x):
        return (x >= bound) == (number >= bound)

    found = smaller(number, still)

    assert type(found) is float
    assert len(repr(found)) <= len(repr(number))


@given(st.integers(), st.integers(2, 9))
def test_any_integer_ends_small(number, divisor):
    """The same of integers."""

    def still(x):
        return x % divisor == number % divisor

    found = smaller(number, still)

    assert type(found) is int
    assert len(repr(found)) <= len(repr(number))


def test_a_number_deep_in_the_data_ends_too():
    """A value gives way to a part of it, and then gets smaller."""
    asked = Asked(lambda x: "e+308" in str(x))
    data = {"x": {"a": [1, {"b": 1.7976931348623157e308}], "c": "text"}, "y": 1}

    assert values.variables(data, asked, plain=True) == {"x": 1e308}
