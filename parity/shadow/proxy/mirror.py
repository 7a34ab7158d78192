"""What is asked of the candidate: after the primary's answer has left, and never more than fits.

Copies are bounded: CAP bytes of each request and each answer, `settings.bytes` of all together, and
`settings.calls` requests that wait or are asked; what does not fit is `dropped`, the newest first.
So many as `at_once` are asked at a time, each once, within `settings.timeout` seconds from its
first byte to its last. Redirects are not followed. Whatever the candidate does is counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

import httpx2

from parity.servers.failures import BadReply, ConnectionFailed
from parity.shadow.breaker import Breaker
from parity.shadow.judging import lost
from parity.shadow.proxy import headers
from parity.shadow.proxy.answers import Answer
from parity.shadow.proxy.book import Book
from parity.shadow.proxy.judge import Exchange, NotCompared, judged, question
from parity.shadow.proxy.reaching import Server
from parity.shadow.records import DROPPED, ERROR, SKIPPED, TIMEOUT, Call, Outcome

CAP: Final = 8 << 20
"""Bytes of a request, and of an answer, that are kept."""
AT_ONCE: Final = 8


class Room:
    """How many bytes may still be kept."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> bool:
        """Take so many bytes, if there is room for them."""
        if size > self.left:
            return False
        self.left -= size
        return True


class NoRoom(Exception):
    """What waits has taken all the bytes that may be kept."""


class Copy:
    """Bytes that are kept beside their way; none of them where they do not all fit.

    whole: whether all are kept. too_long: whether they are more than one copy may be.
    """

    def __init__(self, room: Room, cap: int = CAP) -> None:
        self.room, self.cap = room, cap
        self.size = 0
        self.whole, self.too_long = True, False
        self._parts: list[bytes] = []

    def keep(self, data: bytes) -> None:
        """Keep more bytes, or let go of all."""
        if not self.whole:
            return
        self.too_long = self.size + len(data) > self.cap
        if self.too_long or not self.room.take(len(data)):
            self.whole = False
            self.drop()
        else:
            self.size += len(data)
            self._parts.append(data)

    def data(self) -> bytes:
        """Return what is kept."""
        if len(self._parts) > 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0] if self._parts else b""

    def drop(self) -> None:
        """Let go of what is kept."""
        self.room.left += self.size
        self.size, self._parts = 0, []


class Mirror:
    """Asks a candidate what a primary was asked.

    without: names of headers that the candidate does not get, in small letters.
    """

    def __init__(
        self,
        book: Book,
        candidate: Server,
        *,
        at_once: int = AT_ONCE,
        compare_sampled: bool = False,
        without: Sequence[bytes] = (),
    ) -> None:
        self.book, self.candidate, self.without = book, candidate, tuple(without)
        self.room = Room(book.settings.bytes)
        self.compare_sampled = compare_sampled
        self.closed = False
        self._gate = asyncio.Semaphore(at_once)
        self._breaker = Breaker(book.settings.breaker, book.settings.pause)
        self.tasks: set[asyncio.Task[None]] = set()

    def put(self, one: Exchange, copies: Sequence[Copy]) -> None:
        """Take in an exchange whose answer has left, or count why it is not taken."""
        refused = ""
        if self.closed:
            refused = "closed"
        elif not all(copy.whole for copy in copies):
            refused = "bytes"
        elif len(self.tasks) >= self.book.settings.calls:
            refused = "full"
        if refused:
            self.settle(one.surface, DROPPED, refused, copies)
            return
        task = asyncio.create_task(self._follow(one, copies))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def settle(self, surface: str, fate: str, why: str, copies: Sequence[Copy]) -> None:
        """Count what became of a sampled request of which the candidate is not asked."""
        for copy in copies:
            copy.drop()
        self.book.counts.settle(surface, fate, why)

    async def close(self, deadline: float) -> int:
        """Take nothing more in, and return how many are given up after so many seconds."""
        self.closed = True
        if not self.tasks:
            return 0
        _, late = await asyncio.wait(self.tasks, timeout=deadline)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return len(late)

    async def _follow(self, one: Exchange, copies: Sequence[Copy]) -> None:
        book = self.book
        try:
            call = await book.apart(partial(question, one, sampled=self.compare_sampled))
            async with self._gate:
                outcome = await self._asked(call, one)
            await book.apart(book.tell, outcome)
        except NotCompared as reason:
            book.counts.settle(one.surface, SKIPPED, reason.why)
        except Exception as error:  # noqa: BLE001 (a shadow must not break what it shadows)
            book.counts.settle(one.surface, ERROR, type(error).__name__)
        finally:
            for copy in copies:
                copy.drop()

    async def _asked(self, call: Call, one: Exchange) -> Outcome:
        if not self._breaker.lets():
            return lost(call, DROPPED, "breaker")
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(self.book.settings.timeout):
                reply = await self._reply(one)
        except TimeoutError:
            outcome = lost(call, TIMEOUT, "TimedOut")
        except httpx2.TransportError as error:
            outcome = lost(call, ERROR, ConnectionFailed(str(error)))
        except BadReply:
            outcome = lost(call, ERROR, "TooLong")
        except NoRoom:
            outcome = lost(call, DROPPED, "bytes")
        else:
            took = time.perf_counter() - begun
            outcome, unframed = await self.book.apart(judged, call, reply, took)
            self.book.own.update(["unframed"] if unframed else [])
        self._breaker.settled(outcome.fate)
        return outcome._replace(seconds=outcome.seconds or time.perf_counter() - begun)

    async def _reply(self, one: Exchange) -> Answer:
        rows = headers.of_copy(one.headers, self.candidate.host, len(one.body), self.without)
        kept = Copy(self.room)
        try:
            sent = httpx2.ByteStream(one.body)
            async with self.candidate.asked(one.method, one.target, rows, sent) as response:
                async for data in response.aiter_raw():
                    kept.keep(data)
                    if kept.too_long:
                        raise BadReply(f"the answer has more than {CAP:,} bytes")
                    if not kept.whole:
                        raise NoRoom
                return Answer(response.status_code, response.headers.raw, kept.data())
        finally:
            kept.drop()
