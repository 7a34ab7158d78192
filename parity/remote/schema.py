"""The JSON Schema of every message that a harness reads and writes, from protocol.json beside this.

`protocol.json` is one document of definitions, `OP.request` and `OP.reply` for each op, so that a
harness in any language can check what it says with a validator of its own.
"""

from __future__ import annotations

import functools
import importlib
import json
from importlib.resources import files
from typing import Any

from parity.errors import MissingPackage


def ops() -> list[str]:
    """Return the names of all ops, in the order in which docs/protocol.md tells of them."""
    names = _document()["$defs"]
    return [name.removesuffix(".request") for name in names if name.endswith(".request")]


def request(op: str) -> dict[str, Any]:
    """Return the schema of a request. Raises KeyError where there is no such op."""
    return _message(f"{op}.request")


def reply(op: str) -> dict[str, Any]:
    """Return the schema of a reply to such a request. Raises KeyError where there is no such op."""
    return _message(f"{op}.reply")


def problem(schema: dict[str, Any], message: object) -> str:
    """Say where a message does not fit a schema, and how; "" where it fits.

    Raises MissingPackage where jsonschema is not installed.
    """
    jsonschema = package()
    found = jsonschema.Draft202012Validator(schema).iter_errors(message)
    worst = jsonschema.exceptions.best_match(found)
    return f"{worst.json_path}: {worst.message[:200]}" if worst else ""


def package() -> Any:
    """Return the package jsonschema, which no run needs. Raises MissingPackage."""
    try:
        return importlib.import_module("jsonschema")
    except ImportError as error:
        raise MissingPackage(
            "messages are checked with the package jsonschema: pip install 'tokparity[protocol]'"
        ) from error


def _message(name: str) -> dict[str, Any]:
    document = _document()
    if name not in document["$defs"]:
        raise KeyError(f"no message {name!r} in the protocol; ops: {', '.join(ops())}")
    return {**document, "$ref": f"#/$defs/{name}"}


@functools.cache
def _document() -> dict[str, Any]:
    text = files("parity.remote").joinpath("protocol.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
