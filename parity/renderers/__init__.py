"""Template engines: chat messages in, the text of a prompt out.

Each file has `make(template, tokens)`: the template's source, and what it may name beside the
messages (`bos_token` and its kin); it returns a function of messages and options.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from parity.errors import BadSpec, MissingPackage

Render = Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any]], str]
NAMES: Final = ("jinja", "minijinja")


def load(name: str, template: str, tokens: Mapping[str, str]) -> Render:
    """Return the function of a template engine. Raises BadSpec, MissingPackage."""
    if name not in NAMES:
        raise BadSpec(f"no template engine {name!r}; known: own, {', '.join(NAMES)}")
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"rendering with {name} needs the package {error.name}: "
            "pip install 'tokparity[templates]'"
        ) from error
    render: Render = module.make(template, tokens)
    return render


def to_json(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 (as templates call it)
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002
) -> str:
    """Return a value as the filter `tojson` of chat templates writes it: as transformers does."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )
