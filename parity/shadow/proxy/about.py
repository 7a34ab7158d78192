"""What a server says of itself, as the fingerprint of a side."""

from __future__ import annotations

from typing import Any, Final

from parity.fingerprint import SERVER, Fingerprint
from parity.seeing import observe
from parity.servers import DIALECTS, address
from parity.servers.client import Client

SECONDS: Final = 2.0
"""For each question: whoever waits for the proxy waits for these, too."""
UNREACHED: Final = ("ConnectionFailed", "Timeout")
"""Failures after which nothing more is asked."""


def about(url: str) -> dict[str, Any]:
    """Return a fingerprint: where a server is, and what it answers to what is asked of every kind.

    A server that does not answer now may do so later: then its facts are that.
    """
    facts = {SERVER: address.home(url), **_said(url)}
    return Fingerprint(url, "http", "", "", {}, {}, facts)._asdict()


def _said(url: str) -> dict[str, str]:
    client, found = Client(url, "", SECONDS), dict[str, str]()
    questions = {one.paths[0]: one for kind in DIALECTS.values() for one in kind.shape.who}
    try:
        for path, question in sorted(questions.items()):
            seen = observe(lambda path=path, ask=question: ask.read(client.ask(path), ""))
            if seen.failure is None:
                found |= {f"{path} {name}": fact for name, fact in seen.value.items()}
            elif seen.failure.kind in UNREACHED:
                return {**found, "unreached": seen.failure.kind}
    finally:
        client.close()
    return found
