"""Who is sampled: by the request, alike everywhere, and as often as the rate says."""

import json
import math
import subprocess
import sys
import threading

import pytest
from fronted import Watched, balanced
from hypothesis import example, given
from hypothesis import strategies as st

from parity.shadow.sampling import CURRENT, WHOLE, Gate, Ramp, Sampler, place_of, request

IDS = [f"request-{number}" for number in range(20_000)]
CHANCE = 1e-6
"""How unlikely a number must be to be wrong: these ids and seeds are fixed, so none is by luck."""
SIDES = ("encode", "decode", "render")
"""The calls of a request."""


def at_most(count, rate, seen):
    """The exact probability of `seen` or fewer of `count`."""
    logs = (
        math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1)
        + k * math.log(rate) + (count - k) * math.log1p(-rate)
        for k in range(seen + 1)
    )  # fmt: skip
    return math.fsum(map(math.exp, logs))


def is_likely(count, rate, seen):
    """Whether so many of `count` are what a rate comes to, by the exact binomial distribution."""
    return at_most(count, rate, seen) > CHANCE and 1 - at_most(count, rate, seen - 1) > CHANCE


def chosen(rate, ids=IDS):
    """The ids that a rate chooses."""
    below = Gate(rate, "").below
    return {id for id in ids if place_of(id) < below}


def served(watched, requests, surfaces=SIDES):
    """Serve requests, each with a call of each surface, and return what was sampled."""
    fronts = [watched.front(str, name) for name in surfaces]
    for id in requests:
        with request(id):
            for call in fronts:
                call("x")
    return {(call.request, call.surface) for call in watched.calls}


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.1, 0.5, 0.9])
def test_as_many_requests_are_chosen_as_the_rate_says(rate):
    """Of fixed ids so many are under the rate as independent draws would leave there."""
    assert is_likely(len(IDS), rate, len(chosen(rate)))


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.1, 0.5, 0.9])
def test_as_many_calls_outside_of_requests_are_sampled_as_the_rate_says(rate):
    """The gaps are those of independent draws."""
    watched = Watched(rate=rate, calls=1 << 20)
    encode = watched.front(str)
    for _ in IDS:
        encode("x")

    assert is_likely(len(IDS), rate, len(watched.calls))


def test_a_rate_that_is_off_by_a_fifth_is_not_likely():
    """The bounds can fail."""
    assert not is_likely(len(IDS), 0.1, len(chosen(0.12)))
    assert not is_likely(len(IDS), 0.1, len(chosen(0.08)))


def test_another_process_decides_alike():
    """The hash of an id is no hash of this process."""
    code = (
        "import json, sys; from parity.shadow.sampling import place_of; "
        "print(json.dumps([place_of(id) for id in json.load(sys.stdin)]))"
    )
    ids = [*IDS[:50], "\u5bb6", "\ud800", ""]
    ran = subprocess.run(  # noqa: S603 (our own code)
        [sys.executable, "-c", code], input=json.dumps(ids), capture_output=True, text=True,
        check=True,
    )  # fmt: skip

    assert json.loads(ran.stdout) == [place_of(id) for id in ids]


@given(rates=st.tuples(st.floats(0, 1), st.floats(0, 1)), id=st.text())
@example((0.0, 2.2e-313), "a rate whose gaps no float holds")
def test_who_is_chosen_at_a_rate_is_chosen_at_every_greater_one(rates, id):
    """A rate that rises never takes a request out."""
    low, high = sorted(rates)

    assert chosen(low, [id]) <= chosen(high, [id])


@given(id=st.text())
def test_nobody_is_chosen_at_0_and_everybody_at_1(id):
    """The ends are exact."""
    assert (chosen(0.0, [id]), chosen(1.0, [id])) == (set(), {id})
    assert Gate(1.0, "").below == WHOLE


def test_all_surfaces_of_a_chosen_request_are_compared_and_none_of_another():
    """A request is compared as a whole."""
    found = served(Watched(rate=0.1), IDS[:500])

    assert found == {(id, name) for id in chosen(0.1, IDS[:500]) for name in SIDES}


def test_a_surface_may_have_a_rate_of_its_own():
    """Its requests are nested in those of the others."""
    found = served(Watched(rate=0.05, rates={"encode": 0.2, "decode": 0.0}), IDS[:500])

    assert found == {
        *((id, "encode") for id in chosen(0.2, IDS[:500])),
        *((id, "render") for id in chosen(0.05, IDS[:500])),
    }


@pytest.mark.parametrize("arguments", [{"rate": 0.0}, {"every_n": 1_000_000}])
def test_a_forced_request_is_compared_whatever_the_rate(arguments):
    """Who asks for a comparison gets it."""
    watched = Watched(**arguments)
    encode = watched.front(str)
    with request("a", forced=True):
        encode("x")
    with request("b"):
        encode("x")

    assert [call.request for call in watched.calls] == ["a"]


def test_requests_nest_and_end():
    """The inner one counts inside; after a block, even one that raises, the outer one is back."""
    seen = []

    def serve():
        with request("outer"):
            with request("inner"):
                seen.append(CURRENT.get().id)
            seen.append(CURRENT.get().id)
            raise KeyError

    with pytest.raises(KeyError):
        serve()

    assert (seen, CURRENT.get()) == (["inner", "outer"], None)


def test_a_ramp_rises_with_the_clock():
    """What a ramp says after so many seconds is sampled, in requests and outside."""
    sampler = Sampler(0.5, {"decode": 0.25}, Ramp(0.0, 1.0, 100.0))
    encode, decode = sampler.gate("encode"), sampler.gate("decode")
    seen = []
    for elapsed in (0.0, 50.0, 100.0, 900.0):
        sampler.moved(elapsed, {"encode": 7})
        seen.append((encode.rate, encode.below / WHOLE, decode.rate))

    assert seen == [(0.0, 0.0, 0.25), (0.5, 0.5, 0.25), (1.0, 1.0, 0.25), (1.0, 1.0, 0.25)]
    assert encode.taken(7)


@pytest.mark.parametrize("elapsed", [-5.0, 0.0, 1.0])
def test_a_clock_that_jumps_back_leaves_the_start_of_the_ramp(elapsed):
    """No rate is below the lower end, whatever the clock says."""
    assert 0.1 <= Ramp(0.1, 0.2, 10.0).at(elapsed) <= 0.2


def test_a_rate_that_moves_samples_from_the_calls_that_were_made_on():
    """Outside of requests: nothing that was passed is made up for, and nothing waits for it."""
    watched = Watched(rate=0.0, calls=1 << 20)
    encode, gate = watched.front(str), watched.sampler.gate("encode")
    numbers = []
    for rate in (0.0, 0.1, 0.0, 0.5, 1.0):
        gate.set(rate, watched.counts.reached().get("encode", 0))
        for _ in range(5_000):
            encode("x")
        numbers.append(len(watched.calls))

    assert (numbers[0], numbers[2], numbers[4]) == (0, 0, 5_000)
    assert is_likely(5_000, 0.1, numbers[1])
    assert is_likely(5_000, 0.5, numbers[3])


def test_looking_at_the_counts_moves_no_draw():
    """However often somebody looks between two calls, as many are sampled."""
    watched = Watched(rate=0.1, calls=1 << 20)
    encode = watched.front(str)
    for _ in range(5_000):
        encode("x")
        watched.counts.snapshot()

    assert is_likely(5_000, 0.1, len(watched.calls))


@pytest.mark.parametrize("rate", [0.3, 1.0])
def test_threads_are_sampled_as_the_rate_says_while_it_moves(rate):
    """No draw is lost or doubled by a race, and at 1 no call is passed."""
    watched = Watched(rate=rate, calls=1 << 20)
    encode, gate, count = watched.front(str), watched.sampler.gate("encode"), 5_000

    def ask():
        for _ in range(count):
            encode("x")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        gate.set(rate, watched.counts.reached()["encode"])
    for thread in threads:
        thread.join()
    snapshot = watched.counts.snapshot()

    assert snapshot["calls"] == 8 * count
    assert snapshot["sampled"] == len(watched.calls) == snapshot["pending"]
    assert balanced(snapshot)
    assert snapshot["passed"] == 0 if rate == 1 else is_likely(8 * count, rate, snapshot["sampled"])


def test_every_third_of_three_calls_a_request_compares_one_surface_only():
    """The flaw of every N-th call: what it never looked at looks clean."""
    by_turns = served(Watched(every_n=3, calls=1 << 20), IDS[:1_000])
    by_request = served(Watched(rate=1 / 3, calls=1 << 20), IDS[:1_000])

    assert {name for _, name in by_turns} == {"render"}
    assert {name for _, name in by_request} == set(SIDES)


def test_without_requests_no_cycle_of_calls_hides_a_surface():
    """Three calls in turn, outside of requests, at a third: each is compared about as often."""
    watched = Watched(rate=1 / 3, calls=1 << 20)
    fronts = [watched.front(str, name) for name in SIDES]
    for _ in range(2_000):
        for call in fronts:
            call("x")
    found = [call.surface for call in watched.calls]

    assert all(is_likely(2_000, 1 / 3, found.count(name)) for name in SIDES)
