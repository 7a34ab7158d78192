"""Log-probabilities and ids: what cannot be told is left out, and nothing shifts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.decoding.alignment import Entry, Misaligned, aligned
from parity.decoding.records import Step


def entry(id, alone=False):
    return Entry(id, ((id, -0.5),), alone)


def top_ids(steps):
    """The id of each step's best entry, None where there is none."""
    return [step.top[0][0] if step.top else None for step in steps]


def test_an_entry_stands_at_its_id():
    """Also where entries before it are left out."""
    assert top_ids(aligned([1, 2, 3, 4], [entry(2), entry(4)])) == [None, 2, None, 4]


def test_what_could_be_of_two_ids_is_of_neither():
    """An entry of 7 may be of the first or of the last."""
    assert top_ids(aligned([7, 8, 7], [entry(8), entry(7)])) == [None, 8, 7]
    assert top_ids(aligned([7, 8, 7], [entry(7)])) == [None, None, None]


def test_an_entry_whose_text_is_its_ids_alone_follows_the_one_before():
    """So nothing is left out between the two."""
    assert top_ids(aligned([1, 7, 7], [entry(1), entry(7, alone=True)])) == [1, 7, None]
    assert top_ids(aligned([7, 7, 2], [entry(7), entry(2, alone=True)])) == [None, 7, 2]


@pytest.mark.parametrize(
    "entries",
    [[entry(9)], [entry(2), entry(1)], [entry(3, alone=True)], [entry(1), entry(1)]],
    ids=["of no id", "in another order", "not the first", "more than ids"],
)
def test_entries_of_other_ids_are_a_breach(entries):
    """A server that gives them has mistaken something, and is not believed."""
    with pytest.raises(Misaligned):
        aligned([1, 2, 3], entries)


@given(data=st.data(), ids=st.lists(st.integers(0, 3), max_size=12))
def test_no_step_is_ever_of_another_place(data, ids):
    """Whatever is left out, and however often an id comes."""
    kept = [place for place in range(len(ids)) if data.draw(st.booleans())]
    entries = []
    for number, place in enumerate(kept):
        follows = place == (kept[number - 1] + 1 if number else 0)
        top = ((ids[place], -float(place)),)
        entries.append(Entry(ids[place], top, follows and data.draw(st.booleans())))
    steps = aligned(ids, entries)

    assert len(steps) == len(ids)
    assert all(step in (Step(), Step(((ids[place], -float(place)),)))
               for place, step in enumerate(steps))  # fmt: skip
