"""Exits without `close`, forks in the middle, and shadows that nobody holds any more."""

import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import weakref
from pathlib import Path

import pytest
from shadowing import SOON, Hangs, adds_up, rows, runs, shadow_of

from parity.shadow.sampling import request

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def ran(tmp_path, code, *, ends=0, options=()):
    """What a program printed that has `shadowing` and a log; how it ended is checked."""
    whole = "from shadowing import *\nimport os, sys, threading\nlog = sys.argv[1]\n"
    whole += "if __name__ == '__main__':\n" + textwrap.indent(textwrap.dedent(code), "    ")
    path = tmp_path / "program.py"
    path.write_text(whole)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{HERE}"}
    command = [sys.executable, *options, str(path), str(tmp_path / "log")]
    done = subprocess.run(  # noqa: S603 (our own)
        command, capture_output=True, text=True, env=environment, timeout=SOON * 3, check=False
    )
    assert done.returncode == ends, done.stderr
    return done


CALLS = """
shadow, heard = shadow_of(Hangs(), log)
for _ in range(20):
    assert shadow.encode("ab") == ids_of("ab")
"""


@pytest.mark.parametrize(
    ("last", "ends"), [("", 0), ("sys.exit(3)", 3), ("raise ValueError('theirs')", 1)]
)
def test_an_exit_without_close_asks_what_waits(last, ends, tmp_path):
    """And the footer says that it was one."""
    done = ran(tmp_path, CALLS + last, ends=ends, options=("-W", "error"))
    footer = rows(tmp_path / "log")[-1]

    assert (footer["what"], footer["closed"], footer["whole"]) == ("footer", "exit", True)
    assert (footer["counts"]["sampled"], footer["counts"]["same"]) == (20, 20)
    assert done.stderr == "" or "theirs" in done.stderr


def test_an_exit_over_a_candidate_that_hangs_is_bounded(tmp_path):
    """The deadline holds, and the footer says what is missing."""
    code = """
    shadow, heard = shadow_of(Hangs(), log, deadline=0.1)
    shadow.encode("hang")
    shadow.encode("ab")
    assert shadow.reference is not None and shadow.watch.side.find.args[0].asked.acquire(timeout=20)
    """
    ran(tmp_path, code)
    footer = rows(tmp_path / "log")[-1]

    assert (footer["closed"], footer["whole"]) == ("exit", False)
    assert footer["missing"]["pending"] == 2
    assert footer["missing"]["in_flight"] == 1


def test_a_signal_that_nobody_handles_leaves_no_footer(tmp_path):
    """There is none, so whoever reads the log can say so."""
    ran(tmp_path, CALLS + "os.kill(os.getpid(), 15)", ends=-signal.SIGTERM)

    assert {row["what"] for row in rows(tmp_path / "log")} <= {"header", "heartbeat"}


FORKS = """
import json, multiprocessing
candidate = Hangs()
shadow, heard = shadow_of(candidate, log)
shadow.encode("hang")
candidate.asked.acquire(timeout=20)
for _ in range(5):
    shadow.encode("ab")

def child(number):
    candidate.go.set()
    for _ in range(number):
        assert shadow.encode("ab") == ids_of("ab")

pid = os.fork()
if not pid:
    assert shadow.snapshot()["calls"] == 0
    child(3)
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
silent = os.fork()
if not silent:
    sys.exit(0)
os.waitpid(silent, 0)
process = multiprocessing.get_context("fork").Process(target=child, args=(4,))
process.start()
process.join()
assert process.exitcode == 0
assert shadow.snapshot()["calls"] == 6
candidate.go.set()
"""


def test_a_fork_begins_at_nothing_and_takes_nothing(tmp_path):
    """Parent and children each have a run, which adds up; a child that asks nothing has none."""
    ran(tmp_path, FORKS)
    found = runs(tmp_path / "log")
    footers = sorted(
        (run[-1]["counts"]["sampled"], run[-1]["counts"]["same"], run[-1]["closed"])
        for run in found
    )

    assert footers == [(3, 3, "exit"), (4, 4, "exit"), (6, 6, "exit")]
    assert all(run[0]["what"] == "header" for run in found)
    assert len({run[0]["pid"] for run in found}) == 3
    assert all(adds_up(run[-1]["counts"]) for run in found)


LOCKED = """
shadow, heard = shadow_of(Hangs(), log)
shadow.encode("ab")
heard.wait(1)
watch, log_ = shadow.watch, shadow.watch.log
locks = [watch._starting, watch._telling, watch.counts._lock, watch.waiting._lock,
         watch.waiting._taking, watch.breaker._lock, watch.sampler.gate("encode")._lock, log_._lock]
held, go = threading.Event(), threading.Event()

def hold():
    for lock in locks:
        lock.acquire()
    held.set()
    go.wait(20)
    for lock in reversed(locks):
        lock.release()

thread = threading.Thread(target=hold)
thread.start()
held.wait(20)
pid = os.fork()
if not pid:
    shadow.watch.listeners[:] = [heard := Heard()]
    shadow.encode("ab")
    heard.wait(1)
    shadow.close(20)
    os._exit(0 if shadow.snapshot()["same"] == 1 else 9)
assert os.waitpid(pid, 0)[1] == 0
go.set()
thread.join()
shadow.close()
assert shadow.snapshot()["same"] == 1
"""


def test_a_fork_while_every_lock_is_held_holds_no_child(tmp_path):
    """The child has locks of its own, and the parent goes on with what it has."""
    ran(tmp_path, LOCKED)

    assert len(runs(tmp_path / "log")) == 2
    assert all(run[-1]["what"] == "footer" for run in runs(tmp_path / "log"))


APART = """
os.chdir(sys.argv[0].rpartition("/")[0])
shadow, heard = shadow_of("py:parted:make", log, how="process")
shadow.encode("write")
heard.wait(1)
mine = shadow.watch.side.process.process.pid
assert open("asked").read() == str(mine)
pid = os.fork()
if not pid:
    heard.__init__()
    shadow.encode("write")
    heard.wait(1)
    assert open("asked").read() == str(shadow.watch.side.process.process.pid) != str(mine)
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
os.kill(mine, 0)
shadow.encode("write")
heard.wait(2)
assert open("asked").read() == str(mine)
"""


def test_a_child_asks_a_process_of_its_own(tmp_path):
    """That of its parent lives on, and answers nobody else."""
    done = ran(
        tmp_path,
        APART.replace("open(", "__import__('pathlib').Path(").replace(").read()", ").read_text()"),
    )

    assert done.stderr == ""
    assert sorted(run[-1]["counts"]["same"] for run in runs(tmp_path / "log")) == [1, 2]


FORKING = """
class ForksOnce(Mine):
    pids = []
    def encode(self, text, specials="parse"):
        if not self.pids:
            self.pids.append(os.fork())
        return super().encode(text, specials)

shadow, heard = shadow_of(Mine(), log, reference=ForksOnce())
assert shadow.encode("ab") == ids_of("ab")
if not ForksOnce.pids[0]:
    assert len(shadow.watch.waiting) == 0
    shadow.close()
    assert shadow.snapshot()["sampled"] == shadow.snapshot()["compared"] == 0
    os._exit(0)
assert os.waitpid(ForksOnce.pids[0], 0)[1] == 0
"""


def test_a_reference_that_forks_is_counted_once(tmp_path):
    """The call is its parent's, whoever comes back from it."""
    ran(tmp_path, FORKING)
    (run,) = runs(tmp_path / "log")

    assert (run[-1]["counts"]["calls"], run[-1]["counts"]["same"]) == (1, 1)


KILLED = """
import signal
hangs = Hangs()
shadow, heard = shadow_of(hangs, log)
assert shadow.encode("ab").ids == [97, 98]
hangs.asked.acquire(timeout=SOON)
pid = os.fork()
if not pid:
    shadow.encode("hang")
    hangs.asked.acquire(timeout=SOON)
    os.kill(os.getpid(), signal.SIGKILL)
assert os.waitpid(pid, 0)[1] == signal.SIGKILL
hangs.go.set()
"""


def test_a_child_that_is_killed_leaves_its_header_at_least(tmp_path):
    """What it sampled is missed: a run without a footer, and not no run."""
    ran(tmp_path, KILLED)
    found = [[row["what"] for row in run] for run in runs(tmp_path / "log")]

    assert sorted(found) == [["header"], ["header", "footer"]]


STREAMING = """
import parity.shadow.wrapping as wrapping
def reference(text):
    yield "a"
    yield "b"
def candidate(text):
    yield "a"
    yield "b"
found = wrapping.shadowed(reference, candidate, rate=1.0, report=log, deadline=20.0)
stream = found("ab")
next(stream)
pid = os.fork()
assert list(stream) == ["b"]
if not pid:
    counts = wrapping.snapshot(found)
    os._exit(abs(counts["pending"]) or counts["sampled"])
assert os.waitpid(pid, 0)[1] == 0
"""


def test_a_stream_over_a_fork_is_counted_once(tmp_path):
    """Whoever reads it to its end."""
    ran(tmp_path, STREAMING)
    (run,) = runs(tmp_path / "log")

    assert (run[-1]["counts"]["calls"], run[-1]["counts"]["same"]) == (1, 1)


def test_a_shadow_that_nobody_holds_ends(tmp_path):
    """Its threads go, and its footer says what became of it."""
    shadow, heard = shadow_of(Hangs(), tmp_path / "log")
    shadow.encode("ab")
    heard.wait(1)
    watch = weakref.ref(shadow.watch)
    threads = [shadow.watch.asker, shadow.watch._looker]
    del shadow
    gc.collect()
    for thread in threads:
        thread.join(SOON)

    assert watch() is None
    assert not any(thread.is_alive() for thread in threads)
    footer = rows(tmp_path / "log")[-1]
    assert (footer["what"], footer["closed"], footer["counts"]["same"]) == (
        "footer",
        "collected",
        1,
    )


def test_close_is_called_by_many_and_done_once(tmp_path):
    """All of them come back, with one footer, and the numbers are the same."""
    candidate = Hangs()
    shadow, _ = shadow_of(candidate, tmp_path / "log")
    shadow.encode("hang")
    threads = [threading.Thread(target=shadow.close) for _ in range(6)]
    for thread in threads:
        thread.start()
    candidate.go.set()
    for thread in threads:
        thread.join(SOON)
    shadow.close()

    assert [row["what"] for row in rows(tmp_path / "log")].count("footer") == 1
    assert rows(tmp_path / "log")[-1]["counts"]["same"] == 1


def test_after_close_the_reference_serves_and_nothing_is_chosen():
    """What passes is counted, and what was forced into the sample was dropped."""
    shadow, _ = shadow_of(Hangs())
    shadow.close()
    ids = [shadow.encode("ab").ids]
    with request("r", forced=True):
        ids.append(shadow.encode("ab").ids)
    found = shadow.snapshot()

    assert ids == [[97, 98]] * 2
    assert (found["passed"], found["reasons"]) == (1, {"dropped": {"closed": 1}})
    assert adds_up(found)


def test_a_candidate_that_hangs_holds_no_close(tmp_path):
    """What it was asked and what waited are pending for good; a late answer changes nothing."""
    candidate = Hangs()
    shadow, _ = shadow_of(candidate, tmp_path / "log")
    for text in ("hang", "ab", "ab"):
        shadow.encode(text)
    candidate.asked.acquire(timeout=SOON)
    asker = shadow.watch.asker
    shadow.close(0.05)
    before = shadow.snapshot()
    candidate.go.set()
    asker.join(SOON)
    footer = rows(tmp_path / "log")[-1]

    assert before == shadow.snapshot()
    assert json.loads(json.dumps(before)) == footer["counts"]
    assert footer["missing"] == {"pending": 3, "in_flight": 1, "unwritten": 0, "capped": 0}
    assert footer["whole"] is False


def test_close_in_a_listener_does_not_wait_for_itself(tmp_path):
    """It is called in the thread that asks."""
    shadow, heard = shadow_of(Hangs(), tmp_path / "log")
    shadow.watch.listeners.insert(0, lambda _: shadow.close())
    shadow.encode("ab")
    heard.wait(1)

    assert rows(tmp_path / "log")[-1]["counts"]["same"] == 1
