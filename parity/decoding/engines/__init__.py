"""Engines: one file each; this folder is the registry.

A spec names one: `kind[:model][,key=value...]`, for example

    transformers                          on the model of the command, as it is
    transformers,attention=eager,batch=8  with options of its own
    llama-server:model.gguf,parallel=4    on another model
    callable:mypackage.decoding:make      your own: make() returns a parity.decoding.engine.Engine

A `-` in a kind is a `_` in its file's name. A file that imports a library says by its constant
EXTRA which extra of this package installs it. Every engine takes these options, which say how it is
asked and run, not what it is:

    batch=8              prompts that are given to it at once (1)
    order=given          given, reversed, or shuffled with a seed: shuffled-7
    twice=yes            each batch is asked twice and the second answer counts: a warm cache
    threads=1            OMP_NUM_THREADS and its kin, before its process starts
    timeout=600          seconds that a batch may take
    memory=8             GiB that its process may take
    python=PATH|env:NAME another interpreter
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

from parity.decoding.engine import Engine
from parity.errors import BadSpec, LoadFailed, MissingPackage, ParityError, UnknownBackend

HOW_IT_IS_ASKED: Final = ("batch", "order", "twice", "threads", "timeout", "memory", "python")
"""Options of every engine, which its own `make` never sees."""


class Spec(NamedTuple):
    """A spec of an engine, taken apart.

    model: its target, or that of the command.
    options: its engine's own. asked: those of HOW_IT_IS_ASKED.
    """

    kind: str
    model: str
    options: dict[str, str]
    asked: dict[str, str]

    @property
    def text(self) -> str:
        """The spec without what only says how it is asked."""
        return ",".join([f"{self.kind}:{self.model}", *map("=".join, self.options.items())])


class Known(NamedTuple):
    """An engine that a spec can name: what it is, and whether its packages are installed."""

    kind: str
    summary: str
    needs: tuple[str, ...]
    installed: bool


def read_spec(text: str, model: str = "") -> Spec:
    """Take a spec apart; `model` is the target where it has none. Raises BadSpec.

    >>> read_spec("transformers,attention=eager,batch=8", "tiny")
    Spec(kind='transformers', model='tiny', options={'attention': 'eager'}, asked={'batch': '8'})
    """
    head, *pairs = re.split(r",(?=[A-Za-z_]\w*=)", text)
    kind, _, target = head.partition(":")
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", kind):
        raise BadSpec(
            f"an engine is written kind[:model][,key=value], such as transformers,batch=8; "
            f"this is {text!r}"
        )
    options = dict(pair.split("=", 1) for pair in pairs)
    if len(options) < len(pairs):
        raise BadSpec(f"{text!r}: an option comes twice")
    asked: dict[str, str] = {name: options.pop(name) for name in HOW_IT_IS_ASKED if name in options}
    return Spec(kind, target or model, options, asked)


def load(text: str) -> Engine:
    """Return the engine that a spec names, loaded in this process.

    Raises UnknownBackend, BadSpec, MissingPackage, Refused or LoadFailed.
    """
    spec = read_spec(text)
    make = _module(spec.kind, text).make
    names = list(inspect.signature(make).parameters)[1:]
    for option in spec.options:
        if option not in names:
            known_names = ", ".join((*names, *HOW_IT_IS_ASKED))
            raise BadSpec(f"{text!r}: {spec.kind} has no option {option!r}; known: {known_names}")
    try:
        engine: Engine = make(spec.model, **spec.options)
    except (ParityError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic of compiled code is no Exception
        reason = f"{type(error).__name__}: {error}"
        raise LoadFailed(f"{text!r} cannot be loaded; its library says {reason}") from error
    engine.spec = text
    return engine


def known() -> list[Known]:
    """Return every engine, without importing any library of theirs."""
    return [_described(path) for path in _files().values()]


def needs(kind: str) -> str:
    """Return what is missing for an engine, in words, or "". Raises UnknownBackend."""
    path = _files().get(kind.replace("-", "_"))
    if path is None:
        raise _unknown(kind, kind)
    missing = [name for name in _described(path).needs if not importlib.util.find_spec(name)]
    return f"{kind} needs {', '.join(missing)}: {_install(path)}" if missing else ""


def options(kind: str) -> list[str]:
    """Return the options that an engine's `make` takes, without importing its library.

    Raises UnknownBackend.
    """
    path = _files().get(kind.replace("-", "_"))
    if path is None:
        raise _unknown(kind, kind)
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "make":
            return [one.arg for one in (*node.args.args, *node.args.kwonlyargs)][1:]
    return []


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("[!_]*.py"))}


def _install(path: Path) -> str:
    """Return the command that installs what an engine's file imports: its constant EXTRA."""
    extra = next(
        str(node.value.value)
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
        if ast.unparse(node.target) == "EXTRA"
    )
    return f"pip install 'tokparity[{extra}]'"


def _unknown(kind: str, text: str) -> UnknownBackend:
    kinds = ", ".join(name.replace("_", "-") for name in _files())
    return UnknownBackend(f"no engine {kind!r} in {text!r}; known: {kinds}")


def _module(kind: str, text: str) -> ModuleType:
    name = kind.replace("-", "_")
    path = _files().get(name)
    if path is None:
        raise _unknown(kind, text)
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "parity":
            raise
        if isinstance(error, ModuleNotFoundError):
            raise MissingPackage(
                f"engine {kind!r} needs the package {error.name}: {_install(path)}"
            ) from error
        raise LoadFailed(f"a package of engine {kind!r} cannot be imported: {error}") from error


def _described(path: Path) -> Known:
    tree = ast.parse(path.read_bytes())
    imported = {
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    } | {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module}
    tops = {name.partition(".")[0] for name in imported} - {"parity"} - sys.stdlib_module_names
    summary = (ast.get_docstring(tree) or "").partition("\n")[0]
    installed = all(map(importlib.util.find_spec, tops))
    return Known(path.stem.replace("_", "-"), summary, tuple(sorted(tops)), installed)
