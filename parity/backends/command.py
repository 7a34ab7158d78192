"""A program in any language that answers JSON lines: `command:./tok --flag,model=DIR`.

It speaks the protocol of docs/protocol.md over standard input and output; it runs in a process of
its own, and is started again where it dies. The target is its command line, split as a shell would.

    model=TARGET     what it is asked to load: a path, tiny:NAME or asset:NAME
    timeout=60       seconds that a reply may take
    memory=8         GiB that it may have (watched on Linux)

Any other option goes to its `load`, whose error of the kind `Refused` says that it does not take
that file. Its identity is the program's file, the files among its
arguments, what it says in `hello`, and the digests of what it loaded, which are compared with the
files that lie there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from parity.artefact import resolve
from parity.backend import HOW, Backend
from parity.errors import BadSpec, LoadFailed, NotWhatWasAsked, ParityError, Refused
from parity.remote import wire
from parity.remote.foreign import Foreign
from parity.remote.options import limits
from parity.remote.process import STARTING, Process, ProcessFailed
from parity.remote.replies import OFFSETS
from parity.remote.talking import Talker

LANGUAGE: Final = "any"
REFUSED: Final = "Refused"
"""The kind of an error by which a program says that it does not take a file."""
WANTED: Final[Mapping[str, type]] = {
    "name": str, "version": str, "language": str, "capabilities": list, "offsets": str,
}  # fmt: skip
"""What a hello must say."""


def make(
    target: str, model: str = "", timeout: str = "", memory: str = "", **options: str
) -> Backend:
    """Return the backend of a command line."""
    options.pop("isolate", None)
    if options and not model:
        names = ", ".join(options)
        raise BadSpec(f"command:{target}: {names}: options are for what model=PATH loads; name it")
    command = _command(target)
    path = str(resolve(model).absolute()) if model else ""
    made: list[Foreign] = []

    def greet(talker: Talker) -> None:
        _greet(talker, made[0], path, options)

    process = Process(command, limits({"timeout": timeout, "memory": memory}, f"command:{target}"))
    made.append(Foreign(Talker(process, greet), partial(_mark, command)))
    made[0].options = options
    try:
        made[0].talker.ask({"op": "hello", "protocol": wire.VERSION}, STARTING)
    except ProcessFailed as error:
        kind = type(error).__name__
        raise LoadFailed(f"command:{target}: {kind}: {error}") from error
    return made[0]


def _command(target: str) -> list[str]:
    try:
        command = shlex.split(target)
    except ValueError as error:
        raise BadSpec(f"command:{target}: {error}") from error
    if not command:
        raise BadSpec("command: wants a command line, such as command:./tok --flag")
    program = shutil.which(command[0])
    if program is None:
        raise LoadFailed(
            f"command:{target}: there is no program {command[0]!r} that may be executed; a path "
            "is as seen from the folder that tokparity is started in"
        )
    return [str(Path(program).absolute()), *command[1:]]


def _greet(talker: Talker, harness: Foreign, path: str, options: Mapping[str, str]) -> None:
    """Ask who it is, and have it load; it must be what it was before."""
    hello = talker.ask({"op": "hello", "protocol": wire.VERSION}, STARTING)
    _check_hello(hello)
    if harness.hello and hello != harness.hello:
        raise NotWhatWasAsked(f"{harness.name} was started again and is another: {hello}")
    harness.hello = hello
    if not path:
        return
    if "load" not in hello["capabilities"]:
        raise LoadFailed(f"{harness.name} loads nothing; leave model={path} out")
    try:
        loaded = talker.ask({"op": "load", "path": path, "options": dict(options)})
    except (ProcessFailed, ParityError):
        raise
    except Exception as error:
        kind = type(error).__name__
        made = Refused if kind == REFUSED else LoadFailed
        raise made(f"{harness.name} does not load {path}: {kind}: {error}") from error
    if not isinstance(loaded, dict):
        raise LoadFailed(f"{harness.name} answers load with no object: {ascii(loaded)[:80]}")
    _check_texts(loaded, ("artefacts", "facts"))
    harness.artefact = loaded
    _check_artefacts(harness.name, Path(path), loaded.get("artefacts", {}))


def _check_hello(hello: Any) -> None:
    """Raise LoadFailed for a hello that does not say what is wanted."""
    if not isinstance(hello, dict):
        raise LoadFailed(f"its hello is no object: {ascii(hello)[:80]}")
    if hello.get("protocol") != wire.VERSION:
        spoken = ascii(hello.get("protocol"))
        raise LoadFailed(f"it speaks version {spoken} of the protocol, this is {wire.VERSION}")
    for key, kind in WANTED.items():
        if not isinstance(hello.get(key), kind):
            raise LoadFailed(f"its hello has no {key!r}, a {kind.__name__}: {ascii(hello)[:200]}")
    if not all(isinstance(one, str) for one in hello["capabilities"]):
        raise LoadFailed(f"its capabilities are names: {ascii(hello['capabilities'])[:200]}")
    _check_texts(hello, ("packages", "facts", "artefacts"))
    if hello["offsets"] not in OFFSETS:
        known = ", ".join(OFFSETS)
        raise LoadFailed(f"its hello has offsets {hello['offsets']!r}; known: {known}")


def _check_texts(said: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raise LoadFailed for what is no object of texts."""
    for name in names:
        found = said.get(name, {})
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise LoadFailed(f"its {name!r} is an object of texts, not {ascii(found)[:80]}")


def _check_artefacts(name: str, path: Path, said: Mapping[str, str]) -> None:
    """Raise NotWhatWasAsked where it says that it loaded other bytes than those that lie there."""
    folder = path if path.is_dir() else path.parent
    for file, digest in said.items():
        here = folder / file
        if here.is_file() and _sha256(here) != digest:
            raise NotWhatWasAsked(
                f"{name} says that it loaded {file} with the SHA-256 {digest}; {here} has "
                f"{_sha256(here)}"
            )


def _mark(command: Sequence[str], pid: int) -> dict[str, Any]:
    """Return the program and its arguments as parts of a fingerprint, as they are now.

    On Linux they are those of the running process: a shell that becomes it is not what it is.
    """
    program, words = Path(command[0]).resolve(), list(command[1:])
    with contextlib.suppress(OSError):
        running = Path(f"/proc/{pid}/exe").resolve(strict=True)
        told = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        program, words = running, [os.fsdecode(word) for word in told[1:]]
    files = [Path(word) for word in words if Path(word).is_file()]
    shown = [Path(word).name if Path(word) in files else word for word in words]
    return {
        "file": program.name,
        "file_sha256": _sha256(program),
        "artefacts": {path.name: _sha256(path) for path in files},
        "facts": {f"{HOW}arguments": shlex.join(shown)} if shown else {},
    }


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LoadFailed(f"{path}: cannot be read: {error.strerror}") from error
