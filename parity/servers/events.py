"""Server-sent events, as the HTML standard reads them: bytes in, events out, no I/O.

UTF-8 with at most one byte order mark at its start; ill-formed bytes are U+FFFD. A line ends with
CRLF, LF or CR. A line that starts with a colon is a comment; `data` lines of one event are joined
by LF; an empty line ends an event; one without data is none. What the end of the stream cuts off
is no event: `unfinished` says what it was.
Origin: the HTML standard, "Server-sent events", 9.2.6, "Interpreting an event stream".
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

BOM = "\ufeff"


class Event(NamedTuple):
    """One event.

    data: its data lines, joined by LF.
    kind: what the field `event` says; `message` where there is none.
    id: the last `id` that was seen in the stream.
    """

    data: str
    kind: str = "message"
    id: str = ""


class Events:
    """The state of a stream: give it bytes as they come, cut anywhere.

    retry: the reconnection time in milliseconds that the stream asks for, or None.
    """

    def __init__(self) -> None:
        self.retry: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = False
        self._after_cr = False
        self._line = ""
        self._data: list[str] = []
        self._kind = ""
        self._id = ""

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that are whole with these bytes."""
        return self._take(self._decoder.decode(data))

    def unfinished(self) -> str:
        r"""Return what the end of the stream cuts off: lines of an event, or part of a line.

        >>> events = Events()
        >>> events.feed(b"data: a\n\ndata: b\n"), events.unfinished()
        ([Event(data='a', kind='message', id='')], 'b')
        """
        rest = self._decoder.getstate()[0]
        parts = [*self._data, self._line + rest.decode("utf-8", "replace")]
        return "\n".join(part for part in parts if part)

    def _take(self, text: str) -> list[Event]:
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix(BOM)
        if self._after_cr and text:
            self._after_cr = False
            text = text.removeprefix("\n")
        if text.endswith("\r"):  # the next packet may begin with the LF of this CRLF
            self._after_cr = True
        text = self._line + text.replace("\r\n", "\n").replace("\r", "\n")
        *lines, self._line = text.split("\n")
        return [event for line in lines if (event := self._read(line)) is not None]

    def _read(self, line: str) -> Event | None:
        if not line:
            return self._ended()
        field, colon, value = line.partition(":")
        if colon:
            value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._kind = value
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)
        return None

    def _ended(self) -> Event | None:
        data, kind = self._data, self._kind
        self._data, self._kind = [], ""
        if not data:
            return None
        return Event("\n".join(data), kind or "message", self._id)
