"""parity.grammar: what a description says is what is drawn, all of it and nothing else."""

import random
from collections import Counter

import pytest

from parity.grammar import (
    Changed,
    Choose,
    Drawn,
    Fields,
    Join,
    Many,
    OneOf,
    Pick,
    Repeat,
    sampler,
)


def seeded(seed):
    """A stream of random numbers."""
    return random.Random(seed)  # noqa: S311 (texts, not secrets)


SMALL = {
    "a literal": ("ab", {"ab"}),
    "one of a string": (Pick("ab"), {"a", "b"}),
    "one of texts": (Pick(("ab", "")), {"ab", ""}),
    "several": (Pick("ab", 0, 2), {"", "a", "b", "aa", "ab", "ba", "bb"}),
    "weighted": (Pick("ab", 1, 1, (1, 3)), {"a", "b"}),
    "a sequence": (Join((Pick("ab"), "!")), {"a!", "b!"}),
    "a sequence of three": (Join(("<", Pick("ab"), ">")), {"<a>", "<b>"}),
    "a repetition": (Repeat(Pick("ab"), 1, 2), {"a", "b", "aa", "ab", "ba", "bb"}),
    "one of several": (OneOf(("x", Pick("ab"))), {"x", "a", "b"}),
    "a change": (Changed(Pick("ab"), str.upper), {"A", "B"}),
}
"""Grammars whose language can be written down."""


@pytest.mark.parametrize("name", SMALL)
def test_what_is_drawn_is_the_language(name):
    """Each text of it comes up, and no other."""
    grammar, language = SMALL[name]
    draw, seed = sampler(grammar), seeded(1)

    assert {draw(seed) for _ in range(300)} == language


def test_values_that_are_no_texts_are_drawn_by_the_same_rules():
    """Lists, mappings with keys that may be missing, functions of one's own."""
    one = Choose((1, None))
    own = Drawn(lambda draw: int(draw.random()))
    grammar = Fields({"list": Many(one, 0, 1), "own": own}, maybe=("own",))
    draw, seed = sampler(grammar), seeded(1)
    drawn = [draw(seed) for _ in range(200)]

    assert set(map(repr, drawn)) == {
        f"{{'list': {inner}{own}}}"
        for inner in ("[]", "[1]", "[None]")
        for own in ("", ", 'own': 0")
    }


@pytest.mark.parametrize(
    "grammar",
    [Pick("ab", 1, 1, (1, 3)), OneOf(("a", "b"), (1, 3)), Choose(("a", "b"), (1, 3))],
    ids=lambda grammar: type(grammar).__name__,
)
def test_weights_say_how_often(grammar):
    """One to three is a quarter to three quarters."""
    draw, seed = sampler(grammar), seeded(1)
    count = Counter(draw(seed) for _ in range(10_000))

    assert count["b"] / 10_000 == pytest.approx(0.75, abs=0.02)


def test_drawing_takes_nothing_but_random_numbers_that_are_the_same_everywhere():
    """`random()` is the one method whose numbers Python promises for a seed."""

    class OnlyRandom(random.Random):
        def getrandbits(self, k):
            raise AssertionError(k)

    whole = Join((*(grammar for grammar, _ in SMALL.values()), Pick(("x", "y"), 2, 5, (1, 2))))
    draw = sampler(whole)

    assert draw(OnlyRandom(3)) == draw(seeded(3))


def test_lengths_are_equally_likely():
    """A short text is no rarer than a long one."""
    draw, seed = sampler(Pick("ab", 1, 4)), seeded(1)
    count = Counter(len(draw(seed)) for _ in range(8_000))

    assert set(count) == {1, 2, 3, 4}
    assert min(count.values()) / 8_000 == pytest.approx(0.25, abs=0.02)
