"""Engines with a noise of arithmetic, and some that are wrong in their way, for whole runs."""

from __future__ import annotations

import os
import signal
import time

from toy_engines import Counting

from parity.backend import Identity
from parity.decoding.records import Generation, Step
from parity.errors import BadSpec, MissingPackage, Unsupported

NEAR = 22
T, X = map(ord, "tx")


class Noisy(Counting):
    """What it counts, with log-probabilities that depend a little on how many are asked at once.

    A prompt with a `t` in it has two tokens that are nearly alike at the step NEAR.
    """

    noise = 1e-6
    near = 2e-6

    def generate(self, requests, top):
        return [self.said(request, len(requests)) for request in requests]

    def said(self, request, together):
        made = self.one(request, 0)
        steps = self.steps(request.ids, made.ids, together)
        return made._replace(steps=steps)

    def score(self, ids, forced, top):
        before = [ids[-1], *forced[:-1]]
        return list(self.steps(ids, [(id + 1) % 1000 for id in before], 1))

    def steps(self, prompt, ids, together):
        return tuple(self.noised(id, place, prompt, together) for place, id in enumerate(ids))

    def noised(self, id, place, prompt, together):
        margin = self.near if T in prompt and place == NEAR else 2.4
        return Step(((id, -0.1), ((id + 1) % 1000, -0.1 - margin - self.noise * together)))


class Other(Noisy):
    """It agrees in all: another implementation."""

    noise = 1.5e-6


class ChoosesTheOtherAtT(Noisy):
    """At the step NEAR of a prompt with a `t`, where two tokens are nearly alike."""

    def said(self, request, together):
        made = super().said(request, together)
        if T not in request.ids:
            return made
        ids = (*made.ids[:NEAR], *(id + 1 for id in made.ids[NEAR:]))
        steps = list(self.steps(request.ids, ids, together))
        steps[NEAR] = Step(((ids[NEAR], -0.1), (ids[NEAR] - 1, -0.100001)))
        return Generation(ids, made.finish, self.decode(ids), steps=tuple(steps))


class SkipsOneAtX(Noisy):
    """The third id of a prompt with an x in it is one too great, and it is sure of it."""

    def said(self, request, together):
        made = super().said(request, together)
        if X not in request.ids:
            return made
        ids = (*made.ids[:2], *(id + 1 for id in made.ids[2:]))
        steps = list(self.steps(request.ids, ids, together))
        steps[2] = Step(((ids[2], -0.1), (ids[2] - 1, -9.0)))
        return Generation(ids, made.finish, self.decode(ids), steps=tuple(steps))


class Tilted(Noisy):
    """The same ids, and all log-probabilities a little wrong."""

    noise = 3e-3


class Dithers(Noisy):
    """It says something else in each process."""

    def one(self, request, top):
        made = super().one(request, top)
        ids = (*made.ids[:-1], time.time_ns() % 100_003 + 1_000)
        return made._replace(ids=ids)

    def decode(self, ids):
        return "".join(map(chr, ids))


class Silent(Noisy):
    """It gives ids, and no log-probabilities."""

    def said(self, request, together):
        return self.one(request, 0)


class KilledAtX(Noisy):
    """Its process is killed by a prompt with an x in it."""

    def said(self, request, together):
        if X in request.ids:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().said(request, together)


class Markup(Noisy):
    """Its tokens are what a page, a terminal or an eye could take for something else."""

    pieces = ("<script>alert(1)</script>", "\u202eevil", "\x1b[31m", "\ufffd", "\u0301", "")

    def decode(self, ids):
        return "".join(self.pieces[id % len(self.pieces)] for id in ids)


class ChangesItself(Noisy):
    """It is another thing each time that it is asked what it is."""

    asked = 0

    def identity(self):
        self.asked += 1
        return Identity(self, facts={"asked": str(self.asked)})


class Itself(Noisy):
    """Another name of the same thing."""

    def identity(self):
        return Identity(Noisy(), facts={"toy": "Noisy"})


def needs_cuda():
    """Answer that there is no such device here."""
    raise Unsupported("no CUDA device (toys)")


def needs_a_package():
    """Answer that a package is not installed."""
    raise MissingPackage("engine 'toys' needs the package bricks: pip install bricks")


def dies():
    """Die while it is loaded."""
    os.kill(os.getpid(), signal.SIGKILL)


def Refuses():  # noqa: N802 (as the others are named)
    """One that cannot be meant: an option has no such value."""
    raise BadSpec("cache is one of dynamic, static, not 'x'")
