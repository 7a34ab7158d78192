"""A backend of this package in a process of its own, of this interpreter or of another one.

The process loads the spec, as anybody would, and answers as `parity.harness`: every operation of a
backend is one question (`call`), and a whole look is one (`afar`), so that what is looked at there
is looked at as here, threads and batches included. Arguments and answers are pickled; what comes
back is read as plain data and our own plain types, and nothing else.
"""

from __future__ import annotations

import base64
import io
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import regex

from parity.backend import Backend, Identity
from parity.errors import LoadFailed, MissingPackage
from parity.packed import PackedIds
from parity.remote.process import STARTING, Garbage, Limits, Process, ProcessFailed
from parity.remote.talking import Talker

ROOT: Final = Path(__file__).parent.parent
BOOT: Final = Path(__file__).with_name("boot.py")
HARNESS: Final = "parity.harness"
"""The module that answers there."""
ENV: Final = "env:"
ENVIRONMENTS: Final = Path(".parity") / "envs"
"""Where the environments of a folder are: in that folder."""
RECORD: Final = "tokparity.json"
"""What was asked for and what is installed, in an environment that is whole."""
LOADING: Final = 600.0
"""Seconds that a spec may take to load there: real vocabularies are built first."""
PLAIN: Final = frozenset({"set", "frozenset", "bytearray", "complex"})
"""Built-in types that come back, beside those that have a form of their own."""


class Isolated(Backend):
    """A backend that another process holds.

    about: what that process said when it had loaded the spec.
    """

    here = False
    releases_gil = True

    def __init__(self, spec: str, process: Process) -> None:
        self.loaded, self.talker = spec, Talker(process, self._greet, ours=True)
        self.about: dict[str, Any] = {}
        self._load()

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name that the backend has there."""
        return str(self.about.get("name", "isolated"))

    @property
    def algorithm(self) -> str:
        """The algorithm of the backend there."""
        return str(self.about["algorithm"])

    @property
    def stop_rule(self) -> str:
        """The tie rule of the backend there."""
        return str(self.about["stop_rule"])

    def identity(self) -> Identity:
        """Say what the backend there is, as its own process finds it now."""
        return Identity(self, taken=self.talker.ask({"op": "fingerprint"}))

    def close(self) -> None:
        """End the process."""
        self.talker.close()

    def calling(self, operation: str, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Return what an operation gives there; what it did to its arguments is done here too.

        Raises what it raises there, by the name of its class, or a ProcessFailed.
        """
        question = {"op": "call", "operation": operation, "pickle": packed((args, dict(named)))}
        value, after = unpacked(self.talker.ask(question))
        if after is not None:
            for mine, changed in zip((*args, *named.values()), after, strict=True):
                mirror(mine, changed)
        return value

    def _load(self) -> None:
        try:
            self.talker.ask({"op": "hello"})
        except ProcessFailed as error:
            self.talker.close()
            program, kind = self.talker.process.command[0], type(error).__name__
            raise LoadFailed(
                f"{program} does not run a backend in a process of its own: {kind}: {error}; is it "
                "Python 3.11 or later?"
            ) from error
        except MissingPackage as error:
            program = self.talker.process.command[0]
            raise MissingPackage(
                f"in the environment of {program}: {error}; that is: {program} -m pip install ..."
            ) from error

    def _greet(self, talker: Talker) -> None:
        talker.ask({"op": "hello"}, STARTING)
        about = talker.ask({"op": "open", "spec": self.loaded}, LOADING)
        self.about = self.about or about


def _forwarded(operation: str) -> Callable[..., Any]:
    def forward(self: Isolated, *args: Any, **named: Any) -> Any:
        return self.calling(operation, args, named)

    return forward


OPERATIONS: Final = tuple(
    name
    for name, found in vars(Backend).items()
    if callable(found)
    and not name.startswith("_")
    and name not in ("identity", "close", "lacks", "ahead")
)
"""What is asked of the other process: every operation of a Backend."""
for _name in OPERATIONS:
    setattr(Isolated, _name, _forwarded(_name))


def start(spec: str, python: str, limits: Limits) -> Isolated:
    """Return a spec's backend, loaded in a process of its own.

    python: the path of an interpreter or of a virtual environment; "" is this one.
    Raises LoadFailed where there is none, and what loading raises there.
    """
    return Isolated(spec, program(HARNESS, python, limits))


def program(module: str, python: str, limits: Limits) -> Process:
    """Return a process, not started yet, in which a module of ours answers.

    python: as in `start`. Raises LoadFailed where there is none.
    """
    executable, environment = sys.executable, dict(os.environ)
    if python:
        executable = interpreter(python)
        for name in ("PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__"):
            environment.pop(name, None)  # what is ours must not be found there
    environment["PYTHONIOENCODING"] = "utf-8:backslashreplace"
    lent = [str(Path(tool.__file__ or "").parent) for tool in (orjson, regex)]
    return Process([executable, str(BOOT), module, str(ROOT), *lent], limits, environment)


def interpreter(python: str) -> str:
    """Return the path of an interpreter, or of that in a virtual environment. Raises LoadFailed."""
    found = Path(python)
    if python.startswith(ENV):
        found = ENVIRONMENTS / python.removeprefix(ENV)
        if not (found / RECORD).is_file():
            raise LoadFailed(
                f"python={python}: there is no whole environment {found}; "
                f'`tokparity env create {found.name} "tokenizers==0.20.3"` makes one'
            )
    if found.is_dir():
        inside = [found / "bin" / "python", found / "Scripts" / "python.exe"]
        found = next((path for path in inside if path.is_file()), found)
    elif os.sep not in python and shutil.which(python):
        found = Path(str(shutil.which(python)))
    if not found.is_file():
        raise LoadFailed(
            f"python={python}: there is no interpreter; name one, such as old/bin/python, or a "
            'virtual environment; `tokparity env create NAME "tokenizers==0.20.3"` makes one for '
            "python=env:NAME"
        )
    if not os.access(found, os.X_OK):
        raise LoadFailed(f"python={python}: {found} may not be executed")
    return str(found.absolute())


def mirror(mine: Any, changed: Any) -> None:
    """Do to a list or dictionary of the caller's what was done to its copy."""
    if isinstance(mine, list):
        mine[:] = changed
    elif isinstance(mine, dict):
        mine.clear()
        mine.update(changed)


def packed(value: Any) -> str:
    """Return a value as it travels between two processes of this package."""
    return base64.b64encode(pickle.dumps(value, 5)).decode("ascii")


def unpacked(text: str) -> Any:
    """Return a value that travelled; of types it knows only our own plain ones. Raises Garbage."""
    try:
        return _Reader(io.BytesIO(base64.b64decode(text))).load()
    except Exception as error:
        raise Garbage(f"its answer is no plain data: {error}") from error


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" and name in PLAIN:
            return super().find_class(module, name)
        if module.partition(".")[0] == "parity":
            found = super().find_class(module, name)
            if isinstance(found, type) and issubclass(found, tuple | PackedIds):
                return found
        raise pickle.UnpicklingError(f"it has an object of {module}.{name}")
