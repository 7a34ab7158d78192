"""Training cases: how a corpus writes them.

A training case is an object:

    texts      what is learnt of, in order; well-formed Unicode
    size       how many tokens there shall be, the 256 bytes among them
    held_out   texts that are encoded with what was learnt (none if not said)
"""

from __future__ import annotations

from typing import Any, Final

from parity.shapes import misshapen

SHAPE: Final = {"texts": [str], "size": int}
HELD_OUT: Final = {"held_out": [str]}
MOST: Final = 1 << 20
"""Tokens of a vocabulary, at most: a trainer is asked for memory by it."""


def wrong_train(value: Any) -> str:
    """Say what is wrong with a training case's payload, or return "".

    >>> wrong_train({"texts": ["a"], "size": 300})
    ''
    >>> wrong_train({"texts": ["a"]})
    'train has no size'
    """
    held_out = isinstance(value, dict) and "held_out" in value
    problem = next(misshapen(value, SHAPE | HELD_OUT if held_out else SHAPE, "train"), "")
    if problem:
        return problem
    if unknown := sorted(value.keys() - SHAPE.keys() - HELD_OUT.keys()):
        return f"unknown key {unknown[0]!r}; known: texts, size, held_out"
    if not 0 <= value["size"] <= MOST:
        return f"`size` is a number from 0 to {MOST:,}, not {value['size']}"
    texts = [*value["texts"], *value.get("held_out", ())]
    if any("\ud800" <= character <= "\udfff" for text in texts for character in text):
        return "a text has half of a surrogate pair: what is learnt of is well-formed"
    return ""
