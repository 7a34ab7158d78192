"""Processes that answer lines, and all the ways in which they do not."""

import sys

import pytest

from parity.errors import LoadFailed
from parity.remote.process import (
    DEATHS,
    Crashed,
    Garbage,
    Limits,
    OutOfMemory,
    Process,
    TimedOut,
)

ECHO = "for line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.buffer.flush()"


def started(code, limits=Limits()):  # noqa: B008 (a tuple)
    process = Process([sys.executable, "-c", f"import os, sys, time\n{code}"], limits)
    process.start()
    return process


@pytest.fixture
def echo():
    process = started(ECHO)
    yield process
    process.close()


def test_a_line_is_answered_with_a_line(echo):
    assert echo.ask(b"one\n") == [b"one"]
    assert echo.ask(b"two\n") == [b"two"]


def test_many_lines_are_asked_at_once(echo):
    assert echo.ask(b"a\nb\nc\n", 3) == [b"a", b"b", b"c"]


def test_neither_side_waits_for_the_other_with_full_pipes(echo):
    """Eight megabytes go out while eight come back: no order of writes may lock both."""
    lines = [str(number).encode() * 1000 for number in range(2000)]

    assert echo.ask(b"".join(line + b"\n" for line in lines), len(lines)) == lines


def test_a_program_that_is_not_there_is_told():
    with pytest.raises(LoadFailed, match=r"'\./no-such' cannot be started: No such file"):
        Process(["./no-such"]).start()


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        ("sys.exit(3)", Crashed, "exit code 3"),
        ("os.kill(os.getpid(), 11)", Crashed, "SIGSEGV"),
        ("sys.stderr.write('panic: no\\n'); sys.exit(1)", Crashed, "it said: panic: no"),
        ("sys.stdout.write('half'); sys.stdout.flush(); os._exit(0)", Crashed, "half a line"),
        ("os.close(1); time.sleep(60)", Crashed, "standard output was closed"),
        ("os.write(1, b'one\\ntwo\\n'); time.sleep(60)", Garbage, "more than it is"),
        ("time.sleep(60)", TimedOut, "no reply in 0.5 s"),
        ("os.write(1, b'half'); time.sleep(60)", TimedOut, "no reply in 0.5 s"),
    ],
)
def test_what_is_no_reply_says_how(code, error, told):
    process = started(f"sys.stdin.readline()\n{code}", Limits(0.5))

    with pytest.raises(error, match=told):
        process.ask(b"x\n")
    assert not process.alive


def test_one_that_eats_memory_is_ended():
    code = "sys.stdin.readline(); kept = [bytearray(1 << 20) for _ in range(400)]; time.sleep(60)"
    process = started(code, Limits(30, 200 << 20))

    with pytest.raises(OutOfMemory, match=r"0\.\d GiB of memory; 0\.19\d* are allowed"):
        process.ask(b"x\n")


def test_one_that_leaks_between_quick_replies_is_ended_too():
    """It never lets anybody wait; its memory is looked at all the same."""
    code = (
        "kept = []\nfor line in sys.stdin:\n kept.append(bytearray(os.urandom(1 << 10) * 8192)); "
        "print(line, end='', flush=True)"
    )
    process = started(code, Limits(30, 200 << 20))

    with pytest.raises(OutOfMemory):
        [process.ask(b"x\n") for _ in range(400)]


def test_what_it_started_counts_as_its_memory():
    """A script that only starts the tokenizer is small."""
    child = "kept = bytearray(b'x' * (300 << 20)); import time; time.sleep(60)"
    code = (
        f"import subprocess; subprocess.Popen([sys.executable, '-c', {child!r}]); "
        "sys.stdin.readline(); time.sleep(60)"
    )
    process = started(code, Limits(30, 200 << 20))

    with pytest.raises(OutOfMemory):
        process.ask(b"x\n")


def test_time_is_for_each_reply_and_not_for_all_of_them():
    code = "for line in sys.stdin: time.sleep(0.2); print(line, end='', flush=True)"
    process = started(code, Limits(0.6))

    assert process.ask(b"a\nb\nc\nd\ne\n", 5) == [b"a", b"b", b"c", b"d", b"e"]
    process.close()


def test_one_that_dies_again_and_again_is_given_up():
    """What dies twenty times with no reply between is not started for each of a million texts."""
    process = Process([sys.executable, "-S", "-c", "raise SystemExit"], Limits(10))
    for _ in range(DEATHS):
        assert not process.given_up
        process.start()
        with pytest.raises(Crashed):
            process.ask(b"x\n")

    assert process.given_up


def test_what_it_started_ends_with_it(tmp_path):
    """A child of the child holds the pipe; both are ended."""
    mark = tmp_path / "alive"
    child = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(mark)!r}).touch()"
    code = f"import subprocess; subprocess.Popen([sys.executable, '-c', {child!r}])\n{ECHO}"
    process = started(code)
    process.ask(b"x\n")
    process.close()
    Process([sys.executable, "-c", "import time; time.sleep(2)"]).start()

    waiting = started("sys.stdin.readline(); time.sleep(2); print('done', flush=True)")
    assert waiting.ask(b"x\n") == [b"done"]
    waiting.close()
    assert not mark.exists()
