"""Workers: each is asked all, in an order of its own, and every answer counts."""

import pytest

from parity.types import Failure, Observation
from parity.workers import Told, agreed, askable, order_of, together, told_by

RIGHT = {"ids": [Observation([1]), Observation([2])]}


@pytest.mark.parametrize("count", [1, 2, 3, 8, 100])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_every_worker_is_asked_every_case(workers, count):
    """Once a round, whatever its order."""
    orders = [order_of(number, workers, count).of(count) for number in range(workers)]

    assert all(sorted(order) == list(range(count)) for order in orders)


def test_no_two_workers_have_the_same_order():
    """So that at one time different things are asked."""
    orders = [tuple(order_of(number, 8, 100).of(100)) for number in range(8)]

    assert len(set(orders)) == len(orders)
    assert len({order[0] for order in orders}) == len(orders)


@pytest.mark.parametrize("worker", range(8))
@pytest.mark.parametrize("call", range(3))
def test_one_wrong_answer_among_many_is_seen(worker, call):
    """Of one worker in one call, whoever says otherwise before and after it."""
    told = [
        Told(f"thread {number}, call {turn}", "ids", place, seen)
        for number in range(8)
        for turn in range(3)
        for place, seen in enumerate(RIGHT["ids"])
    ]
    at = (worker * 3 + call) * 2 + 1
    told[at] = told[at]._replace(seen=Observation([3]))
    right, wrong = agreed(RIGHT, 2, told)

    assert right == Observation({"ids": [1]})
    assert wrong == Observation({"ids": [3], "by": f"thread {worker}, call {call}"})
    assert told_by(wrong) == f"thread {worker}, call {call}"


def test_a_failure_says_whose_it_is():
    """Its kind decides, and the message names the worker."""
    seen = Observation(failure=Failure("RuntimeError", "Already borrowed"))
    found, _ = agreed(RIGHT, 2, [Told("thread 3", "ids", 0, seen)])

    assert found.failure == Failure("RuntimeError", "thread 3: Already borrowed")


def test_all_that_fail_alike_agree():
    """Whatever their messages say."""
    serial = {"ids": [Observation(failure=Failure("ValueError", "at 0x1"))]}
    told = [Told("thread 1", "ids", 0, Observation(failure=Failure("ValueError", "at 0x2")))]

    assert agreed(serial, 1, told) == together(serial, 1)


def test_a_value_where_one_alone_fails_is_otherwise():
    """A worker that is more lucky than one alone is no better."""
    serial = {"ids": [Observation(failure=Failure("ValueError"))]}
    (found,) = agreed(serial, 1, [Told("thread 1", "ids", 0, Observation([1]))])

    assert found.value == {"ids": [1], "by": "thread 1"}


@pytest.mark.parametrize(
    ("kinds", "asks"),
    [([""], True), (["Unsupported"], False), (["Unsupported", ""], True), (["ValueError"], True)],
)
def test_what_is_not_there_is_not_asked_of_many(kinds, asks):
    """An error is an answer that many must give, too."""
    serial = [Observation([1], Failure(kind) if kind else None) for kind in kinds]

    assert askable({"ids": serial}) is asks
