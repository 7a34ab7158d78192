"""Outcomes in a file: what is finished is kept, and nothing else is taken over."""

import io

import pytest

from parity.decoded.keeping import Record, read, taken_over
from parity.decoding.records import Generation, Outcome, Step
from parity.errors import EvidenceLost, Inconclusive, UsageError
from parity.types import Failure


class Full(io.BytesIO):
    """A file on a disk that is full."""

    def write(self, _):
        raise OSError(28, "No space left on device")


KEY = {"spec": "toys:tiny", "asked": {"batch": "1"}, "top": 20}
FOUND = [
    Outcome("a/one", (1,), Generation((5,), "length", "\ud800", steps=(Step(((5, -0.5),)),))),
    Outcome("a/two", None, None, Failure("Crashed", "it ended")),
]


@pytest.fixture
def path(tmp_path):
    """A file with two outcomes and no footer."""
    record = Record(tmp_path / "new" / "side.jsonl", {"key": KEY}, {})
    for outcome in FOUND:
        record.keep(outcome)
    record.close()
    return record.path


def test_what_was_kept_is_read_as_it_was(path):
    """A lone surrogate and a failure, too."""
    found = read(path)

    assert list(found.outcomes.values()) == FOUND
    assert not found.whole


def test_a_last_line_that_is_cut_off_is_not_read(path):
    """The process was killed while it wrote."""
    path.write_bytes(path.read_bytes()[:-7])

    assert list(read(path).outcomes) == ["a/one"]


def test_a_file_with_its_footer_is_whole(tmp_path):
    """The footer counts what is in it."""
    record = Record(tmp_path / "side.jsonl", {"key": KEY}, {one.prompt: one for one in FOUND})
    record.finish()
    record.close()

    assert read(record.path).whole
    assert record.path.read_text().endswith('"outcomes": 2}\n')


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ('"decode": 1', '"decode": 2', "schema 1 is wanted"),
        ('"prompt": "a/one"', '"prom": "a/one"', "cannot be read as outcomes"),
        ('{"decode"', "{", "cannot be read as outcomes"),
    ],
)
def test_what_is_no_record_is_refused(path, was, becomes, words):
    """By its path, with what to do."""
    path.write_text(path.read_text().replace(was, becomes))

    with pytest.raises(UsageError, match=words):
        read(path)


def test_a_footer_that_counts_other_outcomes_is_refused(path):
    """Somebody took a line out."""
    path.write_text(path.read_text() + '{"whole": true, "outcomes": 3}\n')

    with pytest.raises(UsageError, match="counts other outcomes"):
        read(path)


def test_nothing_is_taken_over_from_another_run(path):
    """Each part of the key that differs is named."""
    other = {**KEY, "asked": {"batch": "8"}, "top": 5}

    assert list(taken_over(path, KEY).outcomes) == ["a/one", "a/two"]
    with pytest.raises(UsageError, match=r"asked\.batch was '1' and is '8'; top was 20 and is 5"):
        taken_over(path, other)


def test_where_nothing_was_kept_nothing_is_taken_over(tmp_path):
    """A run that is resumed too early begins."""
    assert taken_over(tmp_path / "none.jsonl", KEY).outcomes == {}


def test_a_disk_that_is_full_is_told(path):
    """Evidence that is lost is no evidence."""
    record = Record(path, {"key": KEY}, {})
    record.close()
    record.file = Full()

    with pytest.raises(EvidenceLost, match="No space left"):
        record.keep(FOUND[0])


def test_what_is_taken_over_is_never_lost_while_it_is_written_again(path, monkeypatch):
    """A disk that is full, or a kill, in between: the old file stands until the new one does."""
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parity.decoded.keeping.files.write", full)
    with pytest.raises(Inconclusive, match="No space left"):
        Record(path, {"key": KEY}, read(path).outcomes)

    assert path.read_bytes() == before


def test_a_record_goes_on_behind_what_was_taken_over(path):
    """And counts all of it in its footer."""
    record = Record(path, {"key": KEY}, read(path).outcomes)
    record.keep(FOUND[0]._replace(prompt="a/three"))
    record.finish()
    record.close()

    assert list(read(path).outcomes) == ["a/one", "a/two", "a/three"]
    assert read(path).whole
