"""What callers get is what the reference gave; what is compared is what it gave then."""

import asyncio
import contextvars

import pytest
from fronted import Watched, balanced

from parity.backend import Backend
from parity.shadow.backend import Shadow
from parity.shadow.front import INTERRUPTIONS
from parity.shadow.sampling import request
from parity.shadow.surfaces import SURFACES, copied, owned
from parity.types import Encoding, Failure, Observation


class Panic(BaseException):
    """What native code raises where it is broken."""


class Uncopiable:
    """Neither an argument nor an answer that can be copied."""

    def __deepcopy__(self, memo):
        raise Panic("not me")


@pytest.mark.parametrize("rate", [0.0, 1.0])
@pytest.mark.parametrize("name", SURFACES)
def test_the_very_object_that_the_reference_returned_comes_back(name, rate):
    """Of every surface, sampled or not: nothing is copied on the way to the caller."""
    answer, given = [object()], []

    def call(*args, **named):
        given.append((args, named))
        return answer

    argument = ["a"]
    found = Watched(rate=rate).front(call, name)(argument, specials=argument)

    assert found is answer
    ((first,), named) = given[0]
    assert first is named["specials"] is argument


@pytest.mark.parametrize("rate", [0.0, 1.0])
@pytest.mark.parametrize("kind", [ValueError, Panic, *INTERRUPTIONS])
def test_the_very_exception_that_the_reference_raised_comes_back(kind, rate):
    """A panic too, and what ends a call from outside; that is no answer, so none is compared."""
    watched, error = Watched(rate=rate), kind("so")

    def call(_):
        raise error

    with pytest.raises(kind) as caught:
        watched.front(call)("x")
    counts, calls = watched.counts.snapshot(), watched.calls

    assert caught.value is error
    assert error.__cause__ is error.__context__ is None
    assert balanced(counts)
    if kind in INTERRUPTIONS:
        assert (calls, counts["skipped"]) == ([], int(rate))
    else:
        kept = Observation(failure=Failure(kind.__name__, "so"))
        assert [one.seen for one in calls] == [kept] * int(rate)


@pytest.mark.parametrize(
    ("name", "args", "answer"),
    [
        ("encode", ("text",), Encoding([1, 2], [(0, 1), (1, 2)])),
        ("encode", ("text",), Encoding([1, 2], None)),
        ("encode", ("text",), Encoding([[1], [2]], [[0, 1], [1, 2]])),
        ("encode_batch", (["a", "b"],), [Encoding([1], [(0, 1)]), Encoding([2], [[0, 1]])]),
        ("decode", ([1, 2, 3],), "abc"),
        ("decode", ([1, [2], 3],), ["abc"]),
        ("decode_batch", ([[1], [2]],), ["a", "b"]),
        ("render", ([{"role": "user", "content": ["x"]}],), "text"),
        ("chat_ids", ([{"role": "user"}],), [1, 2]),
        ("stream", ([[1, 2]],), [[1], ["a"]]),
    ],
)
def test_what_changes_after_the_answer_left_does_not_change_what_is_compared(name, args, answer):
    """Neither the caller's arguments nor the answer are shared with what waits."""
    watched = Watched(rate=1.0)
    question, told = repr(args), repr(answer)
    named = {"options": {"a": [1]}}
    watched.front(lambda *_, **__: answer, name)(*args, **named)
    spoilt(answer)
    spoilt(args)
    spoilt(named)
    (call,) = watched.calls

    assert repr(call.args) == question
    assert repr(call.seen.value) == told
    assert call.named == {"options": {"a": [1]}}


def spoilt(value):
    """Change whatever can be changed, everywhere."""
    if isinstance(value, list | tuple):
        for item in value:
            spoilt(item)
    if isinstance(value, list):
        value.reverse()
        value.append("spoilt")
    if isinstance(value, dict):
        for item in value.values():
            spoilt(item)
        value["spoilt"] = True


def test_a_reference_that_changes_what_it_was_given_is_seen_with_what_it_was_given():
    """Arguments are copied before it is asked."""
    watched, ids = Watched(rate=1.0), [1, 2]

    def call(given):
        given.clear()
        return ""

    watched.front(call, "decode")(ids)
    (kept,) = watched.calls

    assert (kept.args, ids) == (([1, 2],), [])


@pytest.mark.parametrize("value", ["a", 1, 1.5, True, None, b"a", [1, 2], ["a"], [1, "a"], []])
def test_plain_values_are_owned_by_value_and_type(value):
    """What is cheap to copy is what it was."""
    found = owned(value)

    assert (found, type(found)) == (value, type(value))
    assert found is not value or type(value) is not list


@pytest.mark.parametrize("value", [[1, [2]], [[1]], ["a", {}], [1, -1, [2]], [1 << 70, []]])
def test_what_can_be_changed_within_is_copied_deep(value):
    """A list that only begins like numbers is no list of numbers."""
    assert all(
        type(one) is not list or one is not other
        for one, other in zip(value, owned(value), strict=True)
    )


def test_keyword_arguments_are_nobody_else_s():
    """A mapping's values are copied where they can be changed."""
    option = {"a": [1]}
    _, named = copied(("x",), {"option": option, "n": 1})
    option["a"].append(2)

    assert named == {"option": {"a": [1]}, "n": 1}


@pytest.mark.parametrize("where", ["argument", "answer"])
def test_what_cannot_be_copied_is_counted_and_the_caller_is_served(where):
    """Even where copying it panics."""
    watched, thing = Watched(rate=1.0), Uncopiable()
    given, answer = (thing, "a") if where == "argument" else ("a", thing)
    found = watched.front(lambda _: answer)(given)
    counts = watched.counts.snapshot()

    assert found is answer
    assert (counts["reasons"], counts["error"]) == ({"error": {"Uncopied": 1}}, 1)
    assert balanced(counts)
    assert watched.calls == []


def test_an_answer_that_holds_itself_does_not_reach_the_caller_as_an_error():
    """Weighing goes no deeper than it can."""
    watched, answer = Watched(rate=1.0), [[]]
    answer[0].append(answer)
    found = watched.front(lambda _: answer, "decode")("a")

    assert found is answer
    assert balanced(watched.counts.snapshot())


@pytest.mark.parametrize("bound", [{"calls": 2}, {"bytes": 1_500}, {"calls": 0}])
def test_a_full_queue_is_counted_and_the_caller_is_served(bound):
    """What was not taken in is dropped, by its reason."""
    watched = Watched(rate=1.0, **bound)
    encode = watched.front(lambda text: text)
    found = [encode("x" * 500) for _ in range(5)]
    counts, taken = watched.counts.snapshot(), len(watched.calls)

    assert found == ["x" * 500] * 5
    assert counts["dropped"] == 5 - taken > 0
    assert counts["reasons"] == {"dropped": {"bytes" if "bytes" in bound else "full": 5 - taken}}
    assert balanced(counts)


def test_a_call_says_whose_it_is_when_and_how_much():
    """The request's id, or that it is of none; the weight is above that of its text."""
    watched = Watched(rate=1.0)
    encode = watched.front(lambda text: text)
    encode("outside")
    with request("r-1"):
        encode("x" * 3_000)
    first, second = watched.calls

    assert [first.request, second.request] == ["-", "r-1"]
    assert first.size < 3_000 < second.size
    assert first.at <= second.at
    assert first.seconds >= 0


def test_tasks_have_requests_of_their_own():
    """A request lasts over `await`, and another task's is another."""
    watched = Watched(rate=1.0)
    encode = watched.front(lambda text: text)

    async def serve(id, turn, other):
        with request(id):
            encode(id)
            turn.set()
            await other.wait()
            encode(id)

    async def both():
        one, two = asyncio.Event(), asyncio.Event()
        await asyncio.gather(serve("a", one, two), serve("b", two, one))

    contextvars.Context().run(asyncio.run, both())

    assert all(call.request == call.args[0] for call in watched.calls)


def test_a_front_looks_like_what_it_stands_for():
    """Its name and its documentation."""

    def encode(text):
        """Encode."""

    for rate in ({"rate": 0.5}, {"every_n": 2}):
        found = Watched(**rate).front(encode)
        assert (found.__name__, found.__doc__) == ("encode", "Encode.")


class Everything(Backend):
    """Answers each operation with its name and what it was given."""

    def __getattribute__(self, name):
        if name in SURFACES:
            return lambda *args, **named: (name, args, named)
        return super().__getattribute__(name)

    def identity(self):
        from parity.backend import Identity

        return Identity(self)


def test_a_shadow_has_every_surface_of_its_reference():
    """Each is watched under its own name, and what is no surface is the reference's."""
    reference = Everything()
    with Shadow(reference, "mock:honest", rate=0.0) as shadow:
        answers = {name: getattr(shadow, name)("x", option=1) for name in SURFACES}
        counts = shadow.snapshot()
        assert shadow.identity() == reference.identity()

    assert answers == {name: (name, ("x",), {"option": 1}) for name in SURFACES}
    assert {name: row["calls"] for name, row in counts["surfaces"].items()} == dict.fromkeys(
        SURFACES, 1
    )
