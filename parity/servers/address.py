"""What a spec says of a server: its URL, a key, how long it may take; and what it is known by.

kind: the word that a spec begins with, for messages.
"""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import Final

import httpx2

from parity.errors import BadSpec

PORTS: Final = 1 << 16
"""Ports are numbers below this, and not 0."""


def checked(kind: str, url: str) -> str:
    """Return the URL of a server, without a slash at its end. Raises BadSpec."""
    try:
        found = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise _no_url(kind, url) from error
    possible = found.port is None or 0 < found.port < PORTS
    if found.scheme not in ("http", "https") or not found.host or not possible:
        raise _no_url(kind, url)
    if found.userinfo:
        raise BadSpec(
            f"{kind}: a spec is printed and kept, so no password stands in it: key_file=FILE"
        )
    if found.query or found.fragment:
        raise BadSpec(f"{kind}: the URL is that of the server, without '?' and '#': {url!r}")
    return str(found).rstrip("/")


def _no_url(kind: str, url: str) -> BadSpec:
    return BadSpec(f"{kind}: wants a URL such as http://127.0.0.1:3000, not {url!r}")


def key(kind: str, path: str) -> str:
    """Return the key that a file holds, "" where none is named. Raises BadSpec."""
    try:
        found = Path(path).read_text(encoding="utf-8").strip() if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSpec(f"{kind}: key_file={path} cannot be read: {error}") from error
    if not (found.isascii() and found.isprintable()):
        raise BadSpec(f"{kind}: key_file={path} holds no key: one line of ASCII is wanted")
    return found


def seconds(kind: str, text: str) -> float:
    """Return a number of seconds above 0. Raises BadSpec."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise BadSpec(f"{kind}: seconds={text} is no number of seconds above 0")
    return found


def home(url: str) -> str:
    """Return what a server is known by; all names of this machine are one."""
    found = httpx2.URL(url)
    port = found.port or {"http": 80, "https": 443}[found.scheme]
    here = "loopback" if _is_here(found.host) else found.host.lower()
    return f"{here}:{port}{found.path.rstrip('/')}"


def _is_here(host: str) -> bool:
    """Say whether a name or address is one of this machine's, as far as it is known here."""
    addresses = _addresses(host)
    mine = _addresses(socket.gethostname())
    return any(one.is_loopback or one.is_unspecified or one in mine for one in addresses)


def _addresses(host: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        rows = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return set()
    found = {ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows}
    return {getattr(one, "ipv4_mapped", None) or one for one in found}
