"""minijinja: the template engine of Rust servers, through its own package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NoReturn

import minijinja

from parity.renderers import Render, to_json


class TemplateError(Exception):
    """What `raise_exception` of a template raises."""


def make(template: str, tokens: Mapping[str, str]) -> Render:
    """Return a function that renders messages."""
    environment = minijinja.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.add_filter("tojson", to_json)
    environment.add_global("raise_exception", _raise)
    environment.auto_escape_callback = lambda _: False

    def render(messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        found: str = environment.render_str(
            template, "chat", **tokens, messages=deepcopy(messages), **options
        )
        return found

    return render


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)
