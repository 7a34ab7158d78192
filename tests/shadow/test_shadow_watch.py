"""Heartbeats, clocks, the breaker, the ramp, equal sides, and requests of tasks."""

import asyncio
import threading
import warnings

import pytest
from shadowing import SOON, Gives, Hangs, Mine, Raises, adds_up, ids_of, rows, shadow_of

from parity import fingerprint
from parity.shadow import sampling
from parity.shadow.backend import Shadow, about
from parity.shadow.breaker import Breaker
from parity.shadow.records import Call
from parity.shadow.same import SelfComparisonWarning, is_same
from parity.shadow.sampling import Ramp
from parity.shadow.settings import Settings
from parity.shadow.sides import Failed, Here
from parity.shadow.surfaces import SURFACES
from parity.shadow.watch import Watch
from parity.types import Observation


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def watch_of(candidate, report="", clock=None, **fields):
    """A watch that nothing looks after but the test."""
    side = Here(lambda name: getattr(candidate, name), about(candidate))
    settings = Settings(report=str(report), rate=1.0, **fields)
    watch = Watch(settings, about(Mine()), side, clock=clock or Clock())
    watch.stopped.set()
    watch._looker.join(SOON)
    return watch


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_the_time_of_day_may_jump(jump, monkeypatch, tmp_path):
    """Nothing is late, nothing is due, and no duration is negative."""
    shadow, heard = shadow_of(Gives(lambda: ids_of("ac")), tmp_path / "log", timeout=5.0)
    shadow.encode("ab")
    heard.wait(1)
    monkeypatch.setattr("time.time", lambda: jump)
    shadow.encode("ab")
    heard.wait(2)
    shadow.close()
    monkeypatch.undo()
    log = rows(tmp_path / "log")
    seconds = [row["seconds"] for row in log if row["what"] == "divergence"]

    assert shadow.snapshot()["diverged"] == 2
    assert all(0 <= one[side] < SOON for one in seconds for side in one)
    assert [row["up"] for row in log] == sorted(row["up"] for row in log)


def test_a_heartbeat_is_due_by_the_steady_clock(tmp_path):
    """One as soon as the time is there, and none of what changed nothing."""
    clock = Clock()
    watch = watch_of(Mine(), tmp_path / "log", clock, heartbeat=60.0)
    for seconds, sampled in ((59.0, 1), (2.0, 1), (30.0, 1), (31.0, 0), (61.0, 0), (61.0, 1)):
        if sampled:
            watch.counts.chose("encode")
        clock.now += seconds
        watch.look()
    beats = [row for row in rows(tmp_path / "log") if row["what"] == "heartbeat"]
    watch.close(0)

    assert [beat["counts"]["sampled"] for beat in beats] == [2, 3, 4]


def test_a_service_that_samples_nothing_has_its_log(tmp_path):
    """Header, heartbeats, footer: it is seen to be there, and to have compared nothing."""
    shadow, _ = shadow_of(Hangs(), tmp_path / "log", rate=0.0)
    shadow.encode("ab")
    shadow.watch._heartbeat()
    shadow.close()
    log = rows(tmp_path / "log")

    assert [row["what"] for row in log] == ["header", "heartbeat", "footer"]
    assert (log[-1]["counts"]["calls"], log[-1]["counts"]["sampled"]) == (1, 0)


def test_a_breaker_opens_and_lets_one_try():
    """After so many failures in a row, for so long; one success closes it."""
    clock = Clock()
    breaker = Breaker(3, 30.0, clock)
    said = []
    for fate in ("error", "same", "error", "timeout", "error"):
        said.append(breaker.lets())
        breaker.settled(fate)
    said.append(breaker.lets())
    clock.now += 30.0
    said += [breaker.lets(), breaker.lets()]
    breaker.settled("timeout")
    clock.now += 29.0
    said.append(breaker.lets())
    clock.now += 1.0
    said.append(breaker.lets())
    breaker.settled("diverged")
    said += [breaker.lets(), breaker.lets()]

    assert said == [True] * 5 + [False, True, False, False, True, True, True]


def test_a_breaker_of_zero_never_opens():
    """It is the choice of who wants every call asked."""
    breaker = Breaker(0, 30.0)
    for _ in range(100):
        breaker.settled("error")

    assert breaker.lets()


def test_what_comes_while_the_breaker_is_open_is_dropped():
    """And counted as such."""
    shadow, heard = shadow_of("mock:no_such_fake", breaker=2, pause=1000.0)
    for _ in range(5):
        assert shadow.encode("ab") == ids_of("ab")
    outcomes = heard.wait(5)
    shadow.close()

    assert outcomes == [("error", "BadSpec")] * 2 + [("dropped", "breaker")] * 3
    assert adds_up(shadow.snapshot())


def test_a_candidate_that_cannot_be_loaded_is_in_the_header(tmp_path):
    """By the kind of what was raised; the reference serves."""
    shadow, _ = shadow_of("nobody:x", tmp_path / "log")
    answer = shadow.encode("ab")
    shadow.close()
    log = rows(tmp_path / "log")

    assert answer == ids_of("ab")
    assert log[0]["candidate"] == {"failed": "UnknownBackend"}
    assert log[0]["same"] is False
    assert shadow.snapshot()["reasons"] == {"error": {"UnknownBackend": 1}}


def test_a_candidate_that_cannot_say_what_it_is_has_failed():
    """What is not known cannot be told from the reference."""
    shadow, _ = shadow_of(object())
    shadow.encode("ab")
    shadow.close()

    assert shadow.snapshot()["reasons"] == {"error": {"LoadFailed": 1}}


def test_equal_sides_are_warned_of_and_told(tmp_path):
    """Once, where it is made; the service goes on, also where warnings are errors."""
    with pytest.warns(SelfComparisonWarning, match="says nothing") as caught:
        shadow, _ = shadow_of("mock:honest", tmp_path / "log")
    shadow.encode("ab")
    shadow.close()

    assert len(caught) == 1
    assert rows(tmp_path / "log")[0]["same"] is True

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shadow, _ = shadow_of("mock:honest")
    shadow.close()


def test_two_names_of_one_thing_are_the_same():
    """As fingerprints say it, whatever the sides are called; what failed is like nothing else."""
    mine = fingerprint.take("one", Mine())._asdict()
    other = fingerprint.take("other", Mine())._asdict()

    assert is_same(mine, other)
    assert not is_same(mine, about(Hangs()))
    assert not is_same(mine, {"failed": "LoadFailed"})


def test_a_shadow_that_is_switched_off_is_the_reference(tmp_path):
    """No thread, no file, no candidate; its methods are the reference's own."""
    before = threading.active_count()
    shadow = Shadow("mock:honest", "nobody:x", enabled=False, report=str(tmp_path / "log"))
    answer = shadow.encode("ab")
    shadow.close()

    assert answer == ids_of("ab")
    assert shadow.encode == shadow.reference.encode
    assert threading.active_count() == before
    assert isinstance(shadow.watch.side, Failed)
    assert not (tmp_path / "log").exists()


def test_a_ramp_is_moved_by_the_watch():
    """It goes by seconds since the watch began."""
    clock = Clock()
    watch = watch_of(Mine(), clock=clock, ramp=Ramp(0.0, 0.5, 100.0))
    gate = watch.sampler.gate("encode")
    rates = []
    for _ in range(3):
        watch.look()
        rates.append(gate.rate)
        clock.now += 50.0
    watch.close(0)

    assert rates == [0.0, 0.25, 0.5]


def test_a_call_that_is_late_by_the_steady_clock_is_a_timeout():
    """Neither before its time is up nor twice."""
    clock, candidate = Clock(), Hangs()
    watch = watch_of(candidate, clock=clock, timeout=5.0)
    watch.stopped.clear()
    heard = []
    watch.listeners.append(lambda outcome: heard.append(outcome.fate))
    watch.counts.chose("encode")
    watch.put(call_of("hang"))
    candidate.asked.acquire(timeout=SOON)
    for seconds in (4.9, 0.2, 100.0):
        watch.look()
        clock.now += seconds
    watch.look()
    candidate.go.set()
    watch.close()

    assert heard == ["timeout"]
    assert watch.snapshot()["timeout"] == 1


def call_of(text):
    """A call of encode."""
    seen = Observation(SURFACES["encode"].kept(ids_of(text)))
    return Call("r", "encode", (text,), {}, seen, 0.0, 0.0, 10)


def test_a_surface_that_nobody_knows_is_an_error_of_its_call():
    """The thread that asks goes on."""
    watch = watch_of(Mine())
    watch.stopped.clear()
    heard = threading.Semaphore(0)
    watch.listeners.append(lambda _: heard.release())
    for surface in ("encode", "nobody"):
        watch.counts.chose(surface)
        watch.put(call_of("ab")._replace(surface=surface))
        heard.acquire(timeout=SOON)
    watch.close()

    assert watch.snapshot()["reasons"] == {"error": {"KeyError": 1}}
    assert watch.snapshot()["pending"] == 0


def test_tasks_have_requests_of_their_own(tmp_path):
    """Two that are interleaved in one loop: the calls of each are of its request."""
    shadow, heard = shadow_of(Gives(lambda: None), tmp_path / "log", rate=0.0)

    async def serve(id, mine, other, *, forced):
        with sampling.request(id, forced=forced):
            for _ in range(3):
                shadow.encode(id)
                other.set()
                await mine.wait()
                mine.clear()
            other.set()

    async def both():
        one, two = asyncio.Event(), asyncio.Event()
        await asyncio.gather(
            serve("first", one, two, forced=True), serve("second", two, one, forced=False)
        )

    asyncio.run(both())
    heard.wait(3)
    shadow.close()
    requests = [row["request"] for row in rows(tmp_path / "log") if row["what"] == "divergence"]

    assert requests == ["first"] * 3
    assert shadow.snapshot()["calls"] == 6


def test_a_loop_is_not_held_by_a_candidate_that_hangs():
    """A task that asks and one that does not both go on."""
    candidate = Hangs()
    shadow, _ = shadow_of(candidate)

    async def serve():
        answers = [shadow.encode("hang") for _ in range(3)]
        await asyncio.sleep(0)
        return answers

    answers = asyncio.run(serve())
    candidate.go.set()
    shadow.close()

    assert answers == [ids_of("hang")] * 3
    assert shadow.snapshot()["same"] == 3


def test_calls_go_into_the_log_as_errors_with_their_kind(tmp_path):
    """What was asked and lost has a line; what was never asked has a count."""
    shadow, heard = shadow_of("nobody:x", tmp_path / "log", breaker=1)
    shadow.encode("ab")
    shadow.encode("ab")
    heard.wait(2)
    shadow.close()
    lines = [row for row in rows(tmp_path / "log") if row["what"] == "lost"]

    assert [(row["fate"], row["why"]) for row in lines] == [("error", "UnknownBackend")]


def test_both_sides_that_raise_alike_are_the_same():
    """A failure is an answer."""
    shadow, _ = shadow_of(Raises(ValueError("a")), reference=Raises2(ValueError("b")))
    with pytest.raises(ValueError, match="b"):
        shadow.encode("ab")
    shadow.close()

    assert shadow.snapshot()["same"] == 1


class Raises2(Raises):
    """Another one."""
