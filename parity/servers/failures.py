"""What a server does in the place of an answer; the name of the class is the kind of failure.

ServerFailed(Breach)     no answer: two servers that fail alike do not agree
|- ConnectionFailed      nobody listens, or it hung up before or within its answer
|- Timeout               no answer, or no next part of one, in time
|- NotJson               an answer that is no JSON, or does not say that it is
|- BadReply              JSON, or a stream, that is not what this shape of server answers
|- ErrorInStream         the stream says that something went wrong
|- ErrorInReply          so does an answer whose status is a good one
|- Miscounts             its counts are not those of what it gives, or of what was asked
|- NotGreedy             an id is not the best of the log-probabilities that it comes with
|- StreamsNothing        a stream without a chunk
|- StreamsAnother        as a stream it completes a prompt otherwise than in one answer
|- NotAsAsked            it says that it took other settings
|- UnknownModel          the server has no model of this name (any more)
`- Status500, Status404  an HTTP status that says nothing about the input
Rejected                 an answer: the server refuses this input
`- Status400, Status413, Status422
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Final

from parity.backend import Breach

REFUSALS: Final = (400, 413, 422)
"""Statuses that are about the input: two servers that give the same one agree about it."""
ADVICE: Final = {
    401: "the server wants a key: key_file=FILE names a file that holds it",
    403: "the key of key_file=FILE may not do this",
    404: "it has no such path or model: is shape= the right one?",
    405: "it has no such path: is shape= the right one?",
    429: "it is asked too often: raise its limit; nothing is asked twice here",
    503: "it is not ready, or has no workers",
}
"""What to do, by status."""


class ServerFailed(Breach):
    """The server gave no answer; its subclasses say how."""


class ConnectionFailed(ServerFailed):
    """Nobody listens there, or the server hung up before or within its answer."""


class Timeout(ServerFailed):
    """No answer came in time, or no next part of one."""


class NotJson(ServerFailed):
    """The answer is no JSON, or does not say that it is."""


class BadReply(ServerFailed):
    """The answer is not what this shape of server answers."""


class ErrorInStream(ServerFailed):
    """A stream of events says that something went wrong."""


class ErrorInReply(ServerFailed):
    """An answer with a good status says that something went wrong."""


class Miscounts(ServerFailed):
    """Its counts are not those of what it gives, or of what it was asked for."""


class NotGreedy(ServerFailed):
    """An id is not the best of the log-probabilities that it comes with."""


class StreamsNothing(ServerFailed):
    """A stream has an end and no chunk."""


class StreamsAnother(ServerFailed):
    """The stream of a prompt is not one of the completion that comes in one answer."""


class NotAsAsked(ServerFailed):
    """A setting that it echoes is not the one that it was asked for."""


class UnknownModel(ServerFailed):
    """The server has no model of this name."""


class Rejected(Exception):
    """The server refuses this input, by a status of REFUSALS."""


class NotSendable(Exception):
    """JSON cannot say this text: two half surrogate pairs in a row are one character there."""


class Retracted(Exception):
    """A cumulative stream took back text that it had sent."""


def of_status(status: int, said: str) -> Exception:
    """Return the failure that an HTTP status is, with what to do.

    >>> of_status(422, "no such field")
    Status422('HTTP 422 Unprocessable Entity: no such field')
    """
    phrase = next((one.phrase for one in HTTPStatus if one == status), "")
    message = ": ".join(part for part in (f"HTTP {status} {phrase}".rstrip(), said) if part)
    advice = ADVICE.get(status, "see its log" if status >= 500 else "")  # noqa: PLR2004 (HTTP's)
    return _status_class(status)(f"{message}; {advice}" if advice else message)


@cache
def _status_class(status: int) -> type[Exception]:
    base = Rejected if status in REFUSALS else ServerFailed
    return type(f"Status{status}", (base,), {"__doc__": f"The server answered HTTP {status}."})
