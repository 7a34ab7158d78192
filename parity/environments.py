"""Environments with other versions of a library: `tokparity env create`, and `python=env:NAME`.

An environment is a virtual environment in .parity/envs, with what was asked for and what tokparity
itself needs there. It counts as whole when it has its record, which is written last.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console

from parity import files
from parity.errors import Inconclusive, UsageError
from parity.remote.isolated import ENVIRONMENTS, RECORD, interpreter

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
NEEDED: Final = ("orjson", "regex")
"""What tokparity needs in each environment."""
LINES: Final = 8
"""Lines of pip's errors that are quoted."""


def create(name: str, requirements: Sequence[str], python: str, console: Console) -> int:
    """Make an environment with pip. Raises UsageError, or Inconclusive with what pip said."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r}: a name is letters, digits, '.', '_' and '-'")
    place = ENVIRONMENTS / name
    if place.exists():
        raise UsageError(f"{place} is there already; `tokparity env remove {name}` removes it")
    program = interpreter(python) if python else sys.executable
    try:
        with files.told(place, "a folder is made there"), console.status(f"making {place}"):
            place.parent.mkdir(parents=True, exist_ok=True)
            _ran([program, "-m", "venv", str(place)])
        inside = interpreter(str(place))
        pip = [inside, "-m", "pip", "--disable-pip-version-check"]
        with console.status(f"installing {' '.join(requirements)}"):
            _ran([*pip, "install", "--quiet", "--no-input", *requirements, *NEEDED])
        found = _ran([*pip, "list", "--format=json"])
        record = {"requirements": list(requirements), "packages": orjson.loads(found)}
        files.write(place / RECORD, [orjson.dumps(record).decode(), "\n"])
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    console.print(f"python=env:{name} is {_said(place)}", markup=False, highlight=False)
    return 0


def listed(console: Console) -> int:
    """Print the environments that are here."""
    places = sorted(path for path in ENVIRONMENTS.glob("*") if path.is_dir())
    for place in places:
        console.print(f"env:{place.name}  {_said(place)}", markup=False, highlight=False)
    if not places:
        console.print('none; tokparity env create NAME "tokenizers==0.20.3" makes one')
    return 0


def remove(name: str, console: Console) -> int:
    """Remove an environment. Raises UsageError where there is none."""
    place = ENVIRONMENTS / name
    if not NAME.fullmatch(name) or not place.is_dir():
        raise UsageError(f"there is no environment {name!r} in {ENVIRONMENTS}")
    with files.told(place, "it is to be removed"):
        shutil.rmtree(place)
    console.print(f"removed {place}", markup=False, highlight=False)
    return 0


def _said(place: Path) -> str:
    try:
        record = orjson.loads((place / RECORD).read_bytes())
    except (OSError, ValueError):
        return "not whole: remove it, and create it again"
    wanted = {re.split(r"[\[<>=!~; ]", text)[0].lower() for text in record["requirements"]}
    told = [
        f"{one['name']} {one['version']}"
        for one in record["packages"]
        if one["name"].lower().replace("_", "-") in {name.replace("_", "-") for name in wanted}
    ]
    return ", ".join(told) or " ".join(record["requirements"])


def _ran(command: Sequence[str]) -> bytes:
    """Return what a command printed. Raises Inconclusive with the end of what it complained."""
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (our own)
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        why = "\n".join(line for line in said[-LINES:] if line.strip())
        raise Inconclusive(f"{' '.join(command[1:4])} failed (exit code {done.returncode}):\n{why}")
    return done.stdout
