"""minijinja, the template engine of Rust servers, with a chat template.

    minijinja:models/qwen                 set up as jinja is: engines alone differ
    minijinja:models/qwen,preset=smg      as the SMG gateway sets it up; tgi: as TGI does
    minijinja:models/qwen,version=2.21.0  another version, from .parity/packages

Switches: trim, lstrip, pycompat, strftime (yes, no), tojson (python, own), rewrites (tgi); and the
habits that `jinja` has. `python` names another interpreter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from parity.backend import Backend
from parity.errors import BadSpec
from parity.renderers.shaping import TRANSFORMERS, Shaping
from parity.rendering import Renderer, switch

LANGUAGE: Final = "Rust"

SWITCHES: Final = ("trim", "lstrip", "pycompat", "strftime")
WAYS: Final = {"tojson": ("python", "own"), "rewrites": ("", "tgi")}


class Preset(NamedTuple):
    """How a server sets the engine up, and what it does before."""

    settings: Mapping[str, Any]
    shaping: Shaping


PLAIN: Final = {"trim": True, "lstrip": True, "pycompat": True, "strftime": True,
                "tojson": "python", "rewrites": ""}  # fmt: skip
PRESETS: Final[Mapping[str, Preset]] = {
    "": Preset(PLAIN, TRANSFORMERS),
    "smg": Preset({**PLAIN, "strftime": False}, Shaping(absent="undefined", arguments="mapping")),
    "tgi": Preset(
        {**PLAIN, "trim": False, "lstrip": False, "tojson": "own", "rewrites": "tgi"},
        Shaping(turn="always"),
    ),
}
"""Named after the server; as their sources say: see docs/chat.md."""


def make(
    target: str, preset: str = "", version: str = "", python: str = "", **options: str
) -> Backend:
    """Return the backend for a folder, a template file, style:NAME or none."""
    if preset not in PRESETS:
        known = ", ".join(filter(None, PRESETS))
        raise BadSpec(f"minijinja has no preset {preset!r}; known: {known}")
    settings, shaping = dict(PRESETS[preset].settings), PRESETS[preset].shaping
    for name in SWITCHES:
        if name in options:
            settings[name] = switch(name, options.pop(name))
    for name, ways in WAYS.items():
        if name in options:
            settings[name] = options.pop(name)
            if settings[name] not in ways:
                raise BadSpec(f"minijinja: {name} is {' or '.join(ways)}, not {settings[name]!r}")
    engine = {"version": version, "python": python}
    return Renderer("minijinja", target, options, shaping=shaping, settings=settings, engine=engine)
