"""Drawn prompts are those that mini-sglang's own generator draws."""

import random

import pytest

from parity.decoding.drawing import PROFILES, drawn
from parity.errors import UsageError

LENGTHS = {"seeds-short": (8, 32, 8, 0), "seeds-long": (384, 512, 4, 0),
            "seeds-prefix": (96, 128, 8, 80)}  # fmt: skip


def as_the_seeds_draw(seed, least, most, count, prefix):
    """The generator, written out: the prefix, then for each prompt its length and its ids."""
    rng = random.Random(seed)  # noqa: S311
    shared = [rng.randint(100, 20000) for _ in range(prefix)]
    found = []
    for _ in range(count):
        length = rng.randint(least, most)
        found.append(shared + [rng.randint(100, 20000) for _ in range(length - prefix)])
    return found


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("seed", [42, 7])
def test_what_is_drawn_is_what_the_seeds_draw(name, seed):
    """Where the vocabulary is large enough, whatever its size."""
    wanted = as_the_seeds_draw(seed, *LENGTHS[name])

    assert [list(one.payload) for one in drawn(name, seed)] == wanted
    assert [list(one.payload) for one in drawn(name, seed, 151_936)] == wanted


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("size", [600, 101, 100, 1])
def test_a_small_vocabulary_has_every_id_that_is_drawn(name, size):
    """Down to one entry."""
    least, most, count, prefix = LENGTHS[name]
    found = [one.payload for one in drawn(name, 42, size)]

    assert len(found) == count
    assert all(least <= len(ids) <= most and max(ids) < size for ids in found)
    assert len({ids[:prefix] for ids in found}) == 1


def test_another_seed_is_another_set_with_other_names():
    """A golden of the one is not taken for the other's."""
    one, other = drawn("seeds-short"), drawn("seeds-short", 7)

    assert one[0].id == "seeds-short/0"
    assert other[0].id == "seeds-short@7/0"
    assert one[0].payload != other[0].payload


def test_no_vocabulary_is_refused():
    """There is nothing to draw from."""
    with pytest.raises(UsageError, match="this has no entry"):
        drawn("seeds-short", 42, 0)
