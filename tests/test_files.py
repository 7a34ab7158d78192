"""Files: whole or not there."""

import pytest

from parity import files


class Stop(Exception):
    """The body of a writer fails."""


def test_a_file_appears_with_all_its_lines(tmp_path):
    """Each line is written as it is, as UTF-8, without a translated newline."""
    files.write(tmp_path / "a", ["\u00e9\r\n", "b\n"])

    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\r\nb\n"


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_a_failing_body_keeps_the_old_file_and_leaves_nothing(tmp_path, error):
    """Nobody can take half a file for evidence."""
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with pytest.raises(error), files.whole(target) as file:  # noqa: PT012 (that is the point)
        file.write(b"half")
        raise error

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


def test_a_file_is_as_readable_as_any_other(tmp_path):
    """The mode of 0600 that temporary files have does not leak."""
    (tmp_path / "any").write_bytes(b"")
    files.write(tmp_path / "a", ["new"])

    assert (tmp_path / "a").stat().st_mode == (tmp_path / "any").stat().st_mode
