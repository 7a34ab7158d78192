"""Files: whole or not there; what is no file is left what it is."""

import os
import stat
import subprocess
import sys

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


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_its_target_is_replaced(tmp_path, there):
    """Somebody put it there on purpose; also where what it names is still to come."""
    (tmp_path / "to").mkdir()
    target, link = tmp_path / "to" / "target", tmp_path / "link"
    if there:
        target.write_bytes(b"old")
    link.symlink_to("to/target")
    files.write(link, ["new"])

    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["link", "target", "to"]


def test_a_fifo_is_written_to_and_stays(tmp_path):
    """Whoever reads at its other end gets the lines."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    files.write(fifo, ["a\n", "b\n"])
    got = os.read(reader, 100)
    os.close(reader)

    assert got == b"a\nb\n"
    assert [path.is_fifo() for path in tmp_path.iterdir()] == [True]


def test_a_device_stays_a_device(tmp_path):
    """A report into a null device is thrown away; the device is not."""
    # a null device of our own: a test that fails must not take the real one with it
    null, link = tmp_path / "null", tmp_path / "link"
    try:
        os.mknod(null, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        link.symlink_to("null")
        for path in (null, link):
            files.write(path, ["a"])
    except PermissionError:
        pytest.skip("devices are made, and opened here, by root only")

    assert stat.S_ISCHR(null.lstat().st_mode)
    assert link.is_symlink()


def test_the_standard_output_may_be_a_log_and_keeps_what_stands_in_it(tmp_path):
    """A redirected descriptor is a regular file, and still not ours to replace."""
    (tmp_path / "stdout").symlink_to("/proc/self/fd/1")
    program = "from parity import files; files.write(files.Path(__import__('sys').argv[1]), ['a'])"
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.write(b"before, ")
        file.flush()
        for name in ("/proc/self/fd/1", tmp_path / "stdout"):
            subprocess.run([sys.executable, "-c", program, name], stdout=file, check=True)  # noqa: S603

    assert log.read_bytes() == b"before, aa"


def loop(folder):
    """A link to itself."""
    (folder / "a").symlink_to("a")
    return folder / "a"


@pytest.mark.parametrize("place", [lambda folder: folder, loop], ids=["a folder", "a loop"])
def test_what_cannot_be_a_file_is_an_error_of_the_file_system(tmp_path, place):
    """Nothing is put in its stead."""
    with pytest.raises(OSError, match=r"Is a directory|Too many levels"):
        files.write(place(tmp_path), ["a"])
