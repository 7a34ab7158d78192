"""Training cases: what is one, and what is told of what is none."""

import pytest

from parity.training.payload import wrong_train

GOOD = {"texts": ["a", ""], "size": 300}


@pytest.mark.parametrize("more", [{}, {"held_out": []}, {"held_out": ["b"]}, {"texts": []}])
def test_what_is_right_is_passed_over(more):
    """Nothing need be held out, and there need be no text."""
    assert wrong_train(GOOD | more) == ""


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (None, "train has another type"),
        ([], "train has another type"),
        ({}, "train has no texts"),
        ({"texts": "a", "size": 1}, "train.texts has another type"),
        ({"texts": [1], "size": 1}, "train.texts[0] has another type"),
        (GOOD | {"size": True}, "train.size has another type"),
        (GOOD | {"size": 1.0}, "train.size has another type"),
        (GOOD | {"size": -1}, "`size` is a number from 0"),
        (GOOD | {"size": 1 << 40}, "`size` is a number from 0"),
        (GOOD | {"held_out": None}, "train.held_out has another type"),
        (GOOD | {"held_out": "a"}, "train.held_out has another type"),
        (GOOD | {"vocabulary": 3}, "unknown key 'vocabulary'"),
        (GOOD | {"texts": ["\ud83d"]}, "half of a surrogate pair"),
        (GOOD | {"held_out": ["\ude00"]}, "half of a surrogate pair"),
    ],
)
def test_what_is_wrong_is_told(payload, says):
    """With its place."""
    assert wrong_train(payload).startswith(says) or says in wrong_train(payload)
