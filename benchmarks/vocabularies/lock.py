"""lock.toml: which package, which file in it, and the SHA-256 of each.

[[package]]
tool = "pip"                     or npm
package = "openai-whisper"
version = "20250625"
archive = "..."                  its SHA-256; none where platforms have wheels of their own
source = true                    pip takes the source distribution
[package.vocabulary.whisper]
form = "whisper"                 how a tokenizer.json is made of the files: a row of forms.FORMS
files = {"whisper/assets/multilingual.tiktoken" = "...", "whisper/tokenizer.py" = "..."}
built = "..."                    the SHA-256 of that tokenizer.json
pre = "mpt"                      the pipeline of a GGUF file that names none
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity.errors import LockMismatch
from parity.packages import Package

LOCK: Final = Path(__file__).with_name("lock.toml")
TOOLS: Final = ("pip", "npm")
HEX_DIGITS: Final = 64
"""Of a SHA-256."""


class Vocabulary(NamedTuple):
    """A tokenizer.json to be made; `files` are paths in the package, each with its SHA-256."""

    name: str
    package: Package
    form: str
    files: Mapping[str, str]
    built: str
    pre: str = ""


def read(path: Path = LOCK) -> dict[str, Vocabulary]:
    """Return the vocabularies by name. Raises LockMismatch for a lock that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LockMismatch(f"{path} cannot be read: {error}") from error
    found: dict[str, Vocabulary] = {}
    for entry in content.get("package", []):
        own = {key: value for key, value in entry.items() if key != "vocabulary"}
        package = _made(Package, own, f"{path.name}: package {entry.get('package')!r}")
        where = f"{path.name}: {package.package}"
        if package.tool not in TOOLS:
            raise LockMismatch(f"{where}: the tool is {package.tool!r}; known are {TOOLS}")
        if package.source and not package.archive:
            raise LockMismatch(f"{where}: a source distribution has no archive: pip looks into it")
        for name, fields in entry.get("vocabulary", {}).items():
            if name in found:
                raise LockMismatch(f"{where}: the vocabulary {name!r} comes twice")
            whole = {**fields, "name": name, "package": package}
            found[name] = _made(Vocabulary, whole, f"{where}: {name!r}")
            _refuse_odd(found[name], where)
    if not found:
        raise LockMismatch(f"{path} names no vocabulary")
    return found


def _made(kind: Any, fields: Mapping[str, Any], where: str) -> Any:
    try:
        return kind(**fields)
    except TypeError as error:
        raise LockMismatch(f"{where}: wanted are {', '.join(kind._fields)}: {error}") from error


def _refuse_odd(one: Vocabulary, where: str) -> None:
    archive = {"archive": one.package.archive} if one.package.archive else {}
    for what, digest in {**archive, **one.files, "built": one.built}.items():
        if len(digest) != HEX_DIGITS or not set(digest) <= set("0123456789abcdef"):
            raise LockMismatch(f"{where}: {one.name!r}: {what} is no SHA-256: {digest!r}")
    if not one.files:
        raise LockMismatch(f"{where}: {one.name!r} has no files")
    if Path(one.name).name != one.name or one.name.startswith("."):
        raise LockMismatch(f"{where}: {one.name!r} is no name of a folder")
