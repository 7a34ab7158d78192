"""The log of a shadow: whole lines, exact counts, and nothing that it does reaches its caller."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from helpers import rows_of
from logged import HEADER, OTHER, SIDE, counts, diverged, log_of

from parity.shadow.log import Log
from parity.shadow.records import TIMEOUT
from parity.shadow.settings import Settings
from parity.shadowed.reading import read
from parity.types import Failure, Observation


def test_a_log_says_all_of_a_run_and_reads_as_whole(tmp_path):
    """Header, divergence, lost call, heartbeat and footer, each with the run and both clocks."""
    log = log_of(tmp_path / "log")
    log.divergence(diverged())
    log.lost(diverged()._replace(fate=TIMEOUT, why="TimedOut"))
    log.heartbeat(counts(diverged=1, timeout=1))
    log.heartbeat(counts(diverged=1, timeout=1))
    log.footer(counts(diverged=1, timeout=1), "close", {"pending": 0})

    rows = rows_of(tmp_path / "log")
    assert [row["what"] for row in rows] == ["header", "divergence", "lost", "heartbeat", "footer"]
    assert {row["run"] for row in rows} == {log.run}
    assert all(set(row) >= {"at", "up"} for row in rows)
    (run,) = read([tmp_path / "log"])
    assert run.problems == run.notes == []
    assert run.footer["whole"]


def test_a_header_says_what_is_compared_and_how():
    """It has fingerprints and settings; never the key, nor where the log is."""
    header = Log(Settings(report="x", key=b"secret"), HEADER)._header()

    assert b"secret" not in header
    assert b'"keyed": true' in header
    assert b'"same": false' in header
    assert b'"report"' not in header


@pytest.mark.parametrize(
    ("candidate", "same"),
    [(SIDE, "true"), ({**SIDE, "spec": "x"}, "true"), (OTHER, "false"), ({"failed": "X"}, "false")],
)
def test_equal_sides_are_said(candidate, same):
    """A spec of another name does not make another side."""
    header = Log(Settings(report="x"), {**HEADER, "candidate": candidate})._header().decode()

    assert f'"same": {same}' in header


def test_counts_go_on_where_lines_are_capped(tmp_path):
    """Each sort has its own cap."""
    log = log_of(tmp_path / "log", max_diffs=2)
    for _ in range(5):
        log.divergence(diverged())
        log.lost(diverged()._replace(fate=TIMEOUT, why="TimedOut"))
    log.footer(counts(diverged=5, timeout=5), "close", {})

    rows = rows_of(tmp_path / "log")
    assert [row["number"] for row in rows if row["what"] == "divergence"] == [1, 2]
    assert [row["number"] for row in rows if row["what"] == "lost"] == [1, 2]
    assert rows[-1]["missing"] == {"unwritten": 0, "capped": 6}
    assert read([tmp_path / "log"])[0].problems == []


def test_no_log_is_written_without_a_path(tmp_path, monkeypatch):
    """What the cap would leave out is counted all the same."""
    monkeypatch.chdir(tmp_path)
    log = log_of("", max_diffs=1)
    log.begin()
    log.divergence(diverged())
    log.divergence(diverged())

    assert not log.footer(counts(diverged=2), "close", {})
    assert log.state() == {"lines": 0, "capped": 1, "failed": 0, "rotated": 0, "unplain": 0}
    assert list(tmp_path.iterdir()) == []


def test_nothing_comes_after_the_footer(tmp_path):
    """A late line is counted, not written; a second footer is none."""
    log = log_of(tmp_path / "log")
    assert log.footer(counts(), "close", {})
    log.divergence(diverged())
    assert log.footer(counts(), "exit", {})

    assert [row["what"] for row in rows_of(tmp_path / "log")] == ["header", "footer"]
    assert log.state()["failed"] == 1


def test_a_line_is_one_write_to_the_end_of_the_file(tmp_path, monkeypatch):
    """That, and nothing else, keeps it whole beside the lines of other processes."""
    log, written, write = log_of(tmp_path / "log"), [], os.write

    def noting(descriptor, data):
        assert fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND
        assert not os.get_inheritable(descriptor)
        written.append(data)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", noting)
    log.divergence(diverged("\u2028\x85\n"))
    log.footer(counts(diverged=1), "close", {})

    assert len(written) == 3
    assert all(data.isascii() and data.index(b"\n") == len(data) - 1 for data in written)


WRONG = {
    "ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EDQUOT": errno.EDQUOT, "EACCES": errno.EACCES,
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_write_that_fails_is_counted_and_the_next_one_is_tried(tmp_path, monkeypatch, name):
    """Nothing raises, the footer says what is unwritten, and the reader what is missing."""
    log = log_of(tmp_path / "log")
    log.divergence(diverged())
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _refuse(WRONG[name]))
        log.divergence(diverged())
    log.divergence(diverged())
    log.footer(counts(diverged=3), "close", {"pending": 0})

    (run,) = read([tmp_path / "log"])
    assert [row["number"] for row in run.divergences] == [1, 3]
    assert run.footer["missing"]["unwritten"] == 1
    assert not run.footer["whole"]
    assert any("1 are missing in between" in why for why in run.problems)


def _refuse(code):
    def write(*_):
        raise OSError(code, os.strerror(code))

    return write


def test_a_footer_that_is_written_at_last_is_not_lost(tmp_path, monkeypatch):
    """A disk that is full at first takes nothing from the evidence."""
    log = log_of(tmp_path / "log")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _refuse(errno.ENOSPC))
        log.begin()
        assert not log.footer(counts(), "close", {})
        assert log.state()["failed"] == 1
    assert log.footer(counts(), "close", {})

    assert read([tmp_path / "log"])[0].problems == []


@pytest.mark.parametrize("part", [1, 40, -1])
def test_a_line_that_got_in_by_half_is_ended_before_the_next(tmp_path, monkeypatch, part):
    """Only the torn one is lost, whoever writes next."""
    log = log_of(tmp_path / "log")
    log.divergence(diverged())
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: write(file, data[:part]))
        log.divergence(diverged())
    log.divergence(diverged())
    log.footer(counts(diverged=3), "close", {})

    numbers = [row["number"] for row in read([tmp_path / "log"])[0].divergences]
    assert numbers == ([1, 2, 3] if part == -1 else [1, 3])
    assert log.state()["failed"] == 1


def test_another_process_goes_on_after_a_torn_line(tmp_path):
    """Who opens a log that does not end with a newline gives it one."""
    (tmp_path / "log").write_bytes(b'{"what": "heartbeat", "run": "0123456789abcdef", "at')
    log = log_of(tmp_path / "log")
    log.footer(counts(), "close", {})

    lines = (tmp_path / "log").read_bytes().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith(b'{"what": "header"')


def test_a_real_full_disk_is_counted():
    """/dev/full takes no byte."""
    log = log_of("/dev/full")
    log.divergence(diverged())

    assert not log.footer(counts(diverged=1), "close", {})
    assert log.state()["failed"] == 2


LIMITED = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
log = log_of(sys.argv[1])
for _ in range(9): log.divergence(diverged())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
log.footer(counts(diverged=9), 'close', {})
"""


def test_a_limit_on_the_size_of_files_tears_a_line_and_is_counted(tmp_path):
    """RLIMIT_FSIZE lets a part in, and then none: one torn line, and the rest failed."""
    _ended([_python(LIMITED, tmp_path / "log")])

    (run,) = read([tmp_path / "log"])
    assert len(run.divergences) + run.footer["log"]["failed"] == 9
    assert run.footer["log"]["failed"] > 0
    assert any("torn" in why for why in run.problems)


def _python(code, *args):
    """A process that runs code once it may."""
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), *filter(None, sys.path)])
    begins = "import sys\nfrom logged import *\nsys.stdin.readline()\n"
    return subprocess.Popen(  # noqa: S603 (code of this file)
        [sys.executable, "-c", begins + code, *map(str, args)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
    )


def _ended(started):
    """Let processes go on at once, and wait for their end."""
    for one in started:
        one.stdin.write(b"\n")
        one.stdin.flush()
    for one in started:
        with one:
            assert one.wait(60) == 0


WRITER = """
for path, rotate in ((sys.argv[1], 6000), (sys.argv[2], 0)):
    log = log_of(path, rotate=rotate, keep=10**9, max_diffs=10**6)
    for _ in range(200): log.divergence(diverged())
    log.footer(counts(diverged=200), "close", {})
    assert log.state()["failed"] == 0
"""


def test_processes_append_and_rotate_at_once_and_no_line_is_lost(tmp_path):
    """Every line is whole and there once, in the file or in those that it was rotated into."""
    paths = tmp_path / "rotated", tmp_path / "grown"
    _ended([_python(WRITER, *paths) for _ in range(2)])

    rotated, grown = (read([path]) for path in paths)
    for run in (*rotated, *grown):
        assert run.problems == []
        assert [row["number"] for row in run.divergences] == [*range(1, 201)]
    assert len(rotated) == len(grown) == 2
    assert len({*rotated[0].files, *rotated[1].files}) > 10
    assert grown[0].files == [paths[1]]


def test_a_rotation_begins_with_the_header_again_and_keeps_so_many_files(tmp_path):
    """What is older is gone, and the reader says how much."""
    log = log_of(tmp_path / "log", rotate=4000, keep=2)
    for _ in range(30):
        log.divergence(diverged())
    log.footer(counts(diverged=30), "close", {})

    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1", "log.2", "log.lock"]
    for name in ("log", "log.1", "log.2"):
        first = rows_of(tmp_path / name)[0]
        assert (first["what"], first["again"]) == ("header", True)
    (run,) = read([tmp_path / "log"])
    assert run.problems == []
    first = run.divergences[0]["number"]
    assert run.notes == [f"the lines of its first {first - 1} divergences were rotated away"]


def test_keep_of_none_removes_the_full_file(tmp_path):
    """Nothing stands beside the log but its lock."""
    log = log_of(tmp_path / "log", rotate=4000, keep=0)
    for _ in range(30):
        log.divergence(diverged())

    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.lock"]
    assert log.state()["rotated"] > 3


def test_a_file_that_somebody_renamed_is_opened_again(tmp_path):
    """As logrotate does it: the next line goes where the path says, after the header."""
    log = log_of(tmp_path / "log")
    log.divergence(diverged())
    (tmp_path / "log").rename(tmp_path / "log.1")
    log.divergence(diverged())
    log.footer(counts(diverged=2), "close", {})

    assert [row["what"] for row in rows_of(tmp_path / "log.1")] == ["header", "divergence"]
    assert rows_of(tmp_path / "log")[0]["again"] is True
    assert read([tmp_path / "log"])[0].problems == []


def test_a_file_removed_between_the_look_and_the_write_loses_no_line(tmp_path, monkeypatch):
    """A line in a file without a name is written again."""
    log = log_of(tmp_path / "log")
    log.divergence(diverged())
    write, gone = os.write, []

    def removes_first(file, data):
        if not gone:
            gone.append((tmp_path / "log").unlink())
        return write(file, data)

    monkeypatch.setattr(os, "write", removes_first)
    log.divergence(diverged())

    assert [row["what"] for row in rows_of(tmp_path / "log")] == ["header", "divergence"]
    assert log.state() == {"lines": 2, "capped": 0, "failed": 0, "rotated": 0, "unplain": 0}


def test_a_lock_that_another_holds_is_not_waited_for(tmp_path):
    """The file grows beyond its size, and no line is lost."""
    log = log_of(tmp_path / "log", rotate=2000, keep=1)
    with (tmp_path / "log.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for _ in range(9):
            log.divergence(diverged())

    assert len(rows_of(tmp_path / "log")) == 10
    assert log.state()["rotated"] == 0


def test_a_folder_that_vanished_is_made_again(tmp_path):
    """Its parent is there, so the log goes on, with its header."""
    folder = tmp_path / "logs"
    folder.mkdir()
    log = log_of(folder / "log")
    log.divergence(diverged())
    (folder / "log").unlink()
    folder.rmdir()
    log.divergence(diverged())

    assert [row["what"] for row in rows_of(folder / "log")] == ["header", "divergence"]
    assert log.state()["failed"] == 0


def test_a_folder_that_vanished_with_its_parent_is_counted_until_it_is_back(tmp_path):
    """Nothing is made where nobody said so; the next line is tried all the same."""
    folder = tmp_path / "var" / "logs"
    folder.mkdir(parents=True)
    log = log_of(folder / "log")
    log.divergence(diverged())
    (folder / "log").unlink()
    folder.rmdir()
    (tmp_path / "var").rmdir()
    log.divergence(diverged())
    assert log.state()["failed"] == 1
    folder.mkdir(parents=True)
    log.divergence(diverged())

    assert [row.get("number") for row in rows_of(folder / "log")] == [None, 3]


@pytest.mark.parametrize("path", ["", "nowhere/log"])
def test_a_path_that_cannot_work_warns_once_and_breaks_nothing(tmp_path, path):
    """A folder, or a folder that is not there: said when it is made, counted after that."""
    with pytest.warns(UserWarning, match="cannot be written"):
        log = log_of(tmp_path / path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log.divergence(diverged())
        log.divergence(diverged())

    assert log.state()["failed"] == 2


def test_where_warnings_are_errors_a_path_that_cannot_work_breaks_nothing(tmp_path):
    """A shadow must not end a service that turns warnings into errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logs = [log_of(tmp_path), log_of("a\0b")]
        for log in logs:
            log.divergence(diverged())

    assert [log.state()["failed"] for log in logs] == [1, 1]


def test_a_pipe_without_a_reader_is_not_waited_for(tmp_path):
    """Opening it would block for ever; it is a failure, and with a reader it is none."""
    os.mkfifo(tmp_path / "pipe")
    log = log_of(tmp_path / "pipe")
    log.divergence(diverged())
    assert log.state()["failed"] == 1
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        log.divergence(diverged())
        assert os.read(reader, 1 << 16).count(b"\n") == 2
        for _ in range(100):
            log.divergence(diverged())  # nobody reads: it is full soon
    finally:
        os.close(reader)

    assert log.state()["failed"] > 1


FORKED = """
import os
log = log_of(sys.argv[1])
log.divergence(diverged())
pid = os.fork()
if pid == 0:
    log.after_fork()
    log.divergence(diverged())
    log.footer(counts(diverged=1), "exit", {})
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
log.footer(counts(diverged=1), "close", {})
"""


def test_a_child_is_a_run_of_its_own(tmp_path):
    """After a fork the counts begin again, and both tell their whole."""
    _ended([_python(FORKED, tmp_path / "log")])

    runs = read([tmp_path / "log"])
    assert [run.problems for run in runs] == [[], []]
    assert runs[0].id != runs[1].id
    assert [run.header["again"] for run in runs] == [False, False]


def test_threads_write_whole_lines_with_all_numbers(tmp_path):
    """Close may come from another thread than what tells."""
    log = log_of(tmp_path / "log", max_diffs=10**6)

    def tell():
        for _ in range(100):
            log.divergence(diverged())

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.footer(counts(diverged=400), "close", {})

    assert read([tmp_path / "log"])[0].problems == []


def test_full_content_holds_everything_as_it_was(tmp_path):
    """Lone surrogates, split pairs and bytes are kept."""
    from parity import jsonl

    log = log_of(tmp_path / "log", content="full")
    log.divergence(diverged("a\ud83d", candidate=Observation({"text": b"\xff", "n": 0.5})))
    log.divergence(diverged("\ud83d\ude00"[:1] + "\ude00", candidate=_failed()))

    first, second = (row["content"] for row in rows_of(tmp_path / "log")[1:])
    assert jsonl.unplain(first["args"]) == ["a\ud83d"]
    assert jsonl.unplain(first["candidate"]) == {"text": b"\xff", "n": {"float": "0.5"}}
    assert first["values"] == {"reference": 2, "candidate": 3}
    assert jsonl.unplain(second["args"]) == ["\ud83d\ude00"]
    assert second["candidate"] == {"failure": "ValueError", "message": "why"}


def _failed():
    return Observation(failure=Failure("ValueError", "why"))


class Untellable:
    """An argument that is no data, and says so."""

    def __index__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize("content", ["none", "full"])
def test_what_is_no_plain_data_is_counted_and_its_line_written(tmp_path, content):
    """The rest of the line is there, and null in its place."""
    log = log_of(tmp_path / "log", content=content)
    log.divergence(diverged(Untellable()))
    log.footer(counts(diverged=1), "close", {})

    (run,) = read([tmp_path / "log"])
    assert run.divergences[0]["input"]["digest"] is None
    assert run.footer["log"]["unplain"] == (2 if content == "full" else 1)
    assert run.problems == []


def test_a_log_is_its_owners_alone(tmp_path):
    """With all content it holds what users wrote."""
    log_of(tmp_path / "log").begin()

    assert (tmp_path / "log").stat().st_mode & 0o077 == 0
