"""A fake engine behind a real socket on loopback, and servers that are wrong, by their fault."""

import gzip
import json
import random
import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fake_engines import ENGINES, Refusal, Stream


class Server(ThreadingHTTPServer):
    """One engine. `fault` names what it does to every POST; "" is honest.

    seen: (path, body) of every request, in order. stopped: set when it ends.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, engine):
        super().__init__(("127.0.0.1", 0), Handler)
        self.engine = engine
        self.fault = ""
        self.seen = []
        self.keys = set()
        self.open = set()
        self.stopped = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        """Clients that hang up are no news."""

    def release(self):
        """Let go of clients that are kept waiting, and serve on."""
        self.stopped.set()
        self.stopped = threading.Event()

    def die(self):
        """End at once: nobody listens any more, and who is connected is cut off."""
        self.stopped.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(shape, target="tiny:byte-bpe-600"):
    """Yield a server of a shape that runs until the end."""
    server = Server(ENGINES[shape](target))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        if not server.stopped.is_set():
            server.die()
        thread.join(5)


def spec(server, shape, **options):
    """The spec of a server; smg wants to be told its model."""
    if shape == "smg":
        options = {"model": "m", **options}
    return "".join([f"http:{server.url},shape={shape}", *(f",{k}={v}" for k, v in options.items())])


class Handler(BaseHTTPRequestHandler):
    """Answers one request; the fault, where there is one, has the last word."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def setup(self):
        super().setup()
        self.server.open.add(self.connection)

    def finish(self):
        self.server.open.discard(self.connection)
        super().finish()

    def log_message(self, *_):
        """Nothing on standard error."""

    def do_GET(self):
        self.answer(None)

    def do_POST(self):
        data = self.rfile.read(int(self.headers["content-length"]))
        self.answer(json.loads(data))

    def answer(self, body):
        self.server.seen.append((self.path, body))
        self.server.keys.add(self.headers.get("authorization", ""))
        try:
            reply = self.server.engine.routes().get(self.path, no_such_path)(body)
        except Refusal as refusal:
            self.refuse(refusal)
            return
        if self.server.fault and body is not None:
            FAULTS[self.server.fault](self, reply)
        elif isinstance(reply, Stream):
            self.stream(reply.data)
        else:
            self.send(200, json.dumps(reply, ensure_ascii=False).encode())

    def refuse(self, refusal):
        if isinstance(refusal.body, str):
            self.send(refusal.status, refusal.body.encode(), "text/plain; charset=utf-8")
        else:
            self.send(refusal.status, json.dumps(refusal.body).encode())

    def send(self, status, data, type="application/json", length=None, **headers):
        self.send_response(status)
        self.send_header("content-type", type)
        self.send_header("content-length", str(len(data) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def stream(self, data, type="text/event-stream", ends=True):
        """Send bytes in chunks of one to seven, whatever they cut through."""
        self.send_response(200)
        self.send_header("content-type", type)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        draw = random.Random(len(data))  # noqa: S311 (packets, not secrets)
        while data:
            size = draw.randint(1, 7)
            part, data = data[:size], data[size:]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
        if ends:
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        else:
            self.close_connection = True


def no_such_path(_):
    raise Refusal(404, {"error": "no such path"})


def answers_500(to, _):
    to.send(500, b'{"error": "CUDA out of memory"}')


def answers_422(to, _):
    to.send(422, b"missing field `prompt`", "text/plain")


def wants_a_key(to, _):
    to.send(401, b'{"error": "Unauthorized"}')


def asks_to_wait(to, _):
    to.send(429, b"slow down", "text/plain", retry_after="7")


def leads_elsewhere(to, _):
    to.send(302, b"", location="http://127.0.0.1:1/elsewhere")


def half_a_json(to, reply):
    data = json.dumps(reply).encode()
    to.send(200, data[: len(data) // 2])


def hangs_up_within(to, reply):
    data = json.dumps(reply).encode()
    to.send(200, data[: len(data) // 2], length=len(data))
    to.close_connection = True


def hangs_up(to, _):
    to.close_connection = True


def never_answers(to, _):
    to.server.stopped.wait(30)
    to.close_connection = True


def drips(to, _):
    """A byte now and then, each in time, and never an end."""
    to.send(200, b"[", length=1 << 20)
    while not to.server.stopped.wait(0.02):
        to.wfile.write(b" ")
        to.wfile.flush()


def answers_html(to, _):
    to.send(200, b"<html>It works!</html>", "text/html")


def says_text(to, reply):
    to.send(200, json.dumps(reply).encode(), "text/plain")


def is_latin_1(to, _):
    to.send(200, '{"tokens": [], "text": "\xe9"}'.encode("latin-1"))


def torn_gzip(to, reply):
    data = gzip.compress(json.dumps(reply).encode())
    to.send(200, b"not gzip" + data, content_encoding="gzip")


def ids_as_strings(to, reply):
    to.send(200, json.dumps(_changed(reply, str)).encode())


def ids_as_floats(to, reply):
    to.send(200, json.dumps(_changed(reply, float)).encode())


def _changed(value, kind):
    if isinstance(value, list):
        return [_changed(one, kind) for one in value]
    if isinstance(value, dict):
        return {key: _changed(one, kind) for key, one in value.items()}
    return kind(value) if isinstance(value, int) else value


def misses_a_key(to, _):
    to.send(200, b'{"count": 3}')


def answers_null(to, _):
    to.send(200, b"null")


def forgets_the_last(to, reply):
    short = {key: value[:-1] if isinstance(value, list) else value for key, value in reply.items()}
    to.send(200, json.dumps(short).encode())


def gzips(to, reply):
    to.send(200, gzip.compress(json.dumps(reply).encode()), content_encoding="gzip")


def in_chunks(to, reply):
    to.stream(json.dumps(reply).encode(), "application/json")


def stream_ends_early(to, reply):
    to.stream(reply.data[: len(reply.data) // 2])


def stream_is_cut(to, reply):
    to.stream(reply.data[: len(reply.data) // 2], ends=False)


def stream_fails(to, _):
    to.stream(b'data: {"error": {"message": "out of pages"}}\n\n')


def stream_is_json(to, _):
    to.send(200, b'{"text": "all at once"}')


def stream_is_no_json(to, _):
    to.stream(b"data: Hello\n\ndata: [DONE]\n\n")


def goes_on_in_silence(to, _):
    to.stream(b": ping\n\n", ends=False)
    to.server.stopped.wait(30)


HARMLESS = (gzips, in_chunks)
"""What servers may do: the answer is as it was."""
FAULTS = {
    fault.__name__: fault
    for fault in (
        answers_500, answers_422, wants_a_key, asks_to_wait, leads_elsewhere, half_a_json,
        hangs_up_within, hangs_up, never_answers, drips, answers_html, says_text, is_latin_1,
        torn_gzip, ids_as_strings, ids_as_floats, misses_a_key, answers_null, forgets_the_last,
        gzips, in_chunks, stream_ends_early, stream_is_cut, stream_fails, stream_is_json,
        stream_is_no_json, goes_on_in_silence,
    )
}  # fmt: skip
