"""tiktoken's files: ranks, and a tiktoken.json with the pattern and the special tokens."""

from __future__ import annotations

import base64
import binascii
import unicodedata
from pathlib import Path
from typing import Any

from parity.artefact import read_json
from parity.errors import BadSpec


def config(path: Path) -> dict[str, Any]:
    """Return the content of a tiktoken.json. Raises BadSpec."""
    if not path.is_file():
        raise BadSpec(f"{path} does not exist; a folder with a tiktoken.json is wanted")
    found = read_json(path)
    for key, kind in (("ranks", str), ("pattern", str), ("special_tokens", dict)):
        if not isinstance(found, dict) or not isinstance(found.get(key), kind):
            raise BadSpec(f"{path}: the key {key!r} is wanted, a {kind.__name__}")
    return dict(found)


def ranks(path: Path) -> dict[bytes, int]:
    """Return the ranks of tokens: lines of base64 and a number. Raises BadSpec with FILE:LINE."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BadSpec(f"{path}: cannot be read: {error.strerror}") from error
    found: dict[bytes, int] = {}
    for number, line in enumerate(lines, 1):
        try:
            token, rank = line.split()
            found[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise BadSpec(f"{path}:{number}: this is no token in base64 and its rank") from error
    return found


def normalized(form: str | None, text: str) -> str:
    """Return a text in the normal form that a tiktoken.json names, by this Python's tables."""
    return unicodedata.normalize(form, text) if form else text  # type: ignore[arg-type]


def tables(form: str | None) -> dict[str, str]:
    """Return the facts of a fingerprint that say by which tables `normalized` works."""
    if not form:
        return {}
    version = unicodedata.unidata_version
    return {
        "normalization": f"{form}, Unicode {version}",
        "unicode normalization": version.partition(".")[0],
    }
