"""A service that streams text from one tokenizer, and lets another one be compared with it.

POST /echo with {"text": "..."} streams the text back as server-sent events, a token at a time, as a
model would that says what it was told. The tokenizer that answers is the reference. For a sample of
the requests, all that it was asked goes to the candidate, too, after the answer left.

    python service.py --log shadow.jsonl --port 8000
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from parity.backend import Backend
from parity.shadow.backend import Shadow
from parity.shadow.sampling import request

REFERENCE = "hf:tiny:byte-bpe-4096"
CANDIDATE = "py:candidates:forgets_replacements"
UNFINISHED = "\ufffd"
"""What a tokenizer makes of the first bytes of a character that is not whole yet."""


class InRequests:
    """Says which request the calls of a request belong to: by its X-Request-ID.

    X-Shadow: force has it compared whatever the rate says.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request under its id."""
        headers = dict(scope.get("headers", ()))
        id = headers.get(b"x-request-id", b"").decode("latin-1") or uuid.uuid4().hex
        with request(id, forced=headers.get(b"x-shadow") == b"force"):
            await self.app(scope, receive, send)


def chunks(tokenizer: Backend, text: str) -> Iterator[str]:
    """Yield what a client sees: the text of each token, where it ends with a whole character."""
    ids, sent, told = tokenizer.encode(text, "plain").ids, "", ""
    for count in range(1, len(ids) + 1):
        told = tokenizer.decode(ids[:count], skip_special=False)
        if not told.endswith(UNFINISHED):
            yield told[len(sent) :]
            sent = told
    if told != sent:
        yield told[len(sent) :]


def application(shadow: Shadow) -> ASGIApp:
    """Return the service. It is written for a tokenizer, and a shadow is one."""

    async def echo(asked: Request) -> Response:
        text = (await asked.json())["text"]
        events = (f"data: {json.dumps({'text': one})}\n\n" for one in chunks(shadow, text))
        return StreamingResponse(events, media_type="text/event-stream")

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        shadow.close()  # compares what waits, and writes the footer: without it no gate passes

    routes = [Route("/echo", echo, methods=["POST"]), *metrics(shadow)]
    return InRequests(Starlette(routes=routes, lifespan=lifespan))


def metrics(shadow: Shadow) -> list[Route]:
    """Return /metrics, where prometheus-client is installed."""
    try:
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
    except ImportError:
        return []
    from parity.shadow import prometheus

    prometheus.register(shadow)

    def scraped(_: Request) -> Response:
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", scraped)]


def arguments() -> Any:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description="Stream from one tokenizer, shadow another.")
    parser.add_argument("--reference", default=REFERENCE, metavar="SPEC")
    parser.add_argument("--candidate", default=CANDIDATE, metavar="SPEC")
    parser.add_argument("--log", default="shadow.jsonl", metavar="FILE")
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--port", type=int, default=8000)
    return parser.parse_args()


def main() -> None:
    """Serve on this machine until told to stop."""
    given = arguments()
    shadow = Shadow(given.reference, given.candidate, rate=given.rate, report=given.log)
    with socket.create_server(("127.0.0.1", given.port)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        config = uvicorn.Config(application(shadow), log_level="warning", lifespan="on")
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn ended well, and says how it was told
            uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
