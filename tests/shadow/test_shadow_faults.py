"""Whatever the candidate does, the reference's answers are its own and every call is counted."""

import itertools
import threading

import pytest
from shadowing import (
    SOON,
    ChangesItsInput,
    Endless,
    Gives,
    Hangs,
    Hostile,
    Mine,
    Raises,
    adds_up,
    ids_of,
    rows,
    shadow_of,
)

from parity.shadow.asking import HUNG
from parity.types import Encoding

GARBAGE = {
    "None": lambda: None,
    "a number": lambda: 7,
    "a generator": lambda: (id for id in [1, 2]),
    "an endless iterator": itertools.count,
    "hostile": Hostile,
    "hostile ids": lambda: Encoding(Hostile()),
    "hostile offsets": lambda: Encoding([1], Hostile()),
    "ids of text": lambda: Encoding(["1"]),
    "ids without an end": lambda: Encoding(Endless([1, 2])),
    "offsets without an end": lambda: Encoding([1], Endless([(0, 1)])),
    "a class": lambda: Encoding,
    "an exception": lambda: ValueError("returned"),
}


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), SystemExit(0), KeyboardInterrupt(), GeneratorExit(), MemoryError()],
    ids=lambda error: type(error).__name__,
)
def test_a_candidate_that_raises_is_counted(error, tmp_path):
    """An exit and an interrupt of it, too: nothing comes back to the caller."""
    shadow, _ = shadow_of(Raises(error), tmp_path / "log")
    answers = [shadow.encode("ab") for _ in range(3)]
    shadow.close()
    counts = shadow.snapshot()

    assert answers == [ids_of("ab")] * 3
    assert counts["diverged"] + counts["error"] == 3
    assert type(error).__name__ in str((counts["classes"], counts["reasons"]))
    assert adds_up(counts)
    assert rows(tmp_path / "log")[-1]["whole"] is True


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_a_divergence_of_its_kind(name, tmp_path):
    """A value that nothing can be asked of ends no thread and holds none."""
    shadow, _ = shadow_of(Gives(GARBAGE[name]), tmp_path / "log", timeout=5.0)
    answers = shadow.encode("ab"), shadow.decode([97])
    shadow.close()
    counts = shadow.snapshot()

    assert answers == (ids_of("ab"), "a")
    assert counts["diverged"] == 2
    assert all(why.startswith("outcome.") for why in counts["classes"])
    assert adds_up(counts)


def test_what_a_candidate_changes_is_a_copy():
    """The caller's list is the caller's, and the candidate's deed is a divergence."""
    shadow, _ = shadow_of(ChangesItsInput())
    ids = [97, 98]
    text = shadow.decode(ids)
    shadow.close()

    assert (text, ids) == ("ab", [97, 98])
    assert shadow.snapshot()["classes"] == {"outcome.ChangedInput": 1}


def test_what_a_reference_gives_that_is_changed_later_is_what_was_compared():
    """The caller may do with an answer what it likes."""
    shadow, _ = shadow_of(Hangs())
    shadow.encode("ab").ids.clear()
    shadow.close()

    assert shadow.snapshot()["same"] == 1


def test_a_candidate_that_hangs_is_left(tmp_path):
    """One call is lost, the next are compared, and its late answer counts nothing."""
    candidate = Hangs()
    shadow, heard = shadow_of(candidate, tmp_path / "log", timeout=0.05)
    answers = [shadow.encode(text) for text in ("hang", "ab")]
    outcomes = heard.wait(2)
    candidate.go.set()
    shadow.close()
    counts = shadow.snapshot()

    assert answers == [ids_of("hang"), ids_of("ab")]
    assert outcomes == [("timeout", "TimedOut"), ("same", "")]
    assert (counts["timeout"], counts["same"], adds_up(counts)) == (1, 1, True)
    assert [row["why"] for row in rows(tmp_path / "log") if row["what"] == "lost"] == ["TimedOut"]


def test_a_candidate_that_hangs_again_and_again_is_not_asked_any_more():
    """Threads that hang are bounded; when they come back it is asked again."""
    candidate = Hangs()
    shadow, heard = shadow_of(candidate, timeout=0.02, breaker=0)
    for _ in range(HUNG):
        shadow.encode("hang")
    heard.wait(HUNG)
    shadow.encode("ab")

    assert heard.wait(HUNG + 1)[-1] == ("dropped", "hung")
    assert candidate.calls == HUNG

    left = [thread for thread in threading.enumerate() if thread.name == "parity-shadow-ask"]
    candidate.go.set()
    for thread in left:
        thread.join(SOON)
    shadow.watch.look()
    shadow.encode("ab")

    assert heard.wait(HUNG + 2)[-1] == ("same", "")
    shadow.close()
    assert adds_up(shadow.snapshot())


def test_a_full_queue_drops_and_says_so(tmp_path):
    """The newest is refused, the reference answers, and the footer says that all is counted."""
    candidate = Hangs()
    shadow, _ = shadow_of(candidate, tmp_path / "log", calls=2)
    shadow.encode("hang")
    candidate.asked.acquire(timeout=SOON)
    answers = [shadow.encode("ab") for _ in range(5)]
    candidate.go.set()
    shadow.close()
    counts = shadow.snapshot()

    assert answers == [ids_of("ab")] * 5
    assert (counts["same"], counts["dropped"]) == (3, 3)
    assert counts["reasons"] == {"dropped": {"full": 3}}
    assert adds_up(counts)
    assert rows(tmp_path / "log")[-1]["counts"]["dropped"] == 3


def test_memory_of_what_waits_is_bounded():
    """A few large calls are as much as many small ones."""
    candidate = Hangs()
    shadow, _ = shadow_of(candidate, bytes=100_000)
    shadow.encode("hang")
    candidate.asked.acquire(timeout=SOON)
    for _ in range(50):
        shadow.encode("a" * 1000)

    assert shadow.watch.waiting.held <= 100_000
    candidate.go.set()
    shadow.close()
    assert shadow.snapshot()["reasons"]["dropped"]["bytes"] > 0
    assert adds_up(shadow.snapshot())


def test_a_listener_that_raises_ends_nothing():
    """Metrics are no part of what is proved."""
    shadow, heard = shadow_of(Hangs())
    shadow.watch.listeners.insert(0, lambda _: 1 / 0)
    shadow.encode("ab")
    heard.wait(1)
    shadow.close()

    assert shadow.snapshot()["listeners_failed"] == 1


def test_a_reference_that_raises_raises():
    """The same exception object; both sides that raise alike are the same."""
    error = ValueError("ours")
    shadow, _ = shadow_of(Hangs(), reference=Raises(error))
    with pytest.raises(ValueError, match="ours") as caught:
        shadow.encode("ab")
    shadow.close()

    assert caught.value is error
    assert shadow.snapshot()["classes"] == {"outcome.value": 1}


def test_what_a_candidate_returns_that_raises_does_not_agree_with_a_reference_that_raises():
    """A value that cannot be looked at is a fault, whatever looking at it raises."""
    shadow, _ = shadow_of(
        Gives(lambda: Encoding([1], Hostile())), reference=Raises(RuntimeError("ours"))
    )
    with pytest.raises(RuntimeError, match="ours"):
        shadow.encode("ab")
    shadow.close()

    assert shadow.snapshot()["diverged"] == 1


def test_threads_that_call_at_once_are_all_counted():
    """No call is lost or counted twice between threads."""
    shadow, _ = shadow_of(Mine2(), calls=10_000)
    barrier = threading.Barrier(8)

    def call():
        barrier.wait(SOON)
        for _ in range(100):
            shadow.encode("ab")

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shadow.close()
    counts = shadow.snapshot()

    assert (counts["calls"], counts["sampled"], counts["same"]) == (800, 800, 800)


class Mine2(Mine):
    """As the reference, of another class."""


def test_no_thread_can_be_had_and_the_reference_serves(monkeypatch):
    """What waits is pending, and the footer says so."""
    shadow, _ = shadow_of(Mine2(), deadline=0.01)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    answer = shadow.encode("ab")
    shadow.close()

    assert answer == ids_of("ab")
    assert shadow.snapshot()["pending"] == 1


def refuse(_):
    """As a process that may have no more threads."""
    raise RuntimeError("can't start new thread")
