"""What a backend really is: the evidence that two sides are two things, and the ones asked for.

A popular fast tokenizer replaces another's classes for the whole process; a loader may fall back
to something else without a word. So a side is known by what does its work (the concrete class and
the file that it is compiled in) and by the digests of the files that decide its answers, never by
the name that somebody gave it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
import sys
import types
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import NamedTuple

from parity.backend import Backend
from parity.errors import LoadFailed, NotWhatWasAsked, SelfComparison


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
        """Return what must differ between two sides for a comparison to mean anything."""
        return self.native, self.file_sha256, sorted(self.artefacts.values()), sorted(
            self.facts.items()
        )


def take(spec: str, backend: Backend) -> Fingerprint:
    """Return the fingerprint of a loaded backend, as it is now.

    Raises NotWhatWasAsked if its native class does not come from where it must.
    """
    identity = backend.identity()
    native = identity.native if isinstance(identity.native, type) else type(identity.native)
    file = _file_of(native)
    if identity.origin:
        _check_origin(spec, native, file, identity.origin)
    return Fingerprint(
        spec=spec,
        native=f"{native.__module__}.{native.__qualname__}",
        file=file.name if file else "",
        file_sha256=_sha256(file) if file else "",
        artefacts={Path(name).name: _sha256(Path(name)) for name in identity.artefacts},
        packages={name: _version(name) for name in identity.packages},
        facts={name: str(value) for name, value in sorted(identity.facts.items())},
    )


def refuse_equal(reference: Fingerprint, candidate: Fingerprint) -> None:
    """Raise SelfComparison where both sides are one thing under two names."""
    if reference.essence() == candidate.essence():
        raise SelfComparison(
            f"{reference.spec!r} and {candidate.spec!r} are one and the same: {reference.native} "
            f"in {reference.file or 'memory'} with the same artefacts; comparing them would prove "
            "nothing (--self-check says that it is meant)"
        )


def _check_origin(spec: str, native: type, file: Path | None, origin: str) -> None:
    home = _home(origin)
    if file is None or home is None or not file.is_relative_to(home):
        raise NotWhatWasAsked(
            f"{spec!r} was to run on {origin}, but its class is "
            f"{native.__module__}.{native.__qualname__} from {file or 'nowhere on disk'}: something "
            "in this process patched it; run the two sides without that, or name it as a backend"
        )
    if file.suffix == ".py":
        _check_methods(spec, native, home)


def _check_methods(spec: str, native: type, home: Path) -> None:
    for name, member in vars(native).items():
        code = getattr(inspect.unwrap(member) if callable(member) else None, "__code__", None)
        if isinstance(code, types.CodeType) and not _within(code.co_filename, home):
            raise NotWhatWasAsked(
                f"{spec!r}: {native.__qualname__}.{name} was replaced by code in "
                f"{code.co_filename}; what runs is not what was named"
            )


def _within(filename: str, home: Path) -> bool:
    return filename.startswith("<") or Path(filename).resolve().is_relative_to(home)


def _home(origin: str) -> Path | None:
    module = sys.modules.get(origin)
    file = getattr(module, "__file__", None)
    return Path(file).resolve().parent if file else None


def _file_of(native: type) -> Path | None:
    """Return the file that a class is made from: the extension module, where it is compiled."""
    top = native.__module__.partition(".")[0]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        compiled = file and file.endswith(tuple(EXTENSION_SUFFIXES))
        near = name.partition(".")[0] == top or native.__module__ == "builtins"
        if compiled and near and getattr(module, native.__name__, None) is native:
            return Path(file).resolve()
    file = getattr(sys.modules.get(native.__module__), "__file__", None)
    return Path(file).resolve() if file else None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LoadFailed(f"{path}: cannot be read any more: {error.strerror}") from error


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed as a distribution"
