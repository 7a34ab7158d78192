"""Answers that come later: coroutines, generators and async generators pass through untouched."""

import asyncio
import gc
import inspect
import types

import pytest

from parity.shadow.wrapping import close, shadowed, snapshot

PARTS = ["Grü", "ße, ", "", "世界"]


def run(main):
    return asyncio.run(main)


def settled(thing):
    close(thing)
    return snapshot(thing)


async def encode(text):
    await asyncio.sleep(0)
    return [ord(char) for char in text]


async def drops_last_id(text):
    await asyncio.sleep(0)
    return [ord(char) for char in text][:-1]


def chunks(parts=PARTS):
    yield from parts


async def async_chunks(parts=PARTS):
    for part in parts:
        await asyncio.sleep(0)
        yield part


def recut(parts=PARTS):
    yield from "".join(parts)


def drops_last_chunk(parts=PARTS):
    yield from parts[:-1]


def sends_for_ever(parts=PARTS):
    yield from parts
    while True:
        yield "!"


def ends_in_an_error(parts=PARTS):
    yield from parts
    raise ValueError(3)


def begins_otherwise(parts=PARTS):
    yield "x"
    yield from parts


class TestCoroutines:
    """What is awaited."""

    @pytest.mark.parametrize("candidate", [encode, lambda text: [ord(char) for char in text]])
    def test_it_is_awaited_and_compared_with_a_function_of_either_sort(self, candidate):
        """A coroutine function is one still, and its candidate may be none."""
        thing = shadowed(encode, candidate, rate=1.0)
        assert inspect.iscoroutinefunction(thing)
        coroutine = thing("ab")
        assert type(coroutine) is types.CoroutineType

        async def main():
            return await coroutine, await asyncio.gather(*(thing(text) for text in ("c", "d")))

        assert run(main()) == ([97, 98], [[99], [100]])
        assert settled(thing)["same"] == 3

    def test_a_planted_fault_is_found(self):
        """A candidate that is awaited can part."""
        thing = shadowed(encode, drops_last_id, rate=1.0)
        assert run(thing("ab")) == [97, 98]
        assert settled(thing)["classes"] == {"value.missing": 1}

    def test_exceptions_are_the_references(self):
        """One at the call, one when it is awaited; a candidate that raises alike agrees."""

        async def fails(text):
            raise LookupError(text)

        with shadowed(fails, fails, rate=1.0) as thing:
            with pytest.raises(TypeError, match="missing 1 required positional argument: 'text'"):
                thing()
            with pytest.raises(LookupError, match="a"):
                run(thing("a"))
        assert snapshot(thing)["same"] == 2

        with shadowed(fails, encode, rate=1.0) as thing, pytest.raises(LookupError):
            run(thing("a"))
        assert snapshot(thing)["classes"] == {"outcome.value": 1}

    def test_one_that_is_cancelled_gave_nothing_to_compare(self):
        """The client went away: that is no answer, and it is counted."""

        async def waits(event):
            await event.wait()

        async def main(thing):
            task = asyncio.create_task(thing(asyncio.Event()))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        thing = shadowed(waits, waits, rate=1.0)
        run(main(thing))
        assert settled(thing)["reasons"] == {"skipped": {"Interrupted": 1}}

    def test_one_that_nobody_awaits_is_not_sampled(self):
        """Nothing is pending for ever: what was never begun is a call that passed."""
        thing = shadowed(encode, encode, rate=1.0)
        thing("a").close()
        seen = settled(thing)
        gc.collect()

        assert (seen["calls"], seen["passed"], seen["pending"]) == (1, 1, 0)


STREAMS = [chunks, async_chunks]


def listed(source):
    if isinstance(source, types.GeneratorType):
        return list(source)

    async def main():
        return [item async for item in source]

    return run(main())


class TestStreams:
    """What comes item by item, of surface `stream`."""

    @pytest.mark.parametrize("reference", STREAMS)
    @pytest.mark.parametrize("candidate", [*STREAMS, recut, lambda: "".join(PARTS), lambda: PARTS])
    def test_all_that_was_sent_is_compared_wherever_it_was_cut(self, reference, candidate):
        """Two that name no algorithm alike may cut as they like, and need not stream at all."""
        thing = shadowed(reference, candidate, rate=1.0)

        assert type(thing()) is type(reference())
        assert listed(thing()) == PARTS
        seen = settled(thing)["surfaces"]["stream"]
        assert (seen["calls"], seen["same"], seen["pending"]) == (2, 1, 0)

    @pytest.mark.parametrize("reference", STREAMS)
    @pytest.mark.parametrize(
        ("candidate", "why"),
        [
            (drops_last_chunk, "joined.missing"),
            (sends_for_ever, "joined.extra"),
            (ends_in_an_error, "end.value"),
            (begins_otherwise, "joined.value"),
            (lambda: iter([1, 2]), "joined.type"),
            (lambda: 3, "gives.value"),
        ],
    )
    def test_a_planted_fault_is_found(self, reference, candidate, why):
        """Text that is lost, that does not end, an end that is none, and what is no stream."""
        thing = shadowed(reference, candidate, rate=1.0)
        assert listed(thing()) == PARTS
        assert settled(thing)["classes"] == {why: 1}

    def test_two_of_one_algorithm_must_cut_alike(self):
        """Chunks are compared where both are named alike."""

        class Streams:
            def __init__(self, function, algorithm):
                self.function, self.algorithm = function, algorithm

            def __call__(self):
                return self.function()

        for name, classes in (("tgi", {"chunks.missing": 1}), ("vllm", {})):
            thing = shadowed(Streams(chunks, "tgi"), Streams(recut, name), rate=1.0)
            assert listed(thing()) == PARTS
            assert settled(thing)["classes"] == classes

    def test_an_error_in_the_middle_is_part_of_what_came(self):
        """The same text and another end are not the same."""
        for candidate, classes in ((ends_in_an_error, {}), (chunks, {"end.value": 1})):
            thing = shadowed(ends_in_an_error, candidate, rate=1.0)
            with pytest.raises(ValueError, match="3"):
                listed(thing())
            assert settled(thing)["classes"] == classes

    @pytest.mark.parametrize("candidate", [chunks, recut, sends_for_ever, ends_in_an_error])
    def test_of_a_stream_that_is_left_the_beginning_is_compared(self, candidate):
        """The consumer stopped: what it saw is what the candidate's begins with, or not."""
        thing = shadowed(chunks, candidate, rate=1.0)
        stream = thing()
        assert [next(stream), next(stream)] == PARTS[:2]
        stream.close()
        assert settled(thing)["same"] == 1

    @pytest.mark.parametrize(
        ("candidate", "why"),
        [(begins_otherwise, "joined.value"), (lambda: "Grü", "joined.missing")],
    )
    def test_another_beginning_is_found(self, candidate, why):
        """A candidate that ends before the consumer stopped has not sent the same."""
        thing = shadowed(chunks, candidate, rate=1.0)
        stream = thing()
        next(stream)
        next(stream)
        del stream
        gc.collect()
        assert settled(thing)["classes"] == {why: 1}

    def test_an_async_stream_that_is_left_is_closed_and_compared(self):
        """aclose() reaches the reference's own clean-up before the comparison."""
        done = []

        async def cleans_up():
            try:
                for part in PARTS:
                    yield part
            finally:
                done.append("cleaned")

        async def main(thing):
            stream = thing()
            first = await anext(stream)
            await stream.aclose()
            return first

        thing = shadowed(cleans_up, async_chunks, rate=1.0)
        assert run(main(thing)) == PARTS[0]
        assert done == ["cleaned"]
        assert settled(thing)["same"] == 1

    def test_one_that_is_left_before_its_first_item_is_not_said_to_agree(self):
        """Nothing was seen, so nothing is compared."""
        thing = shadowed(chunks, begins_otherwise, rate=1.0)
        thing().close()
        assert settled(thing)["compared"] == 0

    def test_what_is_sent_and_thrown_into_it_arrives_and_its_value_comes_back(self):
        """A generator is a conversation (PEP 380); the front keeps out of it."""

        def talks():
            got = yield "a"
            try:
                yield got
            except KeyError:
                yield "caught"
            return "value"

        def drive(stream):
            seen = [next(stream), stream.send("b"), stream.throw(KeyError())]
            with pytest.raises(StopIteration) as ended:
                next(stream)
            return seen, ended.value.value

        thing = shadowed(talks, lambda: "abcaught", rate=1.0)
        assert drive(thing()) == drive(talks()) == (["a", "b", "caught"], "value")
        assert settled(thing)["same"] == 1

    def test_items_come_when_the_reference_gives_them(self):
        """Nothing is read ahead: the reference is at the item that the consumer has."""
        given = []

        def counts():
            for number in range(3):
                given.append(number)
                yield number

        thing = shadowed(counts, counts, rate=1.0)
        stream = thing()
        for number in range(3):
            assert next(stream) == number
            assert given[: number + 1] == list(range(number + 1))
            assert len(given) == number + 1
        stream.close()
        close(thing)

    def test_one_that_is_too_long_is_dropped_and_counted(self):
        """No more of a stream is held than `bytes` says."""
        thing = shadowed(chunks, chunks, rate=1.0, bytes=300)
        assert listed(thing(["x" * 100] * 5)) == ["x" * 100] * 5
        assert settled(thing)["reasons"] == {"dropped": {"bytes": 1}}

    def test_items_that_the_consumer_changes_were_copied(self):
        """A list that was streamed is the consumer's."""

        def lists():
            yield [1]
            yield [2]

        thing = shadowed(lists, lists, rate=1.0)
        for item in thing():
            item.append(3)
        assert settled(thing)["same"] == 1
