"""The counts: exact under threads, and equations that hold at every moment."""

import threading

from fronted import Watched, balanced
from hypothesis import given
from hypothesis import strategies as st

from parity.shadow.counts import WORDS, Counts, Ticks
from parity.shadow.records import DIVERGED, FATES, SAME
from parity.shadow.sampling import request

SURFACES = st.sampled_from(["encode", "decode", "render"])
FATE = st.sampled_from(FATES)
WHY = st.sampled_from(["full", "TimedOut", "ids.value"])
STEPS = st.one_of(
    st.tuples(st.just("inside"), SURFACES),
    st.tuples(st.just("outside"), SURFACES),
    st.tuples(st.just("chosen"), SURFACES),
    st.tuples(st.just("settled"), FATE, WHY),
    st.tuples(st.just("looked")),
)


@given(history=st.lists(STEPS, max_size=60))
def test_the_equations_hold_whatever_the_history(history):
    """After each step: all calls are passed or sampled, all sampled ones are something."""
    counts, pending, made = Counts(), [], 0
    for name in ("encode", "decode", "render"):
        counts.ticks(name)
    for what, *rest in history:
        if what == "settled" and pending:
            fate, why = rest
            counts.settle(pending.pop(), fate, "" if fate == SAME else why)
        elif what in ("inside", "outside", "chosen"):
            ticks = counts.ticks(rest[0])
            ticks[what == "outside"].next()
            made += 1
        if what == "chosen":
            counts.chose(rest[0])
            pending.append(rest[0])
        seen = counts.snapshot()

        assert balanced(seen)
        assert (seen["calls"], seen["pending"]) == (made, len(pending))


def test_a_count_that_is_wrong_is_seen():
    """The equations can fail: a fate without its call, and a call that is not counted."""
    twice, unseen = Counts(), Counts()
    twice.ticks("encode")[0].next()
    twice.chose("encode")
    for _ in range(2):
        twice.settle("encode", SAME)
    unseen.ticks("encode")
    unseen.chose("encode")

    assert twice.snapshot()["pending"] < 0
    assert unseen.snapshot()["passed"] < 0


def test_ticks_are_exact_under_threads_and_whoever_looks():
    """8 threads, 100,000 each, while another looks: nothing is lost, and looking counts nothing."""
    ticks, count = Ticks(), 100_000

    def step():
        for _ in range(count):
            ticks.next()

    threads = [threading.Thread(target=step) for _ in range(8)]
    for thread in threads:
        thread.start()
    seen = [ticks.seen()]
    while any(thread.is_alive() for thread in threads):
        seen.append(ticks.seen())
    for thread in threads:
        thread.join()

    assert seen == sorted(seen)
    assert ticks.seen() == ticks.reached() == 8 * count


def test_fates_are_exact_under_threads():
    """Calls that threads make in requests and outside of them all come to something."""
    watched, count = Watched(rate=0.5, calls=100), 2_000
    fronts = [watched.front(str, name) for name in ("encode", "decode")]
    seen = []

    def ask(own):
        for number in range(count):
            with request(f"{own}-{number}"):
                fronts[0]("x")
            fronts[1]("x")

    def settle(done):
        while not done.is_set() or len(watched.waiting):
            call = watched.waiting.take()
            if call is not None:
                watched.counts.settle(call.surface, DIVERGED, "text.value")
            seen.append(watched.counts.snapshot())

    done = threading.Event()
    settling = threading.Thread(target=settle, args=(done,))
    threads = [threading.Thread(target=ask, args=(own,)) for own in range(8)]
    settling.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    settling.join()
    counts = watched.counts.snapshot()

    assert counts["calls"] == 2 * 8 * count
    assert counts["pending"] == 0
    assert counts["dropped"] == counts["reasons"].get("dropped", {}).get("full", 0)
    assert all(map(balanced, [counts, *seen]))
    assert all(row["pending"] >= 0 and row["passed"] >= 0 for row in seen)


def test_a_forked_process_begins_at_nothing_and_its_fronts_go_on():
    """What was counted before is the other process's."""
    watched = Watched(rate=1.0)
    encode = watched.front(str)
    encode("x")
    watched.counts.after_fork()
    before = watched.counts.snapshot()
    encode("y")
    after = watched.counts.snapshot()

    assert (before["calls"], before["sampled"]) == (0, 0)
    assert (after["calls"], after["sampled"], after["pending"]) == (1, 1, 1)


def test_reasons_without_end_fill_no_memory_and_are_counted():
    """Beyond so many they are one reason, and nothing is lost."""
    counts = Counts()
    for number in range(3 * WORDS):
        counts.chose("encode")
        counts.settle("encode", "error", f"Kind{number}")
    found = counts.snapshot()

    assert (found["error"], found["pending"]) == (3 * WORDS, 0)
    assert len(found["reasons"]["error"]) == WORDS + 1
