"""Stages: the first that differs is named, contents before spans."""

import pytest

from parity.stages import (
    CONTENTS,
    Added,
    Normalised,
    Parting,
    PreToken,
    Stages,
    Token,
    ended,
    parting,
)

ONE = Stages(
    (Added(9, "<s>", (0, 3)),),
    (Normalised("a", ((3, 4),)),),
    (PreToken("a", (3, 4)),),
    (Token(9, "<s>", (0, 3)), Token(1, "a", (3, 4))),
    *ended([9, 1, 0], [(0, 3), (3, 4), (0, 0)], [1, 0, 1], [1, 1, 0]),
)
CHANGES = {
    "added tokens": {"added": ()},
    "normalizer": {"normalised": (Normalised("A", ((3, 4),)),)},
    "pre-tokenizer": {"pieces": ()},
    "model": {"tokens": (Token(9, "<s>", (0, 3)), Token(2, "a", (3, 4)))},
    "truncation": {"kept": ()},
    "post-processor": {"ids": (9,)},
    "padding": {"padded": (9, 1)},
}
MOVES = {
    "added tokens": {"added": (Added(9, "<s>", (0, 2)),)},
    "normalizer": {"normalised": (Normalised("a", ((3, 5),)),)},
    "pre-tokenizer": {"pieces": (PreToken("a", (3, 5)),)},
    "model": {"tokens": (Token(9, "<s>", (0, 3)), Token(1, "a", (3, 5)))},
    "post-processor": {"spans": ((0, 3), (3, 5))},
}


def test_what_is_the_same_parts_nowhere():
    """However it is asked."""
    assert parting(ONE, ONE) is None


@pytest.mark.parametrize("stage", CHANGES)
def test_a_change_is_found_at_its_stage(stage):
    """Its contents differ."""
    assert parting(ONE, ONE._replace(**CHANGES[stage])) == Parting(stage)


@pytest.mark.parametrize("stage", MOVES)
def test_a_moved_span_is_found_at_its_stage(stage):
    """And is said to be that alone."""
    assert parting(ONE, ONE._replace(**MOVES[stage])) == Parting(stage, spans_only=True)


def test_the_first_of_several_is_named():
    """What follows is its consequence."""
    both = CHANGES["pre-tokenizer"] | CHANGES["model"]

    assert parting(ONE, ONE._replace(**both)) == Parting("pre-tokenizer")


def test_contents_that_differ_late_outweigh_spans_that_differ_early():
    """A span changes no id."""
    both = MOVES["normalizer"] | CHANGES["model"]

    assert parting(ONE, ONE._replace(**both)) == Parting("model")


def test_every_stage_has_its_row():
    """Who adds a stage tests it."""
    assert list(CHANGES) == list(CONTENTS)
