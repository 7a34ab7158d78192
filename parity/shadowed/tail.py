"""`tokparity shadow tail`: the lines of a log as they come in, each as one that a person reads.

A log that is rotated is read to its end, and then the file that the path names by then. Nobody
tells that there is more: it is looked for again and again.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, TextIO

from parity import jsonl
from parity.shadowed import totals
from parity.shadowed.reading import BadLog
from parity.shadowed.telling import flat

PAUSE: Final = 0.2
"""Seconds between two looks."""
BLOCK: Final = 1 << 16


def tail(log: Path, count: int, out: TextIO, *, follow: bool) -> int:
    """Print the last lines of a log, and with `follow` what comes; return 0. Raises BadLog."""
    try:
        file = log.open("rb")
    except OSError as error:
        raise BadLog(f"{log}: {error.strerror}; it is the log of a shadow") from error
    with contextlib.ExitStack() as stack:
        reader = Reader(log, stack.enter_context(file))
        stack.callback(reader.close)
        for content in deque(reader.lines(), count):
            _print(content, out)
        if not follow:
            if reader.rest:
                _print(reader.rest, out)
            return 0
        for content in followed(reader, partial(_pause, out)):
            _print(content, out)
    return 0


class Reader:
    """Whole lines of the file that a path names; `rest` is what has no end yet."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path, self.file, self.rest = path, file, b""

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that are there by now, without their ends."""
        while block := self.file.read(BLOCK):
            *whole, self.rest = (self.rest + block).split(b"\n")
            yield from filter(bytes.strip, whole)

    def moved(self) -> bool:
        """Say whether the path names another file by now."""
        try:
            there = self.path.stat()
        except OSError:
            return False  # another will come
        mine = os.fstat(self.file.fileno())
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)

    def go_over(self) -> None:
        """Read the file that the path names now, from its begin."""
        with contextlib.suppress(OSError):
            fresh = self.path.open("rb")
            self.file.close()
            self.file, self.rest = fresh, b""

    def begin_again(self) -> None:
        """Read from the begin where the file is shorter than what was read of it."""
        if os.fstat(self.file.fileno()).st_size < self.file.tell():
            self.file.seek(0)
            self.rest = b""

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()


def followed(reader: Reader, pause: Callable[[], None]) -> Iterator[bytes]:
    """Yield lines as they come in, for ever; `pause` is called between two looks."""
    while True:
        moved = reader.moved()
        reader.begin_again()
        yield from reader.lines()
        pause()
        if moved:
            yield from reader.lines()  # whoever has the old file open still may have written
            if reader.rest.strip():
                yield reader.rest
            reader.go_over()


def _pause(out: TextIO) -> None:
    """Wait a moment. Raises BrokenPipeError where nobody reads any more."""
    if _is_unread(out):
        raise BrokenPipeError("nobody reads the output")
    time.sleep(PAUSE)


def _is_unread(out: TextIO) -> bool:
    try:
        poll = select.poll()
        poll.register(out.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError):  # it has no descriptor
        return False


def _print(content: bytes, out: TextIO) -> None:
    out.write(flat(told(content)) + "\n")
    out.flush()


def told(content: bytes) -> str:
    """Return a line of a log as a person reads it."""
    try:
        line = jsonl.parse(content)
        return _TOLD.get(line["what"], _other)(line)
    except jsonl.BadLine as error:
        return f"no line of a log: {error}"
    except (KeyError, TypeError, AttributeError):
        return f"no line of a log: {content[:60]!a}"


def place(path: Sequence[int | str]) -> str:
    """Return a path as a person writes it.

    >>> place(["ids", 3]), place([])
    ('ids[3]', 'the whole')
    """
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).lstrip(".") or "the whole"


def _head(line: Mapping[str, Any]) -> str:
    return f"{line['at']} {line['run'][:4]}  {line['what']:<10}"


def _header(line: Mapping[str, Any]) -> str:
    sides = (line[name] for name in ("reference", "candidate"))
    names = (side.get("failed") or side.get("spec") or side.get("native") or "?" for side in sides)
    again = "  (again, in another file)" if line.get("again") else ""
    return f"{_head(line)}  {' against '.join(names)}  pid {line['pid']}{again}"


def _counted(line: Mapping[str, Any]) -> str:
    counts = line["counts"]
    names = ("calls", "sampled", "compared", "diverged")
    told = ", ".join(f"{counts[name]:,} {name}" for name in names)
    end = "" if "whole" not in line else "  whole" if line["whole"] else "  NOT WHOLE"
    return f"{_head(line)}  {told}, {totals.lost(counts):,} lost{end}"


def _divergence(line: Mapping[str, Any]) -> str:
    where = place((line["difference"] or {"path": []})["path"])
    return (
        f"{_head(line)}  {line['number']}. {line['surface']} {line['class']} at {where}  "
        f"request {line['request']}  input {line['input']['digest'][:16]}"
    )


def _lost(line: Mapping[str, Any]) -> str:
    return (
        f"{_head(line)}  {line['number']}. {line['surface']} {line['fate']} {line['why']}  "
        f"request {line['request']}"
    )


def _other(line: Mapping[str, Any]) -> str:
    return f"{_head(line)}  a line that this version does not know"


_TOLD: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "header": _header,
    "heartbeat": _counted,
    "divergence": _divergence,
    "lost": _lost,
    "footer": _counted,
}
