"""minijinja: the template engine of Rust servers, through its own package.

Settings: `trim`, `lstrip`, `pycompat`; `tojson`: `python`, the filter that servers put in the place
of its own, or `own`; `strftime`: whether `strftime_now` is there; `rewrites`: `tgi`, what TGI
replaces in a template's source before it reads it.

The package hands Python's objects to the engine: methods that change them do, which the data of no
Rust server allows. Whether it happened is told.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn

import minijinja

Render = Callable[[str, Mapping[str, Any]], str]
KINDS = {
    "SyntaxError": "BadTemplate",
    "UnknownFilter": "BadTemplate",
    "UnknownTest": "BadTemplate",
    "UndefinedError": "Undefined",
    "UnknownFunction": "Undefined",
    "UnknownMethod": "Undefined",
}
"""Kinds of failures by the engine's own; the rest is RenderFailed."""
REWRITES = {"tgi": (("[::-1]", "|reverse"), ("{% generation %}", ""), ("{% endgeneration %}", ""))}


class Raised(Exception):
    """What `raise_exception` of a template raises."""


def to_json(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 (as templates call it)
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002
) -> str:
    """Return a value as Python's json writes it: what servers register as `tojson`."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def make(settings: Mapping[str, Any]) -> Render:
    """Return a function of a template's source and its variables."""
    environment = minijinja.Environment(
        trim_blocks=settings.get("trim", True), lstrip_blocks=settings.get("lstrip", True)
    )
    if hasattr(environment, "pycompat"):
        environment.pycompat = settings.get("pycompat", True)
    if settings.get("tojson", "python") == "python":
        environment.add_filter("tojson", to_json)
    environment.add_global("raise_exception", _raise)
    if settings.get("strftime", True):
        environment.add_global("strftime_now", datetime.fromisoformat(settings["clock"]).strftime)
    environment.auto_escape_callback = lambda _: False
    rewrites = REWRITES.get(settings.get("rewrites", ""), ())

    def render(source: str, variables: Mapping[str, Any]) -> str:
        for old, new in rewrites:
            source = source.replace(old, new)
        text: str = environment.render_str(source, "chat", **variables)
        return text

    return render


def kind_of(error: BaseException) -> str:
    """Return which kind of failure an exception is."""
    if isinstance(error, Raised):
        return "Raised"
    return KINDS.get(getattr(error, "kind", ""), "RenderFailed")


def versions() -> dict[str, str]:
    """Return what decides the answers."""
    return {"minijinja": importlib.metadata.version("minijinja")}


def files() -> list[str]:
    """Return the files that do the work."""
    return [str(minijinja._lowlevel.__file__)]  # noqa: SLF001 (there is no other name for it)


def _raise(message: str) -> NoReturn:
    raise Raised(message)
