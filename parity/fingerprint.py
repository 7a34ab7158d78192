"""What a backend really is: the evidence that two sides are two things, and the ones asked for.

A popular fast tokenizer replaces another's classes for the whole process; a loader may fall back
to something else without a word. So a side is known by what does its work (the concrete class and
the file that it is compiled in) and by the digests of the files that decide its answers, never by
the name that somebody gave it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import sys
import types
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final, NamedTuple

from parity.backend import HOW, Backend
from parity.errors import LoadFailed, NotWhatWasAsked, SelfComparison

OURS: Final = "tokparity"
_BUILT_IN: Final = (
    types.BuiltinFunctionType,
    types.ClassMethodDescriptorType,
    types.MethodDescriptorType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    type(functools.lru_cache(len)),
)
SERVER: Final = "server"
"""The fact that says where a side runs, if it does not run here."""
_ON_THE_HEAP: Final = 1 << 9
"""Py_TPFLAGS_HEAPTYPE: a class that was not compiled into the interpreter."""
_CYTHON: Final = "_cython_"
"""How the module of Cython's own kinds of function is named; its version follows."""


class Fingerprint(NamedTuple):
    """The identity of one side.

    spec: as the user named it; it does not count for equality.
    native: the concrete class that does the work, with its module.
    file, file_sha256: what that class is made from; the digest is of the file's bytes.
    artefacts: SHA-256 of each file that decides answers, by file name.
    packages: version of each distribution that decides answers.
    facts: options and tables that change answers.
    """

    spec: str
    native: str
    file: str
    file_sha256: str
    artefacts: dict[str, str]
    packages: dict[str, str]
    facts: dict[str, str]

    def essence(self) -> tuple[object, ...]:
        """Return what must differ between two sides for a comparison to mean anything.

        What runs elsewhere is where it runs, and what it is called there, whatever else is known.
        """
        if SERVER in self.facts:
            return self.native, self.facts[SERVER], self.facts.get("model", "")
        return (
            self.native,
            self.file_sha256,
            sorted(self.artefacts.values()),
            sorted(self.packages.items()),
            sorted(self._what().items()),
        )

    def _what(self) -> dict[str, str]:
        """Return the facts that do not only say how it was made."""
        return {name: text for name, text in self.facts.items() if not name.startswith(HOW)}

    def is_way_to(self, other: Fingerprint) -> bool:
        """Say whether this is another way to what the other one is.

        A library that is driven by its shape names neither the files nor the facts that an adapter
        of its own does; so what both of them know must differ somewhere.
        """
        if self._what() == self.facts or not self.file_sha256:
            return False
        files, others = set(self.artefacts.values()), set(other.artefacts.values())
        return (
            (self.native, self.file_sha256) == (other.native, other.file_sha256)
            and (files <= others or others <= files)
            and all(other._what().get(name, text) == text for name, text in self._what().items())
        )


def take(spec: str, backend: Backend) -> Fingerprint:
    """Return the fingerprint of a loaded backend, as it is now.

    Raises NotWhatWasAsked if its native class does not come from where it must.
    """
    try:
        identity = backend.identity()
        _ = identity.native, identity.facts
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit is no way to say what one is
        reason = f"{type(error).__name__}: {error}"
        raise LoadFailed(f"{spec!r} cannot say what it is: {reason}") from error
    if identity.taken is not None:
        return Fingerprint(**{**identity.taken, "spec": spec})
    native = identity.native if isinstance(identity.native, type) else type(identity.native)
    file = _file_of(native)
    if identity.origin:
        _check_origin(spec, native, file, identity.origin)
        _check_instance(spec, identity.native)
    for part in identity.parts:
        own = part.native if isinstance(part.native, type) else type(part.native)
        if part.origin:
            _check_origin(spec, own, _file_of(own), part.origin)
            _check_instance(spec, part.native)
        if part.wrapper_origin:
            wrapper = type(part.wrapper)
            _check_origin(spec, wrapper, _file_of(wrapper), part.wrapper_origin)
    if identity.wrapper_origin:
        wrapper = type(identity.wrapper)
        _check_origin(spec, wrapper, _file_of(wrapper), identity.wrapper_origin)
    return Fingerprint(
        spec=spec,
        native=f"{native.__module__}.{native.__qualname__}",
        file=file.name if file else "",
        file_sha256=_native_sha256(file) if file else "",
        artefacts=_digests(identity.artefacts),
        packages={name: _version(name) for name in identity.packages},
        facts={name: str(value) for name, value in sorted(identity.facts.items())},
    )


def refuse_equal(reference: Fingerprint, candidate: Fingerprint) -> None:
    """Raise SelfComparison where both sides are one thing under two names."""
    ways = reference.is_way_to(candidate) or candidate.is_way_to(reference)
    if ways or reference.essence() == candidate.essence():
        raise SelfComparison(
            f"{reference.spec!r} and {candidate.spec!r} are one and the same: {reference.native} "
            f"in {reference.file or 'memory'} with the same artefacts; comparing them would prove "
            "nothing (--self-check says that it is meant)"
        )


def _check_origin(spec: str, native: type, file: Path | None, origin: str) -> None:
    home = _home(origin)
    if file is None or home is None or not file.is_relative_to(home):
        raise NotWhatWasAsked(
            f"{spec!r} was to run on {origin}, but its class is {native.__module__}."
            f"{native.__qualname__} from {file or 'nowhere on disk'}: something in this process "
            "patched it; run the two sides without that, or name it as a backend"
        )
    for owner in native.__mro__[:-1]:
        _check_methods(spec, owner, origin, home)


def _check_methods(spec: str, owner: type, origin: str, home: Path) -> None:
    """Refuse methods that somebody replaced; compiled classes can be patched as well."""
    for name, member in vars(owner).items():
        for layer in _layers(member):
            if not _is_its_own(layer, origin, home):
                code = getattr(layer, "__code__", None)
                raise NotWhatWasAsked(
                    f"{spec!r}: {owner.__qualname__}.{name} was replaced by "
                    f"{code.co_filename if code else type(layer).__qualname__}; what runs is not "
                    "what was named"
                )


def _check_instance(spec: str, native: object) -> None:
    own = {} if isinstance(native, type) else getattr(native, "__dict__", {})
    for name in own:
        if isinstance(getattr(type(native), name, None), types.FunctionType):
            raise NotWhatWasAsked(
                f"{spec!r}: the method {name!r} of this {type(native).__qualname__} was replaced; "
                "what runs is not what was named"
            )


def _layers(member: object) -> Iterator[object]:
    """Yield a member of a class and all that it wraps: what is wrapped excuses no wrapper."""
    if isinstance(member, property):
        inner = [member.fget, member.fset, member.fdel]
    elif isinstance(member, staticmethod | classmethod) or _is_instancemethod(member):
        inner = [getattr(member, "__func__", None)]
    elif isinstance(member, functools.partial | functools.cached_property):
        inner = [member.func]
    else:
        yield member
        inner = [vars(member).get("__wrapped__")] if hasattr(member, "__dict__") else []
    for layer in inner:
        if layer is not None:
            yield from _layers(layer)


def _is_instancemethod(member: object) -> bool:
    """Say whether this is what pybind11 wraps a compiled method in; Python has no name for it.

    A class of that name that somebody wrote is one on the heap.
    """
    kind = type(member)
    return kind.__qualname__ == "instancemethod" and not kind.__flags__ & _ON_THE_HEAP


def _is_its_own(layer: object, origin: str, home: Path) -> bool:
    kind = type(layer)  # a mock lies about its __class__, and so to isinstance
    if isinstance(layer, types.FunctionType) and kind is types.FunctionType:
        file = layer.__code__.co_filename
        if file.startswith("<"):  # written by a program, such as the methods of a dataclass
            return str(layer.__globals__.get("__name__")).partition(".")[0] == origin
        return Path(file).resolve().is_relative_to(home) or _in_standard_library(file)
    if kind.__module__.startswith(_CYTHON):
        written_in = getattr(layer, "__globals__", {}).get("__name__")
        return str(written_in).partition(".")[0] == origin
    known = kind in _BUILT_IN or issubclass(kind, type) or not callable(layer)
    return known or kind.__module__.partition(".")[0] == origin


def _in_standard_library(file: str) -> bool:
    path = Path(file).resolve()
    inside = path.is_relative_to(Path(os.__file__).resolve().parent)
    return inside and not {"site-packages", "dist-packages", "unittest"} & set(path.parts)


def _home(origin: str) -> Path | None:
    module = sys.modules.get(origin)
    file = getattr(module, "__file__", None)
    return Path(file).resolve().parent if file else None


def _file_of(native: type) -> Path | None:
    """Return the file that a class is made from: the extension module, where it is compiled."""
    top = native.__module__.partition(".")[0]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or not file.endswith(tuple(EXTENSION_SUFFIXES)):
            continue
        near = name.partition(".")[0] == top or native.__module__ == "builtins"
        if near and getattr(module, native.__name__, None) is native:
            return Path(file).resolve()
    file = getattr(sys.modules.get(native.__module__), "__file__", None)
    return Path(file).resolve() if file else None


def _digests(artefacts: Iterable[str]) -> dict[str, str]:
    paths = [Path(name) for name in artefacts]
    names = Counter(path.name for path in paths)
    return {path.name if names[path.name] == 1 else str(path): _sha256(path) for path in paths}


def _native_sha256(path: Path) -> str:
    """Return the digest of a compiled file: megabytes, so it is read again only when it changed."""
    found = path.stat()
    return _remembered_sha256(path, found.st_ino, found.st_size, found.st_mtime_ns)


@functools.lru_cache
def _remembered_sha256(path: Path, *_: int) -> str:
    return _sha256(path)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LoadFailed(f"{path}: cannot be read any more: {error.strerror}") from error


def _version(package: str) -> str:
    if package == OURS:  # in another interpreter nothing of that name is installed
        return str(sys.modules["parity"].__version__)
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed as a distribution"
