"""What a derivation gives, and what it needs: rows out of the files of one source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Files = Mapping[str, bytes]
"""Content of the files of a source, by their paths in its archive, in order of the paths."""


class Row(NamedTuple):
    """A case before it has its id: `derived/FAMILY/trap-digest`.

    place: where it comes from, `FILE#LINE`, within the source.
    payload: as a corpus line has it; text, hexadecimal digits or messages.
    """

    trap: str
    payload: Any
    tags: tuple[str, ...]
    place: str
    kind: str = "text"
    options: Mapping[str, Any] = {}


class Family(NamedTuple):
    """A derived corpus: how its rows are made.

    tags: all that its rows have.
    source: an entry of SOURCES.toml; empty for what is enumerated or made up here.
    version: goes up when the rows change on purpose.
    also: other files made with it, by their names.
    """

    derive: Callable[[Files], Iterator[Row]]
    tags: tuple[str, ...]
    source: str = ""
    committed: bool = True
    version: int = 1
    also: Callable[[Files], dict[str, bytes]] | None = None


def data_lines(files: Files, name: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of a Unicode data file, without comments, each with its place.

    Lines with nothing but a comment, and directives (`@Part1`), are left out.
    """
    for number, line in enumerate(_content(files, name).decode("utf-8").split("\n"), 1):
        data = line.partition("#")[0].strip()
        if data and not data.startswith("@"):
            yield f"{name}#L{number}", data


def code_points(text: str) -> str:
    """Return the text that code points in hexadecimal spell; other marks are passed over.

    >>> code_points("÷ 0061 × 0062 ÷")
    'ab'
    """
    return "".join(chr(int(digits, 16)) for digits in re.findall(r"[0-9A-F]{4,6}", text))


def _content(files: Files, name: str) -> bytes:
    return next(data for path, data in files.items() if path.endswith(f"/{name}"))
