"""One connection to a server: JSON out, JSON or a stream back, and every way to fail by its name.

Nothing is asked twice and no redirect is followed: what a server does is seen once, as it is.
Neither proxies nor keys are taken from the environment. After GIVE_UP failures of the connection in
a row nothing is sent any more, so that a server that is gone costs no hours.
"""

from __future__ import annotations

import json
import re
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx2

from parity.servers.failures import (
    BadReply,
    ConnectionFailed,
    NotJson,
    NotSendable,
    ServerFailed,
    Timeout,
    of_status,
)

GIVE_UP: Final = 3
"""Failures of the connection in a row after which nothing is sent any more."""
LONGEST: Final = 1 << 26
"""Bytes of an answer, at most."""
SAID: Final = 1000
"""Bytes of a refusal that a message quotes."""
ESCAPED_PAIR: Final = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")
"""Most are of a character beyond U+FFFF."""
STREAM: Final = "text/event-stream"


class Client:
    """A server at a URL."""

    def __init__(self, url: str, key: str, seconds: float, *, keep: bool = True) -> None:
        """Nothing is sent yet; `seconds` is how long each answer may take.

        keep: whether a connection is used again, which a server must say the end of.
        """
        self.url, self.seconds = url, seconds
        headers = {"authorization": f"Bearer {key}"} if key else {}
        headers |= {} if keep else {"connection": "close"}
        self.session = httpx2.Client(
            base_url=self.url, headers=headers, timeout=seconds, trust_env=False
        )
        self._end = weakref.finalize(self, self.session.close)
        self.failed = 0
        self.last: ServerFailed = ConnectionFailed()

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON that a server answers; without a body it is a GET.

        Raises a failure of `servers.failures`.
        """
        with self._sent(path, body) as response:
            data = b"".join(self._parts(response, time.monotonic() + self.seconds))
            _check_type(response, data, "json")
        try:
            return json.loads(data.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise NotJson(f"{path}: {error}: {_quoted(data)}") from None

    def stream(self, path: str, body: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the bytes of a stream of events as they come. Raises a failure as `ask` does."""
        with self._sent(path, body) as response:
            if _type(response) != STREAM:
                _check_type(response, b"".join(self._parts(response, None)), STREAM)
            yield from self._parts(response, None)

    def close(self) -> None:
        """Hang up."""
        self._end()

    @contextmanager
    def _sent(self, path: str, body: Mapping[str, Any] | None) -> Iterator[httpx2.Response]:
        if self.failed >= GIVE_UP:
            said = f"not asked any more, after {GIVE_UP} failures in a row; the last: {self.last}"
            raise type(self.last)(said)
        try:
            with self.session.stream(**_request(path, body)) as response:
                if not response.is_success:
                    raise self._refusal(response)
                yield response
            self.failed = 0
        except httpx2.TimeoutException as error:
            raise self._counted(Timeout(self._late(path))) from error
        except httpx2.DecodingError as error:
            raise BadReply(f"{path}: its body is not in the encoding that it names") from error
        except httpx2.TransportError as error:
            why = str(error) or type(error).__name__
            raise self._counted(ConnectionFailed(f"{self.url}{path}: {why}")) from error

    def _refusal(self, response: httpx2.Response) -> Exception:
        data = b"".join(self._parts(response, time.monotonic() + self.seconds))
        self.failed = 0
        if response.is_redirect:
            to = response.headers.get("location", "nowhere")
            return of_status(response.status_code, f"it leads to {to!r}: name that URL in the spec")
        said = _quoted(data) if data else ""
        wait = response.headers.get("retry-after")
        return of_status(response.status_code, f"{said} (retry after {wait})" if wait else said)

    def _parts(self, response: httpx2.Response, end: float | None) -> Iterator[bytes]:
        """Yield what comes of a body; until a time, where it must end then."""
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > LONGEST:
                raise BadReply(f"the answer has more than {LONGEST:,} bytes")
            if end is not None and time.monotonic() > end:
                raise self._counted(Timeout(self._late(response.url.path)))
            yield part

    def _late(self, path: str) -> str:
        return f"{self.url}{path}: no answer in {self.seconds:g} s; seconds=NUMBER allows more"

    def _counted(self, error: ServerFailed) -> ServerFailed:
        self.failed, self.last = self.failed + 1, error
        return error


def _request(path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the arguments of a request; its body is ASCII, so that half a pair can be sent too.

    Raises NotSendable.
    """
    if body is None:
        return {"method": "GET", "url": path}
    content = json.dumps(body)
    if ESCAPED_PAIR.search(content) and json.loads(content) != body:
        raise NotSendable("two half surrogate pairs in a row are one character in JSON")
    headers = {"content-type": "application/json"}
    return {"method": "POST", "url": path, "content": content, "headers": headers}


def _type(response: httpx2.Response) -> str:
    named: str = response.headers.get("content-type", "")
    return named.partition(";")[0].strip().lower()


def _check_type(response: httpx2.Response, data: bytes, wanted: str) -> None:
    named = _type(response)
    if named != wanted and not (wanted == "json" and named.endswith(("/json", "+json"))):
        raise NotJson(
            f"it answers {named or 'no type of content'!r}, not {wanted}: {_quoted(data)}"
        )


def _quoted(data: bytes) -> str:
    return ascii(data[:SAID].decode("utf-8", "replace"))
