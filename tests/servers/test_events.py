"""Server-sent events: what the HTML standard says, however the bytes are cut."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.servers.events import Event, Events

MESSAGES = [
    ("a data line and an empty one", b"data: a\n\n", [Event("a")]),
    ("the end of lines is CRLF, LF or CR", b"data: a\r\n\r\ndata: b\n\ndata: c\r\r", "abc"),
    ("they may be mixed", b"data: a\r\ndata: b\rdata: c\n\n", [Event("a\nb\nc")]),
    ("data lines are joined by LF", b"data: a\ndata\ndata: b\n\n", [Event("a\n\nb")]),
    ("one space after the colon is no data", b"data:a\n\ndata:  b\n\n", [Event("a"), Event(" b")]),
    ("a comment is nothing", b": ping\n\n:\n\ndata: a\n: b\n\n", "a"),
    ("a byte order mark at the start is nothing", b"\xef\xbb\xbfdata: a\n\n", "a"),
    ("a second one is part of a name", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
    ("without data there is no event", b"event: x\n\ndata: a\n\n", "a"),
    ("empty data is data", b"data\n\ndata:\n\n", [Event(""), Event("")]),
    ("an event has a kind, for itself", b"event: error\ndata: a\n\ndata: b\n\n",
     [Event("a", "error"), Event("b")]),
    ("an id stays", b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
     [Event("a", id="1"), Event("b", id="1"), Event("c")]),
    ("an id with NUL is none", b"id: 1\x002\ndata: a\n\n", "a"),
    ("an unknown field is nothing", b"error: {}\nfoo\n data: a\ndata: a\n\n", "a"),
    ("what has no end is no event", b"data: a\n\ndata: b\n", "a"),
    ("a colon may be in data", b'data: {"a": 1}\n\n', [Event('{"a": 1}')]),
    ("ill-formed bytes are U+FFFD", b"data: \xe4\xb8|\xff\n\n", [Event("\ufffd|\ufffd")]),
    ("characters are whole", "data: \u4e16\U0001f336\n\n".encode(), [Event("\u4e16\U0001f336")]),
]  # fmt: skip
IDS = [row[0] for row in MESSAGES]
PIECES = st.sampled_from(
    [b"data: ", b"data", b"event: x", b"id: 1", b":", b" ", b"\r", b"\n", b"\r\n", b"a", b"\x00",
     b"\xef\xbb\xbf", b"\xe4", b"\xb8\x96", b"retry: 10", b"\xff", b"\xe2\x80\xa8"]
)  # fmt: skip


def read(parts):
    """Feed parts, one after another."""
    events = Events()
    return [event for part in parts for event in events.feed(part)]


def by_the_standard(data):
    """The standard's grammar on a whole stream: slow, obvious, and it knows of no parts."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = re.split(r"\r\n|\n|\r", text)[:-1]
    found, seen, id = [], [], ""
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            seen.append((name, value[1:] if value[:1] == " " else value))
            continue
        ids = [value for name, value in seen if name == "id" and "\0" not in value]
        id = ids[-1] if ids else id
        data_lines = [value for name, value in seen if name == "data"]
        kinds = [value for name, value in seen if name == "event"]
        if data_lines:
            kind = kinds[-1] if kinds else ""
            found.append(Event("\n".join(data_lines), kind or "message", id))
        seen = []
    return found


@pytest.mark.parametrize(("data", "events"), [row[1:] for row in MESSAGES], ids=IDS)
def test_a_stream_is_read_as_the_standard_says(data, events):
    """Whole, a byte at a time, and in two parts cut anywhere."""
    if isinstance(events, str):
        events = [*map(Event, events)]
    halves = [[data[:cut], data[cut:]] for cut in range(len(data))]
    ways = [[data], [data[place : place + 1] for place in range(len(data))], *halves]

    assert [read(parts) for parts in ways] == [events] * len(ways)


@given(st.lists(PIECES, max_size=30).map(b"".join), st.data())
def test_cuts_change_nothing(data, draw):
    """Any stream, in any parts, is what the standard's grammar makes of it whole."""
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    places = [0, *cuts, len(data)]
    parts = [data[start:end] for start, end in itertools.pairwise(places)]

    assert read(parts) == by_the_standard(data)


@pytest.mark.parametrize(
    ("data", "rest"),
    [
        (b"data: a\n\n", ""), (b"data: a\ndata: b", "a\ndata: b"), (b"da", "da"),
        (b"data: \xe4\xb8", "data: \ufffd"),
    ],
)  # fmt: skip
def test_what_the_end_cuts_off_can_be_asked_for(data, rest):
    """It is no event, and it is not lost without a word."""
    events = Events()
    events.feed(data)

    assert events.unfinished() == rest


def test_the_time_to_connect_again_is_kept():
    """Digits alone count."""
    events = Events()
    events.feed(b"retry: 10\nretry: x\nretry: \xc2\xb2\n")

    assert events.retry == 10
