"""What is made once and kept: whole or not there, and as it was made."""

import os

import pytest

from parity.decoding import kept
from parity.errors import Inconclusive


def nothing_wrong(folder):
    """A check that holds."""


@pytest.fixture
def place(tmp_path):
    """A folder that was made."""
    kept.fill(tmp_path / "made", write, nothing_wrong)
    return tmp_path / "made"


def write(folder):
    """Make two files, one in a folder of its own."""
    (folder / "a").write_text("one")
    (folder / "inner").mkdir()
    (folder / "inner" / "b").write_text("two")


def test_a_folder_is_kept_with_its_digests(place):
    """And nothing else is left beside it."""
    assert kept.is_whole(place)
    assert set(kept.recorded(place)) == {"a", "inner/b"}
    assert os.listdir(place.parent) == ["made"]  # noqa: PTH208 (hidden ones too)


@pytest.mark.parametrize("damage", ["changed", "missing", "another", "record"])
def test_a_folder_that_is_not_as_it_was_made_is_not_whole(place, damage):
    """Whoever changed it, a model that is another under a name would prove nothing."""
    if damage == "changed":
        (place / "a").write_text("0ne")
    elif damage == "missing":
        (place / "inner" / "b").unlink()
    elif damage == "another":
        (place / "c").write_text("")
    else:
        (place / kept.RECORD).write_text("{")

    assert not kept.is_whole(place)


def test_a_damaged_folder_is_made_anew(place):
    """In its place."""
    (place / "a").write_text("0ne")

    kept.fill(place, write, nothing_wrong)

    assert kept.is_whole(place)
    assert os.listdir(place.parent) == ["made"]  # noqa: PTH208


def test_a_folder_is_not_whole_where_its_digests_are_not_the_pinned_ones(place):
    """Its own record is no proof."""
    pinned = kept.digests(place)

    assert kept.is_whole(place, pinned)
    assert not kept.is_whole(place, {**pinned, "a": "0" * 64})


def test_who_fails_leaves_nothing(tmp_path):
    """Neither half a folder nor one that is not right."""

    def stops(folder):
        (folder / "c").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.fill(tmp_path / "made", stops, nothing_wrong)
    with pytest.raises(ValueError, match="no"):
        kept.fill(tmp_path / "made", write, stops)
    assert list(tmp_path.iterdir()) == []


def test_of_two_makers_the_first_wins(tmp_path):
    """The second finds a whole folder in the place, and lets it be."""
    place = tmp_path / "made"

    def second(folder):
        kept.fill(place, write, nothing_wrong)
        (folder / "a").write_text("late")

    kept.fill(place, second, nothing_wrong)

    assert (place / "a").read_text() == "one"
    assert os.listdir(tmp_path) == ["made"]  # noqa: PTH208


def test_what_a_killed_maker_left_is_swept_after_a_day(place):
    """A fresh one may still be at work."""
    old, fresh = (place.with_name(f".made.{name}.part") for name in ("old", "fresh"))
    old.mkdir()
    fresh.mkdir()
    os.utime(old, (0, 0))

    kept.fill(place, write, nothing_wrong)

    assert not old.exists()
    assert fresh.exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """With the path, and what is needed."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Inconclusive, match="models are made there: make room"):
        kept.fill(tmp_path / "file" / "made", write, nothing_wrong)


def test_an_error_without_a_number_is_told_by_its_words(tmp_path):
    """What numpy says where a disk is full."""

    def full(_):
        raise OSError("399424 requested and 0 written")

    with pytest.raises(Inconclusive, match="made: 399424 requested and 0 written; models are"):
        kept.fill(tmp_path / "made", full, nothing_wrong)
    assert list(tmp_path.iterdir()) == []
