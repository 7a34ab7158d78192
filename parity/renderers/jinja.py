"""Jinja2, set up as transformers sets it up: sandboxed, blocks trimmed, `tojson` not for HTML."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn

import jinja2
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

Render = Callable[[str, Mapping[str, Any]], str]


class Raised(Exception):
    """What `raise_exception` of a template raises."""


class Generation(Extension):
    """`{% generation %}`, around what the assistant says: here it changes nothing."""

    tags = {"generation"}  # noqa: RUF012 (as the base class has it)

    def parse(self, parser: Parser) -> jinja2.nodes.Node:
        """Return what stands inside, as a block that is called: so transformers has it."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        call = self.call_method("_inside")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _inside(self, caller: Callable[[], str]) -> str:
        return caller()


class Namespace(jinja2.utils.Namespace):
    """Refuses names that begin with an underscore, as transformers' does."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        self, *rest = args
        found = dict(*rest, **kwargs)
        for name in found:
            Namespace._check(name)
        jinja2.utils.Namespace.__init__(self, found)

    def __setitem__(self, name: str, value: Any) -> None:
        Namespace._check(name)
        super().__setitem__(name, value)

    @staticmethod
    def _check(name: object) -> None:
        if isinstance(name, str) and name.startswith("_"):
            raise jinja2.exceptions.SecurityError(f"no namespace has a name like {name!r}")


class Mappings:
    """`dict` of a template: it makes one, and has no other attribute."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """Return a mapping."""
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        """Return a mapping with these keys."""
        return dict.fromkeys(*args)


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


def environment(
    clock: str = "2025-01-02T03:04:05",
    *,
    trim: bool = True,
    lstrip: bool = True,
    tojson: str = "python",
    finalize: Callable[[Any], Any] | None = None,
) -> jinja2.Environment:
    """Return what chat templates are read and rendered in.

    clock: the time of `strftime_now`. finalize: what is printed of each value.
    """
    made = ImmutableSandboxedEnvironment(
        trim_blocks=trim,
        lstrip_blocks=lstrip,
        finalize=finalize,
        extensions=[Generation, "jinja2.ext.loopcontrols"],
    )
    if tojson == "python":
        made.filters["tojson"] = to_json
    made.globals.update(
        raise_exception=_raise,
        strftime_now=datetime.fromisoformat(clock).strftime,
        dict=Mappings(),
        namespace=Namespace,
    )
    return made


def make(settings: Mapping[str, Any]) -> Render:
    """Return a function of a template's source and its variables."""
    named = {key: settings[key] for key in ("trim", "lstrip", "tojson") if key in settings}
    made = environment(settings["clock"], **named)
    compiled = functools.lru_cache(maxsize=256)(made.from_string)

    def render(source: str, variables: Mapping[str, Any]) -> str:
        return compiled(source).render(variables)

    return render


def kind_of(error: BaseException) -> str:
    """Return which kind of failure an exception is."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return "BadTemplate"
    if isinstance(error, Raised):
        return "Raised"
    return "Undefined" if isinstance(error, jinja2.UndefinedError) else "RenderFailed"


def versions() -> dict[str, str]:
    """Return what decides the answers."""
    return {"jinja2": jinja2.__version__}


def files() -> list[str]:
    """Return the files that do the work."""
    parts = ("compiler", "environment", "filters", "lexer", "parser", "runtime", "sandbox", "tests")
    return [str(importlib.import_module(f"jinja2.{part}").__file__) for part in parts]


def _raise(message: str) -> NoReturn:
    raise Raised(message)
