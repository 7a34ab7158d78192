"""Jinja2, set up as transformers sets it up: sandboxed, blocks trimmed, `tojson` not for HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from parity.renderers import Render


def make(template: str, tokens: Mapping[str, str]) -> Render:
    """Return a function that renders messages."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise
    compiled = environment.from_string(template)

    def render(messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        return compiled.render(**tokens, messages=messages, **options)

    return render


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)
