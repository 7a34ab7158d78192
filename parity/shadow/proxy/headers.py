"""Which headers are passed on: all but those of one connection (RFC 9110, 7.6.1), in their order.

No header is added: no `via`, no `x-forwarded-for`. A body whose length is not told is chunked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

Headers = Sequence[tuple[bytes, bytes]]

HOP: Final = frozenset((
    b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade",
))  # fmt: skip
"""Headers of one connection, beside those that its header `connection` names."""
LENGTH: Final = b"content-length"
CHUNKED: Final = (b"transfer-encoding", b"chunked")


def of_answer(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer that its client gets.

    >>> of_answer([(b"Connection", b"x-a"), (b"X-A", b"1"), (b"Set-Cookie", b"2")])
    [(b'Set-Cookie', b'2')]
    """
    mine = HOP | _named(headers)
    if _has(headers, CHUNKED[0]):
        mine |= {LENGTH}
    return [(name, value) for name, value in headers if name.lower() not in mine]


def of_request(headers: Headers, host: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request that goes to a host.

    >>> of_request([(b"host", b"here"), (b"transfer-encoding", b"chunked")], b"there")
    [(b'host', b'there'), (b'transfer-encoding', b'chunked')]
    """
    kept = [
        (name, host if name.lower() == b"host" else value) for name, value in of_answer(headers)
    ]
    if not _has(kept, b"host"):
        kept.insert(0, (b"host", host))
    has_body = _has(headers, LENGTH) or _has(headers, CHUNKED[0])
    if has_body and not _has(kept, LENGTH):
        kept.append(CHUNKED)
    return kept


def of_copy(
    headers: Headers, host: bytes, size: int, without: Iterable[bytes]
) -> list[tuple[bytes, bytes]]:
    """Return the headers of the same request to the candidate, whose body is known by now."""
    left_out = {*without, LENGTH, CHUNKED[0], b"expect"}
    kept = [row for row in of_request(headers, host) if row[0].lower() not in left_out]
    return [*kept, (LENGTH, str(size).encode("ascii"))]


def value(headers: Headers, name: bytes) -> str:
    """Return the first value of a header, or ""."""
    found = (text for one, text in headers if one.lower() == name)
    return next(found, b"").decode("latin-1")


def media_type(headers: Headers) -> str:
    """Return what a body is said to be, in small letters and without parameters."""
    return value(headers, b"content-type").partition(";")[0].strip().lower()


def asks_for_websocket(headers: Headers) -> bool:
    """Say whether a request wants to become a websocket."""
    wanted = value(headers, b"upgrade").lower()
    return wanted == "websocket" and b"upgrade" in _named(headers)


def _named(headers: Headers) -> frozenset[bytes]:
    """Return what the headers `connection` name."""
    return frozenset(
        token.strip().lower()
        for name, text in headers
        if name.lower() == b"connection"
        for token in text.split(b",")
    )


def _has(headers: Headers, wanted: bytes) -> bool:
    return any(name.lower() == wanted for name, _ in headers)
