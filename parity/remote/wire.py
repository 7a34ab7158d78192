"""How messages and texts travel: JSON lines; what is no well-formed text as base64."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

import orjson

from parity.backend import Breach

VERSION: Final = 1
"""Of the protocol."""
Wire = str | dict[str, str]


class BadReply(Breach):
    """A reply has not the shape that the protocol gives it."""


def dump(message: Mapping[str, Any]) -> bytes:
    """Return a message as a line; texts in it must be well-formed, see `text_out`."""
    try:
        return orjson.dumps(message) + b"\n"
    except TypeError:  # an integer above 64 bits
        return json.dumps(message).encode("ascii") + b"\n"


def load(line: bytes) -> Any:
    """Return what a line says. Raises ValueError.

    An integer above 64 bits becomes a float here, which is no id.
    """
    try:
        return orjson.loads(line)
    except ValueError:
        pass
    try:
        return json.loads(line, parse_constant=_no_number)  # half a pair, as `json` writes it
    except RecursionError as error:
        raise ValueError("lists in lists without end") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def text_out(text: str | bytes) -> Wire:
    r"""Return a text, or bytes, as they travel.

    >>> text_out("a"), text_out(b"\xff"), text_out("\ud83d")
    ('a', {'bytes': '/w=='}, {'wtf8': '7aC9'})
    """
    if isinstance(text, bytes):
        return {"bytes": base64.b64encode(text).decode("ascii")}
    try:
        text.encode()
    except UnicodeEncodeError:
        data = text.encode("utf-8", "surrogatepass")
        return {"wtf8": base64.b64encode(data).decode("ascii")}
    return text


def texts_out(texts: Sequence[str | bytes]) -> list[Wire]:
    """Return texts as they travel."""
    return [text_out(text) for text in texts]


def text_in(found: Any) -> str | bytes:
    """Return a text that travelled. Raises BadReply."""
    if isinstance(found, str):
        return found
    try:
        ((key, value),) = found.items()
        data = base64.b64decode(value, validate=True)
        if key == "bytes":
            return data
        if key == "wtf8":
            return data.decode("utf-8", "surrogatepass")
    except (AttributeError, ValueError, TypeError, binascii.Error):
        pass
    shape = '"text", {"bytes": base64} or {"wtf8": base64}'
    raise BadReply(f"a text is {shape}, not {ascii(found)[:80]}")
