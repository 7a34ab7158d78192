"""Rows of a file, each with its place: lines, or the items of one JSON array; plain or gzipped."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from parity import jsonl
from parity.errors import BadCorpus

FIRST: Final = 200
"""Characters of a malformed row that are kept beside the reason."""
BLOCK: Final = 1 << 16
BOM: Final = b"\xef\xbb\xbf"
SPACE: Final = b" \t\r\n"


class Row(NamedTuple):
    """One row of a file.

    place: FILE:LINE, or what stands for it.
    number: of the line, item or row, from 1.
    content: bytes as they stand there; of parquet, the value. Of a row that is too long, its start.
    problem: why it is malformed before anybody has read it, or "".
    """

    place: str
    number: int
    content: Any
    problem: str = ""

    def start(self) -> str:
        """Return the first characters of the row, to be told."""
        found = self.content
        text = found[: 4 * FIRST] if isinstance(found, bytes) else ascii(found)
        if isinstance(text, bytes):
            text = text.decode("utf-8", "backslashreplace").rstrip("\r\n")
        return text[:FIRST]


class Opened(NamedTuple):
    """An open file. raw: as it is on the disk, to see how far it is read; stream: its content."""

    raw: IO[bytes]
    stream: io.BufferedReader


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Yield a file, unpacked if it starts as gzip does. Raises BadCorpus where it cannot be read.

    That is raised for what the body reads, too: a gzip file that is cut off is no shorter file.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            unpacked: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            yield Opened(raw, io.BufferedReader(unpacked, 1 << 20) if packed else raw)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadCorpus(f"{path}: cannot be read: {why}; nothing is written") from error


def line_rows(file: io.BufferedReader, name: str, limit: int) -> Iterator[Row]:
    """Yield the lines, split at the byte 0x0A only, without it."""
    for line in jsonl.bounded(file, limit):
        problem = too_long(line.size, limit) if line.size > limit else ""
        yield Row(f"{name}:{line.number}", line.number, line.content.removesuffix(b"\n"), problem)


def json_rows(file: io.BufferedReader, name: str, limit: int) -> Iterator[Row]:
    """Yield the items of the one JSON array that a file is, or else its lines."""
    if file.peek(3)[:3] == BOM:
        file.read(3)
    if not file.peek(1).lstrip(SPACE).startswith(b"["):
        yield from (row for row in line_rows(file, name, limit) if row.content.strip(SPACE))
        return
    splitter = Splitter(limit)
    while data := file.read(BLOCK):
        for item in splitter.feed(data):
            yield _row(item, name)
    yield from (_row(item, name) for item in splitter.end())


def too_long(size: int, limit: int) -> str:
    """Say that a row is longer than it may be."""
    return f"it has {size:,} bytes, the most is {limit:,}; --max-row can be more"


class Item(NamedTuple):
    """An item of a JSON array, as it stands there; line: where it starts; number: from 1."""

    line: int
    number: int
    content: bytes
    problem: str


def _row(item: Item, name: str) -> Row:
    place = f"{name}:{item.line} (item {item.number})"
    return Row(place, item.number, item.content, item.problem)


class Splitter:
    """Cuts a JSON array into its items without reading them: brackets and strings are followed.

    What stands between two brackets need not be JSON, so one malformed item does not spoil the
    next, unless its brackets or quotes are wrong. Of an item beyond the limit no more is held.

    >>> [item.content for item in Splitter(99).feed(b'[{"a": "]"}, [1, 2]]')]
    [b'{"a": "]"}', b'[1, 2]']
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._depth = 0
        self._in_string = self._escaped = self._ended = False
        self._line = self._start = 1
        self._number = 1
        self._content = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Item]:
        """Take bytes; yield the items that end in them."""
        place = 0
        while place < len(data):
            end, token = self._next(data, place)
            depth = self._depth + (token in OPENING) - (token in CLOSING)
            if token == b"," or 0 in (depth, self._depth):
                self._keep(data[place : end - len(token)])
                self._ended |= depth < self._depth
                if self._depth:
                    yield from self._item()
            else:
                self._keep(data[place:end])
            self._depth = depth
            self._line += data.count(b"\n", place, end)
            place = end

    def end(self) -> Iterator[Item]:
        """Yield what is wrong with the end of the file, as an item."""
        if not self._ended:
            yield self._cut("the file ends before its array does")
        elif self._size:
            yield self._cut(f"{self._size:,} bytes after the end of the array are not read")

    def _next(self, data: bytes, place: int) -> tuple[int, bytes]:
        """Return where the next step ends, and the token that ends it, if one of ours does."""
        if self._ended:
            return len(data), b""
        if self._escaped:
            self._escaped = False
            return place + 1, b""
        if self._in_string:
            end = _end(_STRING, data, place)
            self._in_string = data[end : end + 1] != b'"'
            self._escaped = data[end : end + 1] == b"\\"
            return min(end + 1, len(data)), b""
        end = _end(_ITEMS if self._depth == 1 else _INSIDE, data, place)
        token = data[end : end + 1]
        self._in_string = token == b'"'  # one that does not end in these bytes
        return end + len(token), b"" if self._in_string else token

    def _keep(self, data: bytes) -> None:
        """Hold bytes of an item, up to the limit; the space before it is not of it."""
        if not self._size:
            kept = data.lstrip(SPACE)
            self._start = self._line + data[: len(data) - len(kept)].count(b"\n")
            data = kept
        self._size += len(data)
        self._content += data[: max(0, self.limit - len(self._content))]

    def _item(self) -> Iterator[Item]:
        if self._size > self.limit:
            yield self._cut(too_long(self._size, self.limit))
        elif self._size:
            yield self._cut("")
        elif not self._ended or self._number > 1:  # [] has none, and misses none
            yield self._cut("an item is missing here, beside a comma")

    def _cut(self, problem: str) -> Item:
        """Return what is held as an item, and hold nothing."""
        found = Item(self._start, self._number, bytes(self._content).rstrip(SPACE), problem)
        self._content.clear()
        self._size = 0
        self._number += 1
        return found


OPENING: Final = (b"[", b"{")
CLOSING: Final = (b"]", b"}")
_STRING: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
"""What a string holds, up to its end or a backslash that ends the data."""
_INSIDE: Final = re.compile(rb'(?:[^"\[\]{}]+|"%b")*' % _STRING.pattern, re.DOTALL)
"""What stands between two brackets: whole strings, and what is no bracket."""
_ITEMS: Final = re.compile(rb'(?:[^"\[\]{},]+|"%b")*' % _STRING.pattern, re.DOTALL)
"""The same between two items."""


def _end(pattern: re.Pattern[bytes], data: bytes, place: int) -> int:
    found = pattern.match(data, place)
    return found.end() if found else place
