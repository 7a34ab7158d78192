"""llama.cpp's server on a vocabulary of bytes, and servers that are wrong, by their fault."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager

from fake_engines import Refusal, Stream, event
from fake_server import Server

SAID = "Hi \u4e16\u754c, \u4e16\u754c!".encode()
"""What it says to any prompt, a byte an id: inside a character it sends nothing."""


class Honest:
    """What the real one answers, as far as an engine reads it."""

    def routes(self):
        return {"/props": self.props, "/completion": self.completion}

    def props(self, _):
        return {"build_info": "fake", "default_generation_settings": {"n_ctx": 64}}

    def completion(self, body):
        ids = list(SAID[: body["n_predict"]])
        return self.stream(ids) if body.get("stream") else self.answer(body, ids)

    def answer(self, body, ids):
        echoed = ("prompt", "return_tokens", "cache_prompt")
        settings = {name: value for name, value in body.items() if name not in echoed}
        return {
            "content": bytes(ids).decode("utf-8", "replace"), "tokens": ids, "stop": True,
            "tokens_predicted": len(ids), "tokens_evaluated": len(body["prompt"]),
            "generation_settings": settings, "stop_type": "limit", "truncated": False,
            "completion_probabilities": self.entries(ids) if body["n_probs"] else [],
        }  # fmt: skip

    def frames(self, ids):
        """The bytes of each frame, and its last id."""
        held = b""
        for id in ids:
            held += bytes([id])
            try:
                held.decode()
            except UnicodeDecodeError:
                continue
            yield held, id
            held = b""

    def entries(self, ids):
        return [
            {"id": id, "bytes": list(data), "top_logprobs": [
                {"id": id, "bytes": [id], "logprob": -0.1}, {"id": 0, "bytes": [0], "logprob": -3},
            ]}
            for data, id in self.frames(ids)
        ]  # fmt: skip

    def stream(self, ids):
        rows = [
            {"content": data.decode(), "tokens": [id], "stop": False}
            for data, id in self.frames(ids)
        ]
        rows.append({"content": "", "tokens": [], "stop": True, "stop_type": "limit"})
        return Stream(b"".join(map(event, rows)))


class SamplesAnyway(Honest):
    """It takes another temperature than it is asked for."""

    def answer(self, body, ids):
        reply = super().answer(body, ids)
        reply["generation_settings"]["temperature"] = 0.8
        return reply


class EchoesNothing(Honest):
    """It does not say what it took."""

    def answer(self, body, ids):
        return {**super().answer(body, ids), "generation_settings": {}}


class ForgetsStops(Honest):
    """It takes no stop strings."""

    def answer(self, body, ids):
        reply = super().answer(body, ids)
        reply["generation_settings"]["stop"] = []
        return reply


class AddsBos(Honest):
    """It reads one id more than it is given."""

    def answer(self, body, ids):
        return {**super().answer(body, ids), "tokens_evaluated": len(body["prompt"]) + 1}


class KeepsItsIds(Honest):
    """It says how many ids it made, and none of them."""

    def answer(self, body, ids):
        return {**super().answer(body, ids), "tokens": []}


class SaysNothing(Honest):
    """Nothing comes of a prompt, and no reason is given."""

    def completion(self, body):
        return self.stream([]) if body.get("stream") else self.answer(body, [])


class ShiftsEntries(Honest):
    """Its log-probabilities are each of the id before."""

    def entries(self, ids):
        return super().entries([ids[-1], *ids[:-1]])


class StreamsAnother(Honest):
    """Asked once more, it completes otherwise."""

    def stream(self, ids):
        return super().stream([*ids[:2], ord("X"), *ids[3:]])


class CutsItsStream(Honest):
    """Its stream ends before its last event."""

    def stream(self, ids):
        return Stream(super().stream(ids).data.rpartition(b"data: ")[0])


class FailsInside(Honest):
    """It answers with a status of its own failure."""

    def completion(self, body):
        raise Refusal(500, {"error": {"message": "out of memory", "body": json.dumps(body)[:9]}})


@contextmanager
def serving(engine):
    """Yield the URL of a server that runs until the end."""
    server = Server(engine)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.url
    finally:
        server.die()
        thread.join(5)
