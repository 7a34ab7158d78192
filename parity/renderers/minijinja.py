"""minijinja: the template engine of Rust servers, through its own package."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NoReturn

import minijinja

from parity.renderers import Render


class TemplateError(Exception):
    """What `raise_exception` of a template raises."""


def make(template: str, tokens: Mapping[str, str]) -> Render:
    """Return a function that renders messages."""
    environment = minijinja.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.add_filter("tojson", _to_json)
    environment.add_global("raise_exception", _raise)
    environment.auto_escape_callback = lambda _: False

    def render(messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        found: str = environment.render_str(
            template, "chat", **tokens, messages=deepcopy(messages), **options
        )
        return found

    return render


def _to_json(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 (as templates call it)
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)
