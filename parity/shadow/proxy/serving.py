"""The proxy as a process: bound, asked about, served by uvicorn, drained and closed."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import uvicorn

from parity.errors import BadSpec, SelfComparison, UsageError
from parity.servers import address
from parity.shadow.lines import Lines
from parity.shadow.proxy.about import about
from parity.shadow.proxy.app import ID, Proxy
from parity.shadow.proxy.book import Book
from parity.shadow.proxy.mirror import AT_ONCE, Mirror
from parity.shadow.proxy.reaching import Server
from parity.shadow.settings import Settings

Echo = Callable[[str], object]
TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a name of a header may be (RFC 9110, 5.6.2)."""


class CannotListen(UsageError):
    """The address is taken, or is none of this machine's."""


class BadOption(UsageError):
    """An option of the proxy cannot be meant."""


class Wanted(NamedTuple):
    """What a proxy stands between, and how.

    header: of a request's id. without: headers that the candidate does not get.
    self_check: both sides are meant to be one server.
    """

    primary: str
    candidate: str
    host: str = "127.0.0.1"
    port: int = 0
    header: str = ID
    without: Sequence[str] = ()
    at_once: int = AT_ONCE
    compare_sampled: bool = False
    self_check: bool = False


class Running:
    """A proxy that is set up: `serve` runs it until `server.should_exit`, `book` has its counts."""

    def __init__(self, wanted: Wanted, settings: Settings) -> None:
        """Bind. Raises BadSpec, SelfComparison, BadOption, CannotListen."""
        self.wanted, self.settings = checked(wanted), settings
        why = Lines(Path(settings.report)).never() if settings.report else ""
        if why:
            raise BadOption(f"--report {settings.report}: {why}; name a file that can be written")
        self.listening = bound(wanted.host, wanted.port)
        host, port = self.listening.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        for side in (self.wanted.primary, self.wanted.candidate):
            if address.home(side) == address.home(self.url):
                self.listening.close()
                raise BadSpec(f"{side} is this proxy itself: it would ask itself without end")
        self.server: uvicorn.Server | None = None
        self.book: Book | None = None

    async def serve(self, ready: Callable[[], object]) -> None:
        """Serve until told to exit; what waits is compared within the deadline then."""
        wanted = self.wanted
        sides = await asyncio.gather(
            asyncio.to_thread(about, wanted.primary), asyncio.to_thread(about, wanted.candidate)
        )
        header = dict(zip(("reference", "candidate"), sides, strict=True))
        self.book = book = Book(self.settings, header)
        primary, candidate = Server(wanted.primary), Server(wanted.candidate)
        mirror = Mirror(
            book,
            candidate,
            at_once=wanted.at_once,
            compare_sampled=wanted.compare_sampled,
            without=[name.lower().encode("latin-1") for name in wanted.without],
        )
        beating = asyncio.create_task(_beat(book))

        async def closing() -> None:
            beating.cancel()
            late = await mirror.close(self.settings.deadline)
            await asyncio.to_thread(book.close, late)
            await primary.close()
            await candidate.close()

        proxy = Proxy(primary, mirror, book, header=wanted.header, opened=ready, closing=closing)
        self.server = uvicorn.Server(_config(proxy, self.settings.deadline))
        await book.apart(book.log.begin)
        try:
            await self.server.serve(sockets=[self.listening])
        finally:
            if not mirror.closed:  # told twice: nothing is waited for
                book.close(len(mirror.tasks))


def run(wanted: Wanted, settings: Settings, echo: Echo) -> int:
    """Serve until a signal comes; return the exit code."""
    running = Running(wanted, settings)

    def ready() -> None:
        echo(f"listening on {running.url}")
        echo(f"primary     {running.wanted.primary}")
        echo(f"candidate   {running.wanted.candidate}")

    with contextlib.closing(running.listening):
        try:
            asyncio.run(running.serve(ready))
        except KeyboardInterrupt:  # the signal that ended it, once more, when all is done
            if running.server is None or not running.server.started:
                raise
    if running.book is not None:
        for line in told(running.book):
            echo(line)
    return 0


def told(book: Book) -> list[str]:
    """Return what became of the requests, in lines."""
    found, own = book.snapshot(), book.own
    names = ("same", "diverged", "skipped", "timeout", "error", "dropped", "pending")
    fates = ", ".join(f"{found[name]:,} {name}" for name in names if found[name])
    classes = ", ".join(f"{name} {number:,}" for name, number in found["classes"].items())
    lines = [f"{found['calls']:,} requests, {found['sampled']:,} sampled: {fates or 'none'}"]
    if classes:
        lines.append(f"divergences: {classes}")
    if own:
        lines.append(
            "beside: " + ", ".join(f"{name} {n:,}" for name, n in sorted(own.items()) if n)
        )
    return lines


def checked(wanted: Wanted) -> Wanted:
    """Return what is wanted, with URLs as they are used.

    Raises BadSpec, SelfComparison, BadOption.
    """
    primary = address.checked("--primary", wanted.primary)
    candidate = address.checked("--candidate", wanted.candidate)
    if not wanted.self_check and address.home(primary) == address.home(candidate):
        raise SelfComparison(
            f"--primary {primary} and --candidate {candidate} are one server: comparing it with "
            "itself proves nothing; --self-check says that this is meant"
        )
    for name in (wanted.header, *wanted.without):
        if not TOKEN.fullmatch(name):
            raise BadOption(f"{name!a} is no name of a header, such as x-request-id")
    return wanted._replace(primary=primary, candidate=candidate)


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises CannotListen."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CannotListen(
            f"cannot listen on {host}:{port}: {why}; take another --port (0 takes a free one)"
        ) from error


def _config(proxy: Proxy, deadline: float) -> uvicorn.Config:
    """Return a server that adds no header and says nothing of requests."""
    return uvicorn.Config(
        proxy,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=math.ceil(deadline),
    )


async def _beat(book: Book) -> None:
    while True:
        await asyncio.sleep(book.settings.heartbeat)
        await book.apart(book.beat)
