"""A backend of your own, in Python: `py:package.module:function,key=value`.

The function is called with the options as keyword arguments; it returns a `parity.Backend`.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from parity.backend import Backend
from parity.errors import BadSpec, LoadFailed


def make(target: str, /, **options: str) -> Backend:
    """Return what `module:function` makes. The folder that you stand in is importable."""
    module_name, colon, function = target.partition(":")
    if not colon or not module_name or not function:
        raise BadSpec(f"py: wants module:function, this is {target!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        maker = getattr(importlib.import_module(module_name), function)
    except (ImportError, AttributeError) as error:
        raise BadSpec(f"py:{target}: {error}") from error
    backend = maker(**options)
    if not isinstance(backend, Backend):
        raise LoadFailed(f"py:{target} returned {type(backend).__name__}, not a parity.Backend")
    return backend
