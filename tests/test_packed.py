"""Packed ids: observations like any others, that are bytes until somebody reads them."""

import pytest

from parity.packed import PackedIds, pack, unpack
from parity.signature import sign, sign_all
from parity.types import Failure, Observation

BATCH = [[1, 2], [], [-1, 2**62], [1, 2, 3]]


class Integer:
    """An integer by value, and no `int`."""

    def __index__(self):
        return 7


def packed(batch):
    return PackedIds([pack(ids) for ids in batch])


@pytest.mark.parametrize("value", [1.0, "1", None, 2**63])
def test_what_is_no_integer_is_not_packed(value):
    """A float that equals an id is none."""
    with pytest.raises((TypeError, OverflowError)):
        pack([value])


@pytest.mark.parametrize("value", [7, Integer()])
def test_ids_come_back_as_int(value):
    """Integers by value go in, plain ones come out."""
    found = unpack(pack([value]))

    assert found == [7]
    assert type(found[0]) is int


def test_packed_ids_are_the_observations_that_they_stand_for():
    """Whoever reads them cannot tell: by place, by slice, in a loop, compared from either side."""
    seen, plain = packed(BATCH), [Observation(ids) for ids in BATCH]

    assert list(seen) == plain
    assert [seen[place] for place in range(-4, 4)] == [plain[place] for place in range(-4, 4)]
    assert seen[1:] == plain[1:]
    assert seen == plain
    assert plain == seen


@pytest.mark.parametrize("other", [BATCH[:3], [*BATCH[:3], [1, 2]], [*BATCH[:3], [3, 2, 1]], []])
def test_another_batch_is_not_equal(other):
    """One id, one length or one case is enough."""
    assert packed(BATCH) != packed(other)
    assert packed(BATCH) != [Observation(ids) for ids in other]


def test_a_failure_equals_no_ids():
    """An error is not an empty list."""
    assert packed([[]]) != [Observation(failure=Failure("Error"))]


def test_the_places_that_differ_are_found():
    """Each of them, and no other."""
    assert packed(BATCH).differing(packed([[1, 3], [], [-1], [1, 2, 3]])) == [0, 2]


def test_packed_ids_have_the_signatures_of_their_lists():
    """The short cut signs what the layout says."""
    expected = [sign("ids", Observation(ids)) for ids in BATCH]

    assert sign_all("ids", packed(BATCH)) == expected
