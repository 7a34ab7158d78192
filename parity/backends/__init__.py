"""Implementations under test. One file a kind; this folder is the registry.

A spec string names one: `kind:target[,key=value...]`, for example

    hf:models/qwen                      tokenizers, on models/qwen/tokenizer.json
    hf:tiny:byte-bpe-600                the same, on a tokenizer that tokparity ships
    tiktoken:asset:qwen                 on a real vocabulary, from an installed package
    hf:model:qwen3.6-27b                on that of a model, by the map in models.toml
    hf:hub:ORG/NAME@COMMIT              on one of the hub, where the network is allowed
    py:mypackage.parity:make,size=3     your own: make("...", size="3") returns a Backend

Every spec takes these options, too:

    isolate=process|none     a process of its own; the default is `none`, or what the kind says
    python=PATH              that interpreter's process: a virtual environment, or env:NAME
    timeout=60, memory=8     what such a process may take: for a reply, and of memory in GiB

Some kinds are another kind with options: presets, of ours (presets.toml) and of the user's
([tool.parity.presets] in pyproject.toml). A kind of somebody else's is an entry point in the group
`parity.backends`, naming such a `make`.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.metadata
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from parity.artefact import settled
from parity.backend import Backend
from parity.backends import _presets
from parity.errors import BadSpec, LoadFailed, MissingPackage, ParityError, UnknownBackend
from parity.remote.isolated import start
from parity.remote.options import Apart, apart

GROUP: Final = "parity.backends"
Make = Callable[..., Backend]


class Spec(NamedTuple):
    """A spec string, taken apart."""

    kind: str
    target: str
    options: dict[str, str]


class Known(NamedTuple):
    """A kind that a spec can name.

    needs: packages that it imports, and whether all of them are installed.
    install: what pip installs for it, "" where nobody says.
    language: what the work is done in. isolated: whether it is to have a process of its own.
    """

    kind: str
    summary: str
    needs: tuple[str, ...]
    installed: bool
    origin: str
    install: str = ""
    language: str = ""
    isolated: bool = False


def read_spec(text: str) -> Spec:
    """Take a spec string apart. Raises BadSpec.

    >>> read_spec("hf:models/a,b,revision=main")
    Spec(kind='hf', target='models/a,b', options={'revision': 'main'})
    """
    kind, colon, rest = text.partition(":")
    if not colon or not kind:
        raise BadSpec(f"a backend is written kind:target, such as hf:models/qwen; this is {text!r}")
    target, *pairs = re.split(r",(?=[A-Za-z_]\w*=)", rest)
    options = dict(pair.split("=", 1) for pair in pairs)
    if len(options) < len(pairs):
        raise BadSpec(f"{text!r}: an option comes twice")
    return Spec(kind, target, options)


def load(text: str) -> Backend:
    """Return the backend that a spec names, loaded.

    Raises UnknownBackend, BadSpec, MissingPackage, or, with what its library said, Refused where
    it does not take a file, and LoadFailed where it failed otherwise.
    """
    spec = read_spec(text)
    elsewhere = _apart(spec, text)
    if elsewhere is not None:
        options = {name: settled(value) for name, value in elsewhere.options.items()}
        there = written(Spec(spec.kind, settled(spec.target), options))
        return start(there, elsewhere.python, elsewhere.limits)
    spec.options.pop("isolate", None)
    spec = spelled(spec)
    make = _maker(spec.kind, text)
    _check_options(make, spec, text)
    try:
        backend = make(spec.target, **spec.options)
    except (ParityError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic of compiled code is no Exception
        reason = f"{type(error).__name__}: {error}"
        raise LoadFailed(f"{text!r} cannot be loaded; its library says {reason}") from error
    if type(backend).identity is Backend.identity:
        raise LoadFailed(
            f"{text!r} does not say what it is: give {type(backend).__name__} a method "
            "identity() that returns parity.Identity(the object that does the work), so that it "
            "cannot be compared with itself"
        )
    backend.spec = text
    return backend


def spelled(spec: Spec) -> Spec:
    """Return a spec with the kind and the options that a preset stands for; others as they are."""
    preset = _preset(spec.kind)
    if preset is None:
        return spec
    named = {"package": preset.package} if preset.package else {}
    return Spec(preset.like, spec.target, {**named, **preset.options, **spec.options})


def isolated(text: str) -> bool:
    """Say whether the kind of a spec is to have a process of its own: it may patch others or crash.

    Nothing of the backend is imported for the answer. Raises BadSpec.
    """
    kind = read_spec(text).kind
    preset = _preset(kind)
    if preset and preset.isolated is not None:
        return preset.isolated
    path = _file(preset.like if preset else kind)
    return path is not None and _constants(path).get("ISOLATED") is True


def known() -> list[Known]:
    """Return every kind that a spec can name, without importing any backend's library."""
    ours = [_describe(path) for path in _files().values()]
    presets = [_described(preset) for preset in _presets.presets(frozenset(_files())).values()]
    theirs = [
        Known(point.name, point.value, (), installed=True, origin=getattr(point.dist, "name", "?"))
        for point in importlib.metadata.entry_points(group=GROUP)
    ]
    return ours + presets + theirs


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("[!_]*.py"))}


def _file(kind: str) -> Path | None:
    return _files().get(kind)


def _preset(kind: str) -> _presets.Preset | None:
    """Return the preset that a kind is, if it is one. A file here stands before it."""
    if _file(kind):
        return None
    return _presets.presets(frozenset(_files())).get(kind)


def written(spec: Spec) -> str:
    """Return a spec as a text.

    >>> written(read_spec("hf:models/a,b,revision=main"))
    'hf:models/a,b,revision=main'
    """
    return ",".join([f"{spec.kind}:{spec.target}", *map("=".join, spec.options.items())])


def _apart(spec: Spec, text: str) -> Apart | None:
    """Return how a spec runs in a process of its own, without importing what it needs."""
    preset = _preset(spec.kind)
    path = _file(preset.like if preset else spec.kind)
    own = _options(path) if path else ()
    return apart(spec.options, own, text, by_default=isolated(text))


@functools.cache
def _options(path: Path) -> tuple[str, ...]:
    """Return the options that the `make` of a file names."""
    made = (
        node for node in ast.parse(path.read_bytes()).body if getattr(node, "name", "") == "make"
    )
    return tuple(
        argument.arg
        for node in made
        if isinstance(node, ast.FunctionDef)
        for argument in (*node.args.args[1:], *node.args.kwonlyargs)
    )


def _maker(kind: str, text: str) -> Make:
    if _file(kind):
        make: Make = _import(kind).make
        return make
    for point in importlib.metadata.entry_points(group=GROUP, name=kind):
        try:
            loaded: Make = point.load()
        except Exception as error:
            place = f"the entry point {point.value!r} of {kind!r}"
            raise LoadFailed(f"{place} fails: {error}") from error
        return loaded
    if _preset(kind):
        raise UnknownBackend(
            f"{text!r}: {kind!r} is a preset, and a preset is like a kind of its own"
        )
    kinds = ", ".join(sorted(row.kind for row in known()))
    raise UnknownBackend(f"no backend kind {kind!r} in {text!r}; known: {kinds}")


def _import(kind: str) -> ModuleType:
    try:
        return importlib.import_module(f"{__name__}.{kind}")
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "parity":
            raise
        if isinstance(error, ModuleNotFoundError):
            raise MissingPackage(
                f"backend {kind!r} needs the package {error.name}: pip install 'tokparity[{kind}]'"
            ) from error
        raise LoadFailed(f"a package of backend {kind!r} cannot be imported: {error}") from error


def _check_options(make: Make, spec: Spec, text: str) -> None:
    parameters = list(inspect.signature(make).parameters.values())[1:]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    names = [parameter.name for parameter in parameters]
    for option in spec.options:
        if option not in names:
            known_names = ", ".join(names) or "none"
            raise BadSpec(f"{text!r}: {spec.kind} has no option {option!r}; known: {known_names}")


def _described(preset: _presets.Preset) -> Known:
    needs = (preset.module,) if preset.module else ()
    installed = all(map(importlib.util.find_spec, needs))
    summary = preset.summary or f"{preset.like}, with options."
    return Known(
        preset.name, summary, needs, installed, preset.origin, preset.package or preset.module,
        preset.language, isolated(f"{preset.name}:"),
    )  # fmt: skip


def _describe(path: Path) -> Known:
    tree = ast.parse(path.read_bytes())
    summary = (ast.get_docstring(tree) or "").partition("\n")[0]
    imported = [
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    ] + [
        node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module
    ]  # fmt: skip
    tops = {name.partition(".")[0] for name in imported} - {"parity"} - sys.stdlib_module_names
    installed = all(importlib.util.find_spec(top) for top in tops)
    constants = _constants(path)
    return Known(
        path.stem, summary, tuple(sorted(tops)), installed, "tokparity",
        f"tokparity[{path.stem}]" if tops else "", constants.get("LANGUAGE", "Python"),
        constants.get("ISOLATED") is True,
    )  # fmt: skip


@functools.cache
def _constants(path: Path) -> dict[str, Any]:
    """Return the constants of a module that are written as such: LANGUAGE, ISOLATED."""
    tree = ast.parse(path.read_bytes())
    return {
        node.target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Constant)
    }
