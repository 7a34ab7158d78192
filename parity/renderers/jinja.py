"""Jinja2, set up as transformers sets it up: sandboxed, blocks trimmed, `tojson` not for HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

import jinja2
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from parity.renderers import Render, to_json

DEFAULTS: Final = {"tools": None, "documents": None, "add_generation_prompt": False}
"""What transformers says where a call does not."""


class Generation(Extension):
    """`{% generation %}`, around what the assistant says: here it changes nothing."""

    tags = {"generation"}  # noqa: RUF012 (as the base class has it)

    def parse(self, parser: Parser) -> list[jinja2.nodes.Node]:
        """Return what stands inside."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def make(template: str, tokens: Mapping[str, str]) -> Render:
    """Return a function that renders messages."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation]
    )
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = _raise
    compiled = environment.from_string(template)

    def render(messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        return compiled.render(**{**DEFAULTS, **tokens, **options}, messages=messages)

    return render


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)
