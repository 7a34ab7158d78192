"""JSON lines that lose nothing: split on the byte 0x0A only, lone surrogates kept, errors with a place.

The standard library's json does the work, not a faster one: orjson refuses lone surrogates and
turns integers above 64 bits into floats, and both occur in corpora on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn


class BadLine(ValueError):
    """A line that is not one JSON value; str() says why."""


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers, from 1; empty lines are left out.

    Only the byte 0x0A ends a line: U+2028, U+0085, a lone CR and their like are content.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip(b" \t\r\n"):
                yield number, line


def parse(line: bytes) -> Any:
    """Read one line. Raises BadLine for bad UTF-8, bad JSON, NaN and a key that comes twice.

    >>> parse(b'{"text": "\\\\ud83d"}')
    {'text': '\\ud83d'}
    """
    try:
        return _decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine(f"not UTF-8 at byte {error.start}: {line[error.start : error.end]!r}") from error
    except json.JSONDecodeError as error:
        raise BadLine(f"not JSON at column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise BadLine("nested too deeply") from error


def dump(value: Any) -> str:
    """Return `value` as one ASCII line without its newline.

    >>> dump({"id": "a", "text": "\\u2028"})
    '{"id": "a", "text": "\\\\u2028"}'
    """
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadLine(f"the key {twice!r} comes twice")
    return value


def _constant(name: str) -> NoReturn:
    raise BadLine(f"{name} is not JSON")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode
