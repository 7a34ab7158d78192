"""The application: what comes is passed to the primary, and what the primary says comes back."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from parity.shadow.proxy import headers
from parity.shadow.proxy.answers import Answer
from parity.shadow.proxy.book import Book
from parity.shadow.proxy.dialects import surface_of
from parity.shadow.proxy.judge import Exchange
from parity.shadow.proxy.mirror import Copy, Mirror
from parity.shadow.proxy.reaching import Server
from parity.shadow.records import SKIPPED

MARK: Final = "x-parity-shadow"
"""On a request: `1` compares it whatever the rate is. On an answer: it is the proxy's own."""
ID: Final = "x-request-id"


@dataclass
class Passage:
    """One request on its way. rows, answer_rows: headers of request and answer.

    kept: copies of request and answer, none where it is not sampled.
    ended: whether the answer came to its end. why: what became of it else.
    """

    request: str
    surface: str
    method: str
    target: bytes
    rows: headers.Headers
    kept: tuple[Copy, ...]
    begun: float
    status: int = 0
    answer_rows: headers.Headers = ()
    ended: bool = False
    why: str = ""


class Body(httpx2.AsyncByteStream):
    """The body of a request, as it comes; and whoever sends it, going away."""

    def __init__(self, receive: Receive, kept: tuple[Copy, ...]) -> None:
        self._receive, self._kept = receive, kept
        self._read = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what comes. Raises ClientDisconnect."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            data, more = message.get("body", b""), message.get("more_body", False)
            if data:
                for copy in self._kept[:1]:
                    copy.keep(data)
                yield data
        self._read.set()

    def leave(self) -> None:
        """Read no more of it: the answer is there."""
        self._read.set()

    async def gone(self) -> None:
        """Wait until the client has gone away."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


class Proxy:
    """An ASGI application before a primary.

    header: of the request's id. opened, closing: what is done before the first request, and after
    the last one.
    """

    def __init__(
        self,
        primary: Server,
        mirror: Mirror,
        book: Book,
        *,
        header: str = ID,
        opened: Callable[[], object] | None = None,
        closing: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.primary, self.mirror, self.book = primary, mirror, book
        self.header = header.lower().encode("latin-1")
        self._opened, self._closing = opened, closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            self.book.own["refused"] += 1
            await WebSocketClose()(scope, receive, send)
        elif headers.asks_for_websocket(scope["headers"]):
            self.book.own["refused"] += 1
            refusal = own(501, "no-websocket", "websockets do not go through this proxy")
            await refusal(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if self._opened is not None:
            self._opened()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._closing is not None:
            await self._closing()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        passage = self._begun(scope)
        body = Body(receive, passage.kept)
        passing = asyncio.create_task(self._pass(passage, body, scope, receive, send))
        gone = asyncio.create_task(body.gone())
        try:
            await asyncio.wait((passing, gone), return_when=asyncio.FIRST_COMPLETED)
            if passage.ended:
                await passing
        finally:
            for task in (passing, gone):
                task.cancel()
            await asyncio.gather(passing, gone, return_exceptions=True)
            self._left(passage)
        if passing.done() and not passing.cancelled():
            passing.result()

    def _begun(self, scope: Scope) -> Passage:
        rows = scope["headers"]
        surface = surface_of(scope["method"], scope["path"], rows)
        id = headers.value(rows, self.header) or uuid.uuid4().hex
        forced = headers.value(rows, MARK.encode("ascii")) == "1"
        room = self.mirror.room
        is_sampled = self.book.chosen(surface, id, forced=forced)
        kept = (Copy(room), Copy(room)) if is_sampled else ()
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        method = scope["method"]
        return Passage(id, surface, method, target, rows, kept, time.perf_counter())

    async def _pass(
        self, passage: Passage, body: Body, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass a request to the primary, and its answer back as it comes."""
        rows = headers.of_request(passage.rows, self.primary.host)
        try:
            asked = self.primary.asked(passage.method, passage.target, rows, body)
            async with asked as response:
                body.leave()
                await self._answer(passage, response, send)
        except ClientDisconnect:
            pass  # nobody is there to be answered
        except (httpx2.TransportError, OSError, OverflowError, ValueError) as error:
            if passage.status:
                passage.why = "CutOff"  # the client's connection is cut off, too
                self.book.own["cut"] += 1
                return
            passage.why = "NoPrimary"
            self.book.own["no_primary"] += 1
            body.leave()
            why = str(error) or type(error).__name__
            await own(502, "no-primary", f"the primary gave no answer: {why}")(scope, receive, send)

    async def _answer(self, passage: Passage, response: httpx2.Response, send: Send) -> None:
        passage.status, passage.answer_rows = response.status_code, response.headers.raw
        rows = headers.of_answer(response.headers.raw)
        start = {"type": "http.response.start", "status": response.status_code, "headers": rows}
        await send(start)
        async for data in response.aiter_raw():
            for copy in passage.kept[1:]:
                copy.keep(data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        passage.ended = True
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _left(self, passage: Passage) -> None:
        """Let the mirror have what was sampled."""
        if not passage.ended and not passage.why:
            passage.why = "Interrupted"
            self.book.own["left"] += 1
        if not passage.kept:
            return
        if passage.why:
            self.mirror.settle(passage.surface, SKIPPED, passage.why, passage.kept)
            return
        asked, answered = passage.kept
        answer = Answer(passage.status, passage.answer_rows, answered.data())
        exchange = Exchange(
            passage.request,
            passage.surface,
            passage.method,
            passage.target,
            passage.rows,
            asked.data(),
            answer,
            time.perf_counter() - passage.begun,
        )
        self.mirror.put(exchange, passage.kept)


def own(status: int, mark: str, text: str) -> PlainTextResponse:
    """Return an answer that is the proxy's own, and says so."""
    return PlainTextResponse(f"tokparity shadow proxy: {text}\n", status, {MARK: mark})
