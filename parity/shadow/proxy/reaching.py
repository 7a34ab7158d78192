"""A server that requests are passed to: as they are, no redirect followed, no cookie kept.

The transport of httpx2 is used without its client, so that no header is added and nothing decoded.
Connections are used again for IDLE seconds at most: servers close idle ones, after five seconds as
a rule, and a request that meets that would fail here and nowhere else.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx2

IDLE: Final = 1.0
"""Seconds."""


class Server:
    """A server at a URL. host: as the header `host` names it."""

    def __init__(self, url: str) -> None:
        self.url = httpx2.URL(url)
        self.host = self.url.netloc
        self._before = self.url.raw_path.rstrip(b"/")
        plain = self.url.scheme == "http"  # then no certificates are read, which takes its time
        self._transport = httpx2.AsyncHTTPTransport(
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True,
            limits=httpx2.Limits(max_connections=None, keepalive_expiry=IDLE),
            trust_env=False,
        )

    @asynccontextmanager
    async def asked(
        self,
        method: str,
        target: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        body: httpx2.AsyncByteStream,
    ) -> AsyncIterator[httpx2.Response]:
        """Give the answer as soon as its headers are there. Raises httpx2.TransportError."""
        request = httpx2.Request(
            method,
            self.url,
            headers=list(headers),
            stream=body,
            extensions={"target": self._before + target, "timeout": {}},
        )
        request.method = method  # as it came; httpx2 makes it capital letters
        response = await self._transport.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Hang up."""
        await self._transport.aclose()
