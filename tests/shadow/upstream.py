"""A real server on loopback that does what a path, or a prompt, names; and a proxy in a thread."""

import asyncio
import gzip
import http.client
import json
import select
import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from parity.shadow.proxy.serving import Running, Wanted
from parity.shadow.settings import settings

PATIENCE = 20
"""Seconds after which a test has failed."""
HOP = {"connection", "keep-alive", "transfer-encoding"}


class Upstream(ThreadingHTTPServer):
    """Serves `routes` by path, and `completions` by the prompt of a request.

    seen: (method, target, headers, body) of each request. step: lets a stream send its next frame.
    gone: set when a client went away before it was answered.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, completions=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.completions = completions or {}
        self.seen = []
        self.step, self.gone, self.free = (threading.Event() for _ in range(3))
        self.asked = threading.Semaphore(0)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        """Clients that hang up are no news."""


@contextmanager
def upstream(completions=None):
    """Yield a server that runs until the end."""
    server = Upstream(completions)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.free.set()
        server.step.set()
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = PATIENCE

    def log_message(self, *_):
        """Nothing on standard error."""

    def version_string(self):
        return "Upstream/1"

    def date_time_string(self, *_):
        return "Thu, 01 Jan 2026 00:00:00 GMT"

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self):
        body = self.body()
        self.server.seen.append((self.command, self.path, self.headers.items(), body))
        self.server.asked.release()
        path = urlsplit(self.path).path
        if path in ROUTES:
            ROUTES[path](self, body)
        elif path in ("/v1/completions", "/v1/chat/completions", "/tokenize"):
            asked = json.loads(body)
            self.server.completions[asked.get("prompt") or asked["messages"]](self)
        else:
            self.send(404, b'{"detail":"Not Found"}')

    def body(self):
        if self.headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def send(self, status, data=b"", *headers, length=None, type="application/json"):
        self.send_response(status)
        self.send_header("content-type", type)
        for name, value in headers:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("content-length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data if self.command != "HEAD" else b"")
        self.wfile.flush()

    def begin(self, type="text/event-stream"):
        self.send_response(200)
        self.send_header("content-type", type)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def watch(self):
        """Wait until the client goes away."""
        readable, _, _ = select.select([self.connection], [], [], PATIENCE)
        with suppress(OSError):
            if readable and not self.connection.recv(1):
                self.server.gone.set()
        self.close_connection = True


def steps(to, _):
    """Send a frame, and the next one when the client says that it has that."""
    to.begin()
    for number in range(5):
        to.chunk(b"data: %d\n\n" % number)
        assert to.server.step.wait(PATIENCE)
        to.server.step.clear()
    to.chunk(b"")


def headed(to, _):
    to.send(
        200, b"{}", ("Set-Cookie", "b=2"), ("X-Odd", "1"), ("set-cookie", "a=1"), ("x-ODD", "0"),
    )  # fmt: skip


def hops(to, _):
    to.send(200, b"{}", ("Connection", "x-hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=9"))


def waits_headless(to, _):
    to.watch()


def waits_in_a_stream(to, _):
    to.begin()
    to.chunk(b"data: 0\n\n")
    to.watch()


def breaks_off(to, _):
    to.send(200, b"half", length=8)
    to.close_connection = True


def breaks_off_in_a_chunk(to, _):
    to.begin()
    to.chunk(b"data: 0\n\n")
    to.close_connection = True


def until_it_closes(to, _):
    to.send_response(200)
    to.end_headers()
    to.wfile.write(b"no length, and no chunks")
    to.close_connection = True


def in_chunks(to, _):
    to.begin("application/octet-stream")
    for data in (b"a", bytes(range(256)) * 40, b"\r\n0\r\n"):
        to.chunk(data)
    to.chunk(b"")


BINARY = bytes(range(256)) * 12_000
ROUTES = {
    "/plain": lambda to, _: to.send(200, b'{"a": 1}\n'),
    "/echo": lambda to, body: to.send(200, body, type="application/octet-stream"),
    "/headed": headed,
    "/hops": hops,
    "/gzip": lambda to, _: to.send(
        200, gzip.compress(b"packed" * 99, mtime=0), ("content-encoding", "gzip")
    ),
    "/lies": lambda to, _: to.send(200, b"no gzip", ("content-encoding", "gzip")),
    "/binary": lambda to, _: to.send(200, BINARY, type="application/octet-stream"),
    "/chunks": in_chunks,
    "/closes": until_it_closes,
    "/empty": lambda to, _: to.send(204),
    "/unchanged": lambda to, _: to.send(304, b"", ("etag", '"x"')),
    "/elsewhere": lambda to, _: to.send(307, b"go", ("location", "/plain")),
    "/refused": lambda to, _: to.send(422, b'{"detail": "no"}'),
    "/teapot": lambda to, _: to.send(418, b"short and stout", type="text/plain"),
    "/broken": lambda to, _: to.send(500, b"Internal", type="text/plain"),
    "/unheard": lambda to, _: to.send(599, b"of no standard"),
    "/half": breaks_off,
    "/half-a-stream": breaks_off_in_a_chunk,
    "/steps": steps,
    "/waits": waits_headless,
    "/waits-in-a-stream": waits_in_a_stream,
}


@contextmanager
def proxied(primary, candidate, *, wanted=None, **named):
    """Yield a proxy that runs; what waits is compared at the end, and `running.book` is closed."""
    asked = Wanted(primary, candidate, **(wanted or {}))
    running = Running(asked, settings({}, **{"rate": 1.0, **named}))
    ready = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(running.serve(ready.set)))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield running
    finally:
        stop(running)
        thread.join(PATIENCE)
        assert not thread.is_alive()


def stop(running):
    """Do what a signal does."""
    running.server.should_exit = True


def ask(url, path="/v1/completions", body=b"", method="POST", headers=(), *, chunked=False):
    """Return status, headers and the bytes of an answer, or of the part of it that came."""
    with talking(url, path, body, method, headers, chunked=chunked) as response:
        try:
            data, whole = response.read(), True
        except http.client.IncompleteRead as error:
            data, whole = error.partial, False
        rows = [row for row in response.getheaders() if row[0].lower() not in HOP]
        return response.status, rows, data, whole


@contextmanager
def talking(url, path, body=b"", method="POST", headers=(), *, chunked=False):
    """Yield a response whose body is not read yet."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if chunked:
            connection.putheader("transfer-encoding", "chunked")
        elif body or method == "POST":
            connection.putheader("content-length", str(len(body)))
        connection.endheaders()
        sent = [body[:5], body[5:]] if chunked else body
        for part in sent if chunked else [sent]:
            if part:
                data = b"%x\r\n%s\r\n" % (len(part), part) if chunked else part
                connection.send(data)
        if chunked:
            connection.send(b"0\r\n\r\n")
        response = connection.getresponse()
        try:
            yield response
        finally:
            response.close()
    finally:
        connection.close()


def complete(url, prompt, id="", **named):
    """Ask for a greedy completion."""
    body = json.dumps({"prompt": prompt, "temperature": 0, **named}).encode()
    rows = [("content-type", "application/json"), *([("x-request-id", id)] if id else [])]
    return ask(url, body=body, headers=rows)


def reply(text=" b", ids=(5, 6), finish="stop", **named):
    """The answer of vLLM's kind to a completion, as bytes."""
    choice = {"index": 0, "text": text, "token_ids": list(ids), "finish_reason": finish}
    usage = {"prompt_tokens": 2, "completion_tokens": len(ids), "total_tokens": 2 + len(ids)}
    return json.dumps({"id": "x", "choices": [choice], "usage": usage, **named}).encode()


def frames(*rows, done=True, finish="stop"):
    """The frames of a stream of completions, one of (text, ids) each."""
    choices = [{"index": 0, "text": text, "token_ids": list(ids)} for text, ids in rows]
    choices[-1]["finish_reason"] = finish
    events = [b"data: %s\n\n" % json.dumps({"choices": [one]}).encode() for one in choices]
    return [*events, *([b"data: [DONE]\n\n"] if done else [])]


def says(data, status=200, **headers):
    """What answers with JSON."""
    rows = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda to: to.send(status, data, *rows)


def streams(parts):
    """What answers with a stream."""

    def answer(to):
        to.begin()
        for part in parts:
            to.chunk(part)
        to.chunk(b"")

    return answer


def nobody():
    """A URL where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}"
