"""Tail: each line of a log as one that a person reads, as it comes, whatever becomes of it."""

import io
import os
import signal
import subprocess
import sys

import pytest
from shadow_logs import Told

from parity import jsonl
from parity.shadowed import tail


def lines_of(path):
    """What tail says of a log."""
    return [tail.told(content) for content in path.read_bytes().splitlines()]


def test_each_line_says_what_it_is(tmp_path):
    """Header, heartbeat, divergence, loss and end."""
    told = Told(tmp_path / "log").same(12_000).beat().ask("abc").lose()
    told.fate("", 2)
    said = lines_of(told.footer())

    assert [line.split()[2] for line in said] == [
        "header", "heartbeat", "divergence", "lost", "footer",
    ]  # fmt: skip
    assert "mock:honest against mock:drops_last_id" in said[0]
    assert "12,000 calls, 12,000 sampled, 12,000 compared, 0 diverged, 0 lost" in said[1]
    assert "1. encode ids.missing at ids[2]  request r-1  input e03226f7" in said[2]
    assert "1. encode timeout TimedOut  request r-9" in said[3]
    assert said[4].endswith("1 diverged, 3 lost  NOT WHOLE")


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"3", b"{}", b'{"what": "header"}', b'{"what": 7}', b"\xff", b'{"a":1']
)
def test_what_is_no_line_of_a_log_is_said_and_passed(content):
    """Somebody else may write there, or a line is torn."""
    assert tail.told(content).startswith("no line of a log: ")


def test_a_line_of_another_version_is_passed():
    """What it is comes from a newer one."""
    line = {"what": "mood", "run": "0" * 16, "at": "2027-01-01"}

    assert "does not know" in tail.told(jsonl.dump(line).encode())


@pytest.mark.parametrize(("count", "first"), [(1, "footer"), (2, "divergence"), (99, "header")])
def test_the_last_lines_are_shown(project, tokparity, count, first):
    """As many as are asked for, or all."""
    Told(project.folder / "log").same(5).beat().ask("abc").footer()
    ran = tokparity("shadow", "tail", "log", "-n", str(count))

    assert ran.code == 0
    assert len(ran.out.splitlines()) == min(count, 4)
    assert ran.out.split()[2] == first


def test_a_torn_last_line_is_said(project, tokparity):
    """It is no reason to hide it."""
    path = Told(project.folder / "log").same(5).footer()
    path.write_bytes(path.read_bytes()[:-30])

    assert "no line of a log" in tokparity("shadow", "tail", "log").out.splitlines()[-1]


def test_a_log_that_is_not_there_is_exit_code_3(tokparity):
    """With its name."""
    ran = tokparity("shadow", "tail", "none.jsonl")

    assert ran.code == 3
    assert "none.jsonl" in ran.err


def test_what_a_line_says_moves_no_terminal(project, tokparity):
    """Ids of requests are the client's to choose."""
    Told(project.folder / "log").ask("a", request="\x1b[2J\nfalse line").footer()
    ran = tokparity("shadow", "tail", "log")

    assert "\x1b" not in ran.out
    assert len(ran.out.splitlines()) == 3


class Steps:
    """What happens to a log between two looks; after the last there is Ctrl-C."""

    def __init__(self, *steps):
        self.steps = list(steps)

    def __call__(self, *_):
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()


def follow(path, *steps):
    """Follow a log through what happens to it; return the lines that came."""
    reader = tail.Reader(path, path.open("rb"))
    came = []
    try:
        for content in tail.followed(reader, Steps(*steps)):
            came.append(content)  # noqa: PERF402 (what came before Ctrl-C stays)
    except KeyboardInterrupt:
        return came
    finally:
        reader.close()


def append(path, data):
    """A step: something is appended."""

    def step():
        with path.open("ab") as file:
            file.write(data)

    return step


def nothing():
    """A step in which nothing happens."""


def test_lines_come_as_they_are_written(tmp_path):
    """Each once, in order; a line that has no end yet waits for it."""
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    came = follow(path, append(path, b"two\nth"), nothing, append(path, b"ree\n\nfour\n"), nothing)

    assert came == [b"one", b"two", b"three", b"four"]


def test_a_rotation_loses_no_line(tmp_path):
    """The old file is read to its end, and one more time: who has it open may write still."""
    path, old = tmp_path / "log", tmp_path / "log.1"
    path.write_bytes(b"one\n")

    def rotate():
        append(path, b"two\n")()
        path.rename(old)
        append(path, b"four\n")()

    came = follow(path, rotate, append(old, b"three\n"), append(path, b"five\n"), nothing)

    assert came == [b"one", b"two", b"three", b"four", b"five"]


def test_a_torn_line_before_a_rotation_is_shown(tmp_path):
    """Nobody will end it."""
    path = tmp_path / "log"
    path.write_bytes(b"one\n")

    def rotate():
        append(path, b"tor")()
        path.rename(tmp_path / "log.1")
        append(path, b"two\n")()

    assert follow(path, rotate, nothing, nothing) == [b"one", b"tor", b"two"]


def test_a_log_that_is_gone_for_a_while_is_waited_for(tmp_path):
    """Between the rename and the next line there is none."""
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    gone = tmp_path / "log.1"
    came = follow(
        path, lambda: path.rename(gone), nothing, append(path, b"two\n"), nothing, nothing
    )

    assert came == [b"one", b"two"]


def test_a_log_that_is_cut_is_read_from_its_begin(tmp_path):
    """Some rotate by a copy, and cut the file."""
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\n")
    came = follow(path, lambda: path.write_bytes(b"3\n"), nothing)

    assert came == [b"one", b"two", b"3"]


def test_ctrl_c_is_exit_code_130(project, tokparity, monkeypatch):
    """It is the way to end it."""
    path = Told(project.folder / "log").same(5).beat().ask("abc")
    monkeypatch.setattr(tail, "_pause", Steps(lambda: path.ask("xyz"), nothing))
    ran = tokparity("shadow", "tail", "log", "--follow", "-n", "1")

    assert ran.code == 130
    assert [line.split()[3] for line in ran.out.splitlines()] == ["1.", "2."]


def test_nobody_reads_is_exit_code_141(project, tokparity, monkeypatch):
    """Seen where nothing is written, too."""
    Told(project.folder / "log").same(5).footer()
    reads, writes = os.pipe()
    os.close(reads)
    monkeypatch.setattr(tail.time, "sleep", lambda _: pytest.fail("it went on"))
    with os.fdopen(writes, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        ran = tokparity("shadow", "tail", "log", "--follow", "-n", "0")

    assert ran.code == 141


def test_an_output_without_a_descriptor_is_read():
    """A test, or a notebook."""
    assert not tail._is_unread(io.StringIO())


def test_a_process_that_follows_tells_what_comes_and_ends_by_a_signal(tmp_path):
    """As a person runs it: the line that is written meanwhile is read at once from the pipe."""
    told = Told(tmp_path / "log").same(5).beat()
    command = [sys.executable, "-m", "parity", "shadow", "tail", str(told.path), "-f", "-n", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        first = process.stdout.readline()
        told.ask("abc")
        second = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)

    assert (b"heartbeat" in first, b"ids.missing" in second) == (True, True)
    assert process.returncode == 130
    assert b"Traceback" not in err
