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

QUOTED: Final = 80
"""Bytes of a line that is no reply that are quoted."""


class Told(Exception):
    """What an implementation in another process raised; a subclass has the name of its class."""


class Talker:
    """Asks a process, which is started when it is first asked and again when it died.

    greet: called with this object after each start, before any other question.
    """

    def __init__(self, process: Process, greet: Callable[[Talker], None]) -> None:
        self.process, self.greet = process, greet
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
            if isinstance(reply, dict) and reply.get("seq") == sequence:
                if "result" in reply:
                    return reply["result"]
                if isinstance(reply.get("unsupported"), str):
                    return Unsupported(reply["unsupported"])
                if isinstance(reply.get("error"), dict):
                    return told(reply["error"])
        self.process.close()
        raise Garbage(
            f"it wrote what is no reply to question {sequence}: {line[:QUOTED]!r}; replies are "
            "JSON lines on standard output, and logs go to standard error"
        )


def told(error: Mapping[str, Any]) -> BaseException:
    """Return what a reply's error says, as an exception that can be raised here.

    The errors of this package are themselves; any other has a class of the same name.
    """
    kind, message = str(error.get("kind", "Unnamed")), str(error.get("message", ""))
    ours = getattr(errors, kind, None) if error.get("ours") else None
    if isinstance(ours, type) and issubclass(ours, ParityError):
        return ours(message)
    bases = (Told, Breach) if error.get("fault") else (Told,)
    made: type[BaseException] = type(kind.replace("\0", ""), bases, {})
    return made(message)
