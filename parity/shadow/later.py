"""Answers that come later: what is awaited, and streams of chunks.

Of the reference: a coroutine or a generator is handed out as one, passes everything through as it
comes, and is told to the watch when it ends. A consumer that stops early has seen the beginning of
a stream, and only that is compared. Of the candidate: what it gives is awaited or run to its end in
the watch's thread, each in an event loop of its own.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, Final, NamedTuple

from parity.seeing import failed
from parity.shadow.front import INTERRUPTIONS, Asked, put, uncopied
from parity.shadow.judging import judged
from parity.shadow.object_surfaces import copied, kept, plain_value
from parity.shadow.records import DROPPED, ERROR, SKIPPED, Call, Outcome
from parity.shadow.sampling import Request
from parity.shadow.sides import Here
from parity.shadow.surfaces import Arguments, Surface, weight
from parity.types import Observation

CLOSED: Final = "closed"
ENDED: Final = "ended"
NOTHING: Final = {"of": "NoneType"}
"""None as an aspect, where None alone says that a side has no such aspect."""


class Chunks(NamedTuple):
    """What came of a stream.

    items: in order. end: ENDED, CLOSED where the consumer stopped, or the kind of an exception.
    """

    items: list[Any]
    end: str = ENDED


class _Open:
    """A call whose answer is on its way. held: bytes of what came so far."""

    def __init__(self, one: Asked, request: Request | None, given: Arguments) -> None:
        self.one, self.request, self.given = one, request, given
        self.forks = one.watch.forks
        self.begun = time.perf_counter()
        self.items: list[Any] = []
        self.held = 0
        self.why = ""

    def chosen(self) -> None:
        """Count it; a coroutine that nobody awaits is never begun, and not counted."""
        self.forks = self.one.watch.forks
        self.one.watch.counts.chose(self.one.name)

    @property
    def elsewhere(self) -> bool:
        """Whether this process was forked since: it is the parent's call."""
        return self.forks != self.one.watch.forks

    def settle(self, fate: str, why: str) -> None:
        if not self.elsewhere:
            self.one.watch.counts.settle(self.one.name, fate, why)

    def put(self, seen: Observation) -> None:
        if not self.elsewhere:
            put(self.one, self.request, self.given, seen, time.perf_counter() - self.begun)

    def gave(self, value: Any) -> None:
        """Tell the watch what the reference gave."""
        if self.one.watch.forks != self.forks:  # this is a child, and its parent counts it
            return
        try:
            seen = Observation(self.one.surface.kept(value))
        except BaseException as error:  # noqa: BLE001 (what cannot be copied is not compared)
            uncopied(self.one, error)
        else:
            self.put(seen)

    def raised(self, error: BaseException) -> None:
        """Tell the watch what the reference raised, or count that it was ended from outside."""
        if isinstance(error, INTERRUPTIONS):
            self.settle(SKIPPED, "Interrupted")
        else:
            self.put(Observation(failure=failed(error)))

    def came(self, item: Any) -> None:
        """Keep an item of a stream; nothing of one that is too long."""
        if self.why:
            return
        try:
            self.items.append(self.one.surface.kept(item))
            self.held += weight(item)
        except Exception:  # noqa: BLE001 (as above)
            self.why = "Uncopied"
        if self.held > self.one.watch.settings.bytes:
            self.why = "bytes"
        if self.why:
            self.items.clear()

    def over(self, end: str) -> None:
        """Tell the watch what came of a stream."""
        if self.why:
            self.settle(DROPPED if self.why == "bytes" else ERROR, self.why)
        elif end == CLOSED and not self.items:
            self.settle(SKIPPED, "Interrupted")
        else:
            self.put(Observation(Chunks(self.items, end)))

    def broke(self, error: BaseException) -> None:
        """Tell the watch what came of a stream that an exception ended."""
        outside = isinstance(error, INTERRUPTIONS)
        self.over(CLOSED if outside else failed(error).kind)


def later(one: Asked, request: Request | None, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Answer as the reference does, as `front.sampled`; what comes later is told when it ended."""
    try:
        given = one.surface.copied(args, named)
    except BaseException as error:  # noqa: BLE001 (what cannot be copied is not compared)
        one.watch.counts.chose(one.name)
        uncopied(one, error)
        return one.call(*args, **named)
    call = _Open(one, request, given)
    try:
        value = one.call(*args, **named)
    except BaseException as error:
        call.chosen()
        call.raised(error)
        raise
    if type(value) in PASSED:
        return _named(PASSED[type(value)](call, value), value)
    call.chosen()
    call.gave(value)
    return value


def _named(found: Any, value: Any) -> Any:
    """Return what is handed out under the name of what the reference gave, as warnings show it.

    A coroutine that is closed before it began closes the reference's, which is not awaited then.
    """
    found.__name__, found.__qualname__ = value.__name__, value.__qualname__
    if type(value) is CoroutineType:
        weakref.finalize(found, value.close).atexit = False
    return found


async def _awaited(call: _Open, coroutine: Coroutine[Any, Any, Any]) -> Any:
    call.chosen()
    try:
        value = await coroutine
    except BaseException as error:
        call.raised(error)
        raise
    call.gave(value)
    return value


def _passed(call: _Open, source: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Yield what a generator yields, and send and throw into it what comes (PEP 380)."""
    call.chosen()
    try:
        item = next(source)
        while True:
            call.came(item)
            try:
                sent = yield item
            except GeneratorExit:
                source.close()
                raise
            except BaseException as error:  # noqa: BLE001 (whatever is thrown in goes on)
                item = source.throw(error)
            else:
                item = next(source) if sent is None else source.send(sent)
    except StopIteration as end:
        call.over(ENDED)
        return end.value
    except BaseException as error:
        call.broke(error)
        raise


async def _passed_async(call: _Open, source: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    call.chosen()
    try:
        item = await anext(source)
        while True:
            call.came(item)
            try:
                sent = yield item
            except GeneratorExit:
                await source.aclose()
                raise
            except BaseException as error:  # noqa: BLE001 (as above)
                item = await source.athrow(error)
            else:
                item = await source.asend(sent)
    except StopAsyncIteration:
        call.over(ENDED)
    except BaseException as error:
        call.broke(error)
        raise


PASSED: Final[Mapping[type, Callable[[_Open, Any], Any]]] = {
    CoroutineType: _awaited,
    GeneratorType: _passed,
    AsyncGeneratorType: _passed_async,
}
"""What hands on an answer that comes later, by its very type."""


class Lasting(Here):
    """A candidate of this process whose answers may come later."""

    def judged(self, call: Call, surface: Surface) -> Outcome:
        """Ask it, wait for the end of what it gives, and compare."""
        wanted = call.seen.value

        def ask(name: str, args: tuple[Any, ...], named: Any) -> Any:
            return finished(self.find(name)(*args, **named), wanted)

        return judged(call, ask, surface.plain)


def finished(value: Any, wanted: Any) -> Any:
    """Return what comes of a candidate's answer at its end.

    wanted: what the reference gave. Of a stream no more is taken than shows whether it is the same.
    """
    if isinstance(value, Coroutine):
        value = asyncio.run(_result(value))
    if isinstance(value, AsyncIterator):
        return asyncio.run(_collected(value, _Enough(wanted)))
    if isinstance(value, Iterator):
        return _taken(value, _Enough(wanted))
    if isinstance(wanted, Chunks) and isinstance(value, str | bytes | list):
        return _taken(iter([value] if isinstance(value, str | bytes) else value), _Enough(wanted))
    return value


async def _result(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return await coroutine


class _Enough:
    """Says when of a candidate's stream is known whether it is as the reference's."""

    def __init__(self, wanted: Any) -> None:
        stream = wanted if isinstance(wanted, Chunks) else Chunks([])
        self.wanted, self.items = stream, list[Any]()
        self.size = 0
        self.whole = _size(stream.items)

    def take(self, item: Any) -> bool:
        """Keep an item; return whether the next one need not be asked for."""
        self.items.append(item)
        self.size += _size([item])
        if self.wanted.end == CLOSED:
            return self.size >= self.whole
        return self.size > self.whole and len(self.items) > len(self.wanted.items)

    def found(self, end: str) -> Chunks:
        """Return what was taken; where the reference's consumer stopped, as much as that saw."""
        if self.wanted.end != CLOSED:
            return Chunks(self.items, end)
        text = _joined(self.items)
        if text is None:
            return Chunks(self.items[: len(self.wanted.items)], CLOSED)
        return Chunks([text[: self.whole]], CLOSED)


def _taken(source: Iterator[Any], enough: _Enough) -> Chunks:
    try:
        for item in source:
            if enough.take(item):
                break
    except Exception as error:  # noqa: BLE001 (how a stream ends is what is seen of it)
        return enough.found(failed(error).kind)
    finally:
        _close(source)
    return enough.found(ENDED)


def _close(source: Any) -> None:
    if isinstance(source, GeneratorType):
        source.close()


async def _collected(source: AsyncIterator[Any], enough: _Enough) -> Chunks:
    try:
        async for item in source:
            if enough.take(item):
                break
    except Exception as error:  # noqa: BLE001 (as above)
        return enough.found(failed(error).kind)
    finally:
        if isinstance(source, AsyncGeneratorType):
            await source.aclose()
    return enough.found(ENDED)


def _size(items: Iterable[Any]) -> int:
    """Return how much items say: characters or bytes; others are one each."""
    return sum(len(item) if isinstance(item, str | bytes) else 1 for item in items)


def _joined(items: list[Any]) -> str | bytes | None:
    """Return text or bytes as one; "" of nothing, None of what is neither, or both."""
    kinds = {type(item) for item in items}
    if kinds <= {str}:
        return "".join(items)
    return b"".join(items) if kinds == {bytes} else None


def told(value: Any, *, alike: bool = False) -> dict[str, Any]:
    """Return what a callable gave as plain data; of a stream, all of it as one, and how it ended.

    alike: whether both sides name one algorithm, so that where it cuts is compared, too.
    """
    if not isinstance(value, Chunks):
        return {"gives": "value", "value": NOTHING if value is None else plain_value(value)}
    text = _joined(value.items)
    items = [plain_value(item) for item in value.items]
    closed = value.end == CLOSED
    return {
        "gives": "stream",
        "joined": items if text is None else text,
        "chunks": items if alike and not closed else None,
        "end": None if closed else value.end,
    }


CALLED: Final = Surface(copied, kept, told)
ALIKE: Final = Surface(copied, kept, lambda value: told(value, alike=True))
