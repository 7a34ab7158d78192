"""How a trainer cuts, seen from outside."""

import pytest

from parity.backends import load
from parity.training.observed import most_of, pieces_of
from parity.training.patterns import PATTERNS, by_oniguruma, by_regex

TEXTS = ["", "a", "it's 12345  a\n", "\u65e5\u672c, aaaa", "x\U00011db0y"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("spec", "cut"),
    [
        ("trainer:cl100k", by_regex),
        ("trainer:cl100k,ties=first", by_regex),
        ("hf_trainer:cl100k", by_oniguruma),
        ("tiktoken_trainer:cl100k", by_regex),
    ],
)
def test_pieces_are_those_of_the_pattern(spec, cut, text):
    """Also of one that raises where nothing is left to merge."""
    wanted = [piece.encode() for piece in cut(PATTERNS["cl100k"])(text)]

    assert pieces_of(load(spec).train, text) == wanted


@pytest.mark.parametrize("fault", ["encodes_without_what_it_learnt", "drops_last_merge"])
def test_what_does_not_fit_together_shows_nothing(fault):
    """An encoder, or merges, that are not of the pieces."""
    assert pieces_of(load(f"mock:{fault},of=trainer:gpt4").train, "abcabc") is None


def test_one_that_encodes_nothing_shows_nothing():
    """And one that never answers has learnt nothing."""
    trainer = load("trainer:gpt4")

    assert (
        pieces_of(lambda texts, size, _: trainer.train(texts, size)._replace(ids=None), "ab")
        is None
    )
    assert most_of(lambda *_: 1 // 0, ["ab"]) is None


def test_one_that_learns_of_nothing_rare_sees_the_text_more_often():
    """Its pieces are there then."""
    train = load("hf_trainer:gpt4,min_frequency=2").train

    assert pieces_of(train, "wxyz cd") == [bytes([byte]) for byte in b"wxyz cd"]
    assert pieces_of(train, "wxyz cd", 8) == [b"wxyz", b" cd"]
