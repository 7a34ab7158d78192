"""The Big List of Naughty Strings, one case a string."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from parity.deriving.rows import Family, Files, Row


def naughty(files: Files) -> Iterator[Row]:
    """Yield the strings of blns.json."""
    (content,) = files.values()
    for number, text in enumerate(json.loads(content)):
        yield Row("string", text, ("naughty.string",), f"resources/blns.json#{number}")


FAMILY: Final = Family(naughty, ("naughty.string",), "blns")
