"""What waits: bounded by number and by bytes, in order, and nothing is lost under threads."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.shadow.records import Call
from parity.shadow.surfaces import weight
from parity.shadow.waiting import Waiting
from parity.types import Encoding, Observation


def call(size, name="r"):
    """A call of so many bytes."""
    return Call(name, "encode", (), {}, Observation(), 0.0, 0.0, size)


@given(
    steps=st.lists(st.one_of(st.none(), st.integers(0, 40))),
    calls=st.integers(0, 5),
    room=st.integers(0, 100),
)
def test_no_more_waits_than_may_and_it_comes_out_in_order(steps, calls, room):
    """A list is the oracle: what is refused and why, how much is held, and what comes next."""
    waiting, oracle = Waiting(calls, room), []
    for size in steps:
        if size is None:
            assert waiting.take() == (oracle.pop(0) if oracle else None)
            continue
        held = sum(one.size for one in oracle)
        refused = "full" if len(oracle) >= calls else "bytes" if held + size > room else ""
        assert waiting.put(call(size)) == refused
        if not refused:
            oracle.append(call(size))
        assert waiting.held == sum(one.size for one in oracle)
        assert len(waiting) == len(oracle)


def test_closed_it_refuses_and_gives_what_waits():
    """Nothing comes in any more; what came before is not lost."""
    waiting = Waiting()
    waiting.put(call(1))
    waiting.close()

    assert waiting.put(call(2)) == "closed"
    assert (waiting.take(), waiting.take()) == (call(1), None)


def test_threads_put_and_take_and_every_call_is_somewhere():
    """Each is taken once or was refused; the bounds hold at every look, and in the end."""
    waiting, count = Waiting(calls=50, bytes=200), 3_000
    taken, refused, looks, done = [], [], [], threading.Event()

    def put(own):
        for number in range(count):
            name = f"{own}-{number}"
            if waiting.put(call(number % 9, name)):
                refused.append(name)

    def take():
        while not done.is_set() or len(waiting):
            looks.append((len(waiting), waiting.held))
            found = waiting.take()
            if found is not None:
                taken.append(found.request)

    takers = [threading.Thread(target=take) for _ in range(2)]
    putters = [threading.Thread(target=put, args=(own,)) for own in range(6)]
    for thread in (*takers, *putters):
        thread.start()
    for thread in putters:
        thread.join()
    done.set()
    for thread in takers:
        thread.join()

    assert sorted(taken + refused) == sorted(f"{own}-{n}" for own in range(6) for n in range(count))
    assert (waiting.held, len(waiting)) == (0, 0)
    assert all(number <= 50 and held <= 200 for number, held in looks)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("a" * 1_000, 1_000, 1_100),
        ("\U0001f600" * 1_000, 4_000, 4_100),
        (b"a" * 1_000, 1_000, 1_100),
        (list(range(1_000)), 36_000, 50_000),
        ([0, "a" * 10_000], 10_000, 11_000),
        ((5, "a" * 10_000), 10_000, 11_000),
        (["a" * 100] * 100, 10_000, 20_000),
        ({"content": "a" * 10_000}, 10_000, 11_000),
        (Encoding(list(range(1_000)), [(at, at + 1) for at in range(1_000)]), 90_000, 200_000),
        (Encoding(list(range(1_000))), 36_000, 50_000),
        (None, 1, 100),
        ([], 1, 100),
    ],
    ids=range(12),
)
def test_what_a_value_weighs_is_about_what_it_holds(value, least, most):
    """So that a bound of bytes is one of memory."""
    assert least <= weight(value) <= most
