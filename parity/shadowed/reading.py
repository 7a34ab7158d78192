"""Read the logs of shadows strictly: runs, each with what is wrong with it as evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import jsonl
from parity.errors import EvidenceLost
from parity.shadowed.story import KEPT, Kept, Story

LONGEST: Final = 16 << 20
"""Bytes of a line; one beyond is not read."""
FIRST: Final = b'{"what": "'
START: Final = re.compile(rb'\{"what": ?"')
"""How a line of ours starts."""
RUN: Final = re.compile(rb'"run": ?"([0-9a-f]{16})"')
ROTATED: Final = re.compile(r"(.+?)(?:\.(\d+)(?:\.gz)?)?")
"""A path, and the number that a rotation gave it."""


class BadLog(EvidenceLost):
    """A log is missing, or what is in it is no log of a shadow."""


class Run(NamedTuple):
    """What one process told of one shadow.

    id: 16 hexadecimal digits.
    header: the first one; {} where there is none. Lines have `where`, FILE:LINE, too.
    heartbeats, divergences, lost: lines as they stand, in order. footer: None where there is none.
    files: the files that it is in.
    problems: what is wrong with it as evidence, in sentences; with one, it proves nothing.
    notes: what is to be known and takes nothing from the evidence, such as lines rotated away.
    """

    id: str
    header: dict[str, Any]
    heartbeats: list[dict[str, Any]]
    divergences: list[dict[str, Any]]
    lost: list[dict[str, Any]]
    footer: dict[str, Any] | None
    files: list[Path]
    problems: list[str]
    notes: list[str]


def read(paths: Sequence[Path], *, kept: int = KEPT) -> list[Run]:
    """Return the runs of logs, in the order in which they begin.

    paths: logs; with one come those that it was rotated into, oldest first.
    kept: bytes of lines that are held; those beyond are counted, and a note of the run says so.
    Raises BadLog for a log that is missing, holds nothing, or holds what is no line of a log.
    """
    stories: dict[str, Story] = {}
    budget = Kept(kept)
    for path in files(paths):
        here: dict[str, Story] = {}
        torn: list[str] = []
        for place, content in _lines(path):
            for id, line, size in _told(place, content, torn):
                story = stories.setdefault(id, Story(id, budget))
                here[id] = story
                story.add(path, line, size)
        for sentence in torn:
            _blame(sentence, here, path)
    if not stories:
        names = ", ".join(map(str, paths))
        raise BadLog(f"{names or 'no log'}: there is no line in it; nothing was proved")
    return [Run(*story.ended()) for story in stories.values()]


def files(paths: Sequence[Path]) -> list[Path]:
    """Return the files of logs, each once, oldest first. Raises BadLog for a log that is missing.

    Beside `path` are `path.1`, `path.2` and so on, the greatest number the oldest; also as `.gz`.
    """
    found: dict[str, dict[Path, int]] = {}
    for path in paths:
        base, number = _rotation(path)
        family = found.setdefault(base, {})
        if path.is_file():
            family[path] = number
        beside = _beside(path) if not number else {}
        family |= beside
        if not beside and not path.is_file():
            what = "is no file" if path.exists() else "is not there"
            raise BadLog(f"{path}: the log {what}; nothing was proved")
    return [
        path for family in found.values() for path in sorted(family, key=lambda one: -family[one])
    ]


def _rotation(path: Path) -> tuple[str, int]:
    found = ROTATED.fullmatch(str(path))
    return (found[1], int(found[2] or 0)) if found else (str(path), 0)


def _beside(path: Path) -> dict[Path, int]:
    if not path.parent.is_dir():
        return {}
    near = [one for one in path.parent.iterdir() if one.name.startswith(f"{path.name}.")]
    numbers = {one: _rotation(one) for one in near}
    return {one: number for one, (base, number) in numbers.items() if base == str(path) and number}


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the place and content of each line that is not empty."""
    try:
        with jsonl.opened(path) as file:
            for line in jsonl.bounded(file, LONGEST):
                if line.size > LONGEST:
                    raise BadLog(
                        f"{path}:{line.number}: a line of {line.size} bytes; {LONGEST} are read"
                    )
                if line.content.strip():
                    yield f"{path}:{line.number}", line.content
    except OSError as error:
        raise BadLog(f"{path}: the log cannot be read: {error}") from error


def _told(place: str, content: bytes, torn: list[str]) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Yield (run, line, bytes) of a line; of one that is torn, what another wrote after it."""
    try:
        line = jsonl.parse(content)
    except jsonl.BadLine as error:
        if not _is_ours(content):
            raise BadLog(f"{place}: no line of a shadow's log: {error}") from error
        torn.append(_tear(place, content))
        rest = _after(content)
        if rest is not None:
            yield from _told(place, rest, torn)
        return
    whole = isinstance(line, dict) and all(type(line.get(key)) is str for key in ("what", "run"))
    if not whole:
        raise BadLog(f"{place}: no line of a shadow's log: it has no 'what' and 'run'")
    if not re.fullmatch("[0-9a-f]{16}", line["run"]):
        raise BadLog(f"{place}: a run is 16 hexadecimal digits, not {line['run'][:40]!a}")
    line["where"] = place
    yield line["run"], line, len(content)


def _is_ours(content: bytes) -> bool:
    """Say whether what cannot be read begins as a line of ours does, however soon it was torn."""
    found = START.search(content[: 2 * len(FIRST)])
    return FIRST.startswith(content[: found.start()] if found else content.strip())


def _tear(place: str, content: bytes) -> str:
    """Return the run, or "", and what is to be said of a torn line."""
    end = "the last line is torn" if not content.endswith(b"\n") else "a torn line"
    found = RUN.search(content[:120])
    return f"{found[1].decode() if found else ''} {place}: {end}: its end was never written"


def _after(content: bytes) -> bytes | None:
    """Return the whole line that somebody appended to a torn one, or None."""
    for found in START.finditer(content, 1):
        rest = content[found.start() :]
        try:
            jsonl.parse(rest)
        except jsonl.BadLine:
            continue
        return rest
    return None


def _blame(sentence: str, here: dict[str, Story], path: Path) -> None:
    """Tell the run of a torn line; all that are in the file, where it does not say whose it is."""
    id, _, why = sentence.partition(" ")
    blamed = [here[id]] if id in here else list(here.values())
    if not blamed:
        raise BadLog(f"{path}: there is no whole line in it; nothing was proved")
    for story in blamed:
        story.problem(why)
