"""Questions and answers with a process: JSON lines, each answer with its question's number."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from parity import errors
from parity.backend import Breach
from parity.errors import ParityError, Unsupported
from parity.remote import wire
from parity.remote.process import DEATHS, Crashed, Garbage, Process

REPLIES: Final = frozenset({"result", "unsupported", "error"})
LONGEST_KIND: Final = 200
"""Characters of the kind of an error, at most."""
QUOTED: Final = 80
"""Bytes of a line that is no reply that are quoted."""


class Told(Exception):
    """What an implementation in another process raised; a subclass has the name of its class."""


class Talker:
    """Asks a process, which is started when it is first asked and again when it died.

    greet: called with this object after each start, before any other question.
    ours: the other end is of this package: its errors may be ours, and breaches of a contract.
    """

    def __init__(
        self, process: Process, greet: Callable[[Talker], None], *, ours: bool = False
    ) -> None:
        self.process, self.greet, self.ours = process, greet, ours
        self.sequence = 0

    def ask(self, question: Mapping[str, Any], seconds: float | None = None) -> Any:
        """Return the result of one question.

        seconds: how long the answer may take; None is what the limits say.
        Raises what its reply says, or a ProcessFailed.
        """
        (answer,) = self.ask_all([question], seconds)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def ask_all(
        self, questions: Sequence[Mapping[str, Any]], seconds: float | None = None
    ) -> list[Any]:
        """Return the results of questions that are asked at once; an exception for an error.

        Raises a ProcessFailed.
        """
        with self.process.lock:
            if not self.process.alive:
                self._start()
            first = self.sequence + 1
            self.sequence += len(questions)
            data = b"".join(
                wire.dump({"seq": first + place, **question})
                for place, question in enumerate(questions)
            )
            lines = self.process.ask(data, len(questions), seconds)
            return [self._result(line, first + place) for place, line in enumerate(lines)]

    def raw(self, message: Mapping[str, Any]) -> Any:
        """Return the whole reply to a message as it came, its number with it.

        Raises a ProcessFailed.
        """
        with self.process.lock:
            if not self.process.alive:
                self._start()
            self.sequence += 1
            (line,) = self.process.ask(wire.dump({"seq": self.sequence, **message}))
            with contextlib.suppress(ValueError):
                return wire.load(line)
            self.process.close()
            raise Garbage(f"it wrote what is no JSON: {line[:QUOTED]!r}")

    def close(self) -> None:
        """End the process."""
        self.process.close()

    def _start(self) -> None:
        if self.process.given_up:
            raise Crashed(f"it ended {DEATHS} times in a row and is not started again")
        self.process.start()
        try:
            self.greet(self)
        except BaseException:
            self.process.close()
            raise

    def _result(self, line: bytes, sequence: int) -> Any:
        with contextlib.suppress(ValueError):
            reply = wire.load(line)
            if _is_reply(reply, sequence):
                if "result" in reply:
                    return reply["result"]
                if isinstance(reply.get("unsupported"), str):
                    return Unsupported(reply["unsupported"])
                if isinstance(reply.get("error"), dict):
                    return told(reply["error"], ours=self.ours)
        self.process.close()
        raise Garbage(
            f"it wrote what is no reply to question {sequence}: {line[:QUOTED]!r}; replies are "
            "JSON lines on standard output, and logs go to standard error"
        )


def _is_reply(reply: Any, sequence: int) -> bool:
    """Say whether a value is the reply to a question: its number, and one thing beside it."""
    if not isinstance(reply, dict) or type(reply.get("seq")) is not int:
        return False
    return bool(reply["seq"] == sequence) and len(REPLIES & reply.keys()) == 1


def told(error: Mapping[str, Any], *, ours: bool = False) -> BaseException:
    """Return what a reply's error says, as an exception that can be raised here.

    It has a class of the name that the error gives as its kind. ours: of this package's own other
    end, whose errors are themselves here. A kind that is no name is a BadReply.
    """
    kind, message = error.get("kind"), str(error.get("message", ""))
    if not isinstance(kind, str) or not (kind.isprintable() and 0 < len(kind) <= LONGEST_KIND):
        return wire.BadReply(f"the kind of an error is a short name, not {ascii(kind)[:60]}")
    own = getattr(errors, kind, None) if ours and error.get("ours") else None
    if isinstance(own, type) and issubclass(own, ParityError):
        return own(message)
    bases = (Told, Breach) if ours and error.get("fault") else (Told,)
    made: type[BaseException] = type(kind, bases, {})
    return made(message)
