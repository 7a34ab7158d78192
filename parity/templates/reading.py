"""Jinja2 as transformers sets it up, to read templates with: the only importer of it here.

`strftime_now` has a clock that stands still, so that the same template gives the same text.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, Final

import jinja2
from jinja2 import nodes as nodes  # noqa: PLC0414 (what is told on, so that others need no jinja2)

from parity.renderers import jinja

Finalize = Callable[[Any], Any]


class Unreadable(Exception):
    """A template that jinja2 does not read, or that fails when it is rendered."""


def environment(finalize: Finalize | None = None) -> jinja2.Environment:
    """Return an environment; finalize: what is printed of each value that an output has."""
    return jinja.environment(finalize=finalize)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Python thinks of the code that jinja2 makes of `{{ 1[0] }}` to ourselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        yield


def parse(source: str) -> nodes.Template:
    """Return the tree of a template. Raises Unreadable."""
    try:
        return environment().parse(source)
    except Exception as error:  # the engine may fail in any way on what is no template
        raise Unreadable(f"jinja2 does not read the template: {error}") from error


def render(
    template: str | nodes.Template, variables: Mapping[str, Any], finalize: Finalize | None = None
) -> str:
    """Return the text of a template, or of a tree that was changed. Raises Unreadable."""
    used = environment(finalize)
    try:
        with _quiet():
            return jinja2.Template.from_code(
                used, used.compile(template), used.make_globals(None)
            ).render(**deepcopy(dict(variables)))
    except Exception as error:  # a template may fail in any way
        raise Unreadable(f"jinja2 does not render the template: {error}") from error


def _split(template: nodes.Template) -> list[nodes.Output]:
    """Return the outputs of a template in order, its literal texts cut into lines."""
    outputs = list(template.find_all(nodes.Output))
    for output in outputs:
        made: list[nodes.Expr] = []
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                lines = re.findall(r"[^\n]*\n|[^\n]+", node.data)
                made += [
                    nodes.TemplateData(line, lineno=node.lineno + at)
                    for at, line in enumerate(lines)
                ]
            else:
                made.append(node)
        output.nodes = made
    return outputs


def emitted(source: str) -> list[tuple[int, bool]]:
    """Return the line of all that a template emits, in order, and whether it is literal text."""
    return [
        (node.lineno, isinstance(node, nodes.TemplateData))
        for output in _split(parse(source))
        for node in output.nodes
    ]


def wrapped(source: str, marks: Mapping[int, tuple[str, str]]) -> nodes.Template:
    """Return a template that emits marks around some of what it emits, by number."""
    template, number = parse(source), 0
    for output in _split(template):
        made: list[nodes.Expr] = []
        for node in output.nodes:
            opening, closing = marks.get(number, ("", ""))
            made += [nodes.TemplateData(opening), node, nodes.TemplateData(closing)]
            number += 1
        output.nodes = made
    template.set_environment(environment())
    return template


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """Return the value of an expression; what has none is `UNDEFINED`. Raises Unreadable."""
    try:
        with _quiet():
            evaluated = environment().compile_expression(expression, undefined_to_none=False)
        value = evaluated(**deepcopy(dict(variables)))
    except Exception as error:  # an expression may fail in any way
        raise Unreadable(f"jinja2 does not evaluate {expression!r}: {error}") from error
    return UNDEFINED if isinstance(value, jinja2.Undefined) else value


UNDEFINED: Final = type("Undefined", (), {"__repr__": lambda _: "UNDEFINED"})()
