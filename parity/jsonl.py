"""JSON lines that lose nothing: split at the byte 0x0A only, lone surrogates kept, errors placed.

The standard library's json does the work, not a faster one: orjson refuses lone surrogates and
turns integers above 64 bits into floats, and both occur in corpora on purpose.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import json
import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from operator import index
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, NoReturn

_BLOCK: Final = 1 << 20
_SPLIT_PAIR: Final = re.compile("(?<=[\ud800-\udbff])(?=[\udc00-\udfff])")


class BadLine(ValueError):
    """A line that is not one JSON value; str() says why."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file for reading; what is in it, where its name ends in `.gz`.

    Raises OSError, for a compressed file that is damaged or cut off too, wherever that shows.
    """
    with path.open("rb") as file:
        if path.suffix != ".gz":
            yield file
            return
        try:
            with gzip.GzipFile(fileobj=_not_empty(file)) as unpacked:
                yield io.BufferedReader(unpacked)  # whose lines cost less
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            why = f"a gzip file that is damaged or cut off: {error}"
            raise OSError(errno.EIO, why, str(path)) from error


class Line(NamedTuple):
    """A line, or the start of one that is too long.

    number: from 1.
    content: with its newline, if it has one.
    size: bytes of the whole line without its newline.
    """

    number: int
    content: bytes
    size: int


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers, from 1; empty lines are left out.

    Only the byte 0x0A ends a line: U+2028, U+0085, a lone CR and their like are content.
    """
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip(b" \t\r\n"):
                yield number, line


def _not_empty(file: io.BufferedReader) -> io.BufferedReader:
    if not file.peek(1):
        raise EOFError("it is empty")  # Python's gzip would take it for no lines
    return file


def bounded(file: IO[bytes], limit: int) -> Iterator[Line]:
    r"""Yield all lines of an open file; of one beyond `limit` bytes, no more than these are held.

    >>> import io
    >>> [tuple(line) for line in bounded(io.BytesIO(b"ab\nabcdef\n"), 3)]
    [(1, b'ab\n', 2), (2, b'abc', 6)]
    """
    for number in count(1):
        content = file.readline(limit + 1)
        if not content:
            return
        size = len(content) - content.endswith(b"\n")
        if size > limit:
            yield Line(number, content[:limit], size + _read_past(file))
        else:
            yield Line(number, content, size)


def _read_past(file: IO[bytes]) -> int:
    """Read the rest of a line; return its size without the newline."""
    size = 0
    while rest := file.readline(_BLOCK):
        size += len(rest)
        if rest.endswith(b"\n"):
            return size - 1
    return size


def parse(line: bytes) -> Any:
    r"""Read one line. Raises BadLine for bad UTF-8, bad JSON, NaN and a key that comes twice.

    >>> parse(b'{"text": "\\ud83d"}')
    {'text': '\ud83d'}
    """
    try:
        return _decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        bad = line[error.start : error.end]
        raise BadLine(f"not UTF-8 at byte {error.start}: {bad!r}") from error
    except json.JSONDecodeError as error:
        raise BadLine(f"not JSON at column {error.colno}: {error.msg}") from error
    except BadLine:
        raise
    except ValueError as error:  # an integer of more digits than this Python reads
        raise BadLine(f"not JSON that can be read: {error}") from error
    except RecursionError as error:
        raise BadLine("nested too deeply") from error


def dump(value: Any) -> str:
    r"""Return `value` as one ASCII line without its newline.

    >>> dump({"id": "a", "text": "\u2028"})
    '{"id": "a", "text": "\\u2028"}'
    """
    if type(value) is list and set(map(type, value)) == {int}:
        return repr(value)  # what the encoder would write, without the price of making one
    return _encode(value)


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it without loss.

    Bytes become {"hex": ...}; a string with a high surrogate directly before a low one, as two
    code points, becomes {"join": [...]}; a mapping whose keys are not all strings that JSON keeps,
    or which looks like one of these forms, becomes {"map": [[key, item], ...]}.

    >>> plain({1: b"a"})
    {'map': [[1, {'hex': '61'}]]}
    """
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, str) and _SPLIT_PAIR.search(value):
        return {"join": _SPLIT_PAIR.split(value)}
    if isinstance(value, Mapping):
        return _plain_mapping(value)
    if isinstance(value, list | tuple):
        only_ids = set(map(type, value)) == {int}
        return list(value) if only_ids else [plain(item) for item in value]
    if value is None or isinstance(value, str | bool):
        return value
    return index(value)


def unplain(value: Any) -> Any:
    """Return what `plain` was given, with lists for tuples.

    Raises ValueError for a form that `plain` never makes, such as {"hex": "A"}.

    >>> unplain({"map": [[1, {"hex": "61"}]]})
    {1: b'a'}
    """
    if isinstance(value, list):
        return [unplain(item) for item in value]
    if not isinstance(value, dict):
        return value
    form = _FORMS.get(next(iter(value))) if len(value) == 1 else None
    if form is None:
        return {key: unplain(item) for key, item in value.items()}
    try:
        found = form(*value.values())
        if plain(found) == value:
            return found
    except (TypeError, ValueError) as error:
        raise ValueError(f"no value is written as {value!a}") from error
    raise ValueError(f"no value is written as {value!a}")


def _plain_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    kept = all(isinstance(key, str) and not _SPLIT_PAIR.search(key) for key in value)
    if kept and not (len(value) == 1 and next(iter(value)) in _FORMS):
        return {key: plain(item) for key, item in value.items()}
    return {"map": [[plain(key), plain(item)] for key, item in value.items()]}


def _mapping(pairs: list[list[Any]]) -> dict[Any, Any]:
    return {_key(unplain(key)): unplain(item) for key, item in pairs}


def _key(value: Any) -> Any:
    return tuple(map(_key, value)) if isinstance(value, list) else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadLine(f"the key {twice!r} comes twice")
    return value


def _constant(name: str) -> NoReturn:
    raise BadLine(f"{name} is not JSON")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise BadLine(f"the number {digits[:40]} does not fit into a float")
    return number


_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "hex": bytes.fromhex,
    "join": "".join,
    "map": _mapping,
}
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode
_decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_float
).decode
