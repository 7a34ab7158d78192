"""Shapes: what is not as it was described is told, with its place."""

import pytest

from parity.shapes import misshapen

SHAPE = {
    "a": int,
    "b": [(str, int | None)],
    "c": {"*": bool},
    "d?": {"e": str},
    "f": object,
    "g??": int,
}
GOOD = {"a": 1, "b": [["x", None], ["y", 2]], "c": {"p": True}, "d": None, "f": 1.5}


@pytest.mark.parametrize(
    "found",
    [GOOD, {**GOOD, "more": 1}, {**GOOD, "d": {"e": ""}}, {**GOOD, "g": None}, {**GOOD, "g": 1}],
)
def test_what_is_in_its_shape_is_passed_over(found):
    """Keys that nobody described too."""
    assert list(misshapen(found, SHAPE, "it")) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"a": True}, "it.a has another type or length: bool"),
        ({"b": {}}, "it.b has another type or length: dict"),
        ({"b": [["x"]]}, "it.b[0] has another type or length: list"),
        ({"b": [["x", "y"]]}, "it.b[0][1] has another type or length: str"),
        ({"c": {"p": 1}}, "it.c.p has another type or length: int"),
        ({"d": {}}, "it.d has no e"),
        ({"g": ""}, "it.g has another type or length: str"),
    ],
)
def test_what_is_not_in_its_shape_is_told_with_its_place(change, said):
    """Truth is no number, and a list of another length is another thing."""
    assert list(misshapen({**GOOD, **change}, SHAPE, "it")) == [said]
