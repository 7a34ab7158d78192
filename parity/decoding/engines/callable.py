"""An engine of your own: `callable:package.module:make`, where make() returns an Engine."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from parity.decoding.engine import Engine
from parity.errors import BadSpec


def make(target: str, arguments: str = "") -> Engine:
    """Return what the callable gives. Raises BadSpec where there is none, or it is no Engine.

    arguments: one text for it, where it takes one.
    """
    module, colon, name = target.partition(":")
    if not colon or not module or not name:
        raise BadSpec(f"callable:{target}: write callable:package.module:function")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise BadSpec(
            f"callable:{target}: {error}; is its folder on PYTHONPATH? this is {Path.cwd()}"
        ) from error
    engine = found(arguments) if arguments else found()
    if not isinstance(engine, Engine):
        kind = type(engine).__name__
        raise BadSpec(f"callable:{target}: it gives a {kind}, not a parity.decoding.engine.Engine")
    if type(engine).identity is Engine.identity:
        raise BadSpec(
            f"callable:{target}: it does not say what it is: give {type(engine).__name__} a method "
            "identity() that returns parity.Identity(the object that does the work, facts={...})"
        )
    return engine
