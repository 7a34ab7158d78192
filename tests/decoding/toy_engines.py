"""Engines that are small enough to be read: what the tests of decoding ask."""

from __future__ import annotations

import os
import signal
import time

from parity.backend import Identity
from parity.decoding.engine import Engine
from parity.decoding.records import Capabilities, Generation, Step


class Counting(Engine):
    """Each new id is one more than the last; ids are code points, modulo 1,000; 0 is EOS."""

    name = "counting"
    capabilities = Capabilities(top=2, scores=True, together=64)

    def encode(self, prompt):
        return [ord(character) % 1000 for character in str(prompt.payload)]

    def generate(self, requests, top):
        return [self.one(request, top) for request in requests]

    def one(self, request, top):
        ids = []
        while len(ids) < request.max_tokens and 0 not in ids:
            ids.append((((ids or request.ids)[-1]) + 1) % 1000)
        steps = tuple(self.step(id) for id in ids) if top else None
        finish = "eos" if 0 in ids else "length"
        return Generation(tuple(ids), finish, self.decode(ids), steps=steps)

    def step(self, id):
        return Step(((id, -0.1), ((id + 1) % 1000, -2.5)))

    def score(self, ids, forced, top):
        before = [ids[-1], *forced[:-1]]
        return [self.step((id + 1) % 1000) for id in before]

    def decode(self, ids):
        return "".join(chr(id) for id in ids if id)

    def identity(self):
        return Identity(self, facts={"toy": type(self).__name__})


class KilledAtX(Counting):
    """Its process is killed by a prompt with an x in it."""

    def one(self, request, top):
        if "x" in request.text:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().one(request, top)


class SilentlyEmpty(Counting):
    """It gives no id and no reason, and no error."""

    def one(self, request, top):
        return Generation((), "length", "")


class AnswersFewer(Counting):
    """The last prompt of a batch gets no answer."""

    def generate(self, requests, top):
        return super().generate(requests, top)[:-1]


class RaisesAtX(Counting):
    """It raises for a prompt with an x in it, and answers the others of the batch."""

    def generate(self, requests, top):
        return [
            ValueError("an x") if "x" in request.text else self.one(request, top)
            for request in requests
        ]


class Sleeps(Counting):
    """It takes longer than anybody waits."""

    def one(self, request, top):
        time.sleep(60)
        return super().one(request, top)
