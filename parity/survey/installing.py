"""Where an implementation runs: in an environment of its own, here, or not at all.

Libraries pin each other's versions, and some patch each other; in environments of their own they
never meet. An environment has the name of its implementation (`tokparity env`), and counts where it
was made of what the table says. What is here already is never changed.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, NamedTuple

import orjson
from rich.console import Console

from parity import backends, environments
from parity.artefact import shipped
from parity.errors import ParityError
from parity.remote.isolated import ENV, ENVIRONMENTS, RECORD, interpreter
from parity.survey.tables import Implementation

SECONDS: Final = 20
"""How long a process may take for an answer: of one case, where it does not take many at once."""
LINES: Final = 4


class Place(NamedTuple):
    """Where an implementation runs. options: what its spec says of it. missing: why nowhere."""

    options: str = ""
    missing: str = ""

    def spec(self, text: str) -> str:
        """Return a spec that runs there."""
        return ",".join(filter(None, (text, self.options)))


def place(one: Implementation, *, install: bool, told: Callable[[str], None]) -> Place:
    """Return where an implementation runs; install: make what is missing, where that is possible.

    told: is called with what is being made.
    """
    if one.make:
        return _made(one, install=install, told=told)
    return _of_pip(one, install=install, told=told) if one.pip else Place(_limits(one))


def _of_pip(one: Implementation, *, install: bool, told: Callable[[str], None]) -> Place:
    """Return where a library runs that pip installs: its environment stands before what is here."""
    state, again = _state(one), f"`tokparity env remove {one.name}` lets it be made anew"
    if state == "none" and install:
        told(f"{one.name}: installing {' '.join(one.pip)}")
        try:
            environments.create(one.name, one.pip, "", Console(quiet=True))
        except ParityError as error:
            return Place(missing=f"it cannot be installed: {_brief(str(error))}")
        state = "whole"
    if state == "whole":
        return Place(f"python={ENV}{one.name},timeout={SECONDS}")
    if state == "other" and install:
        return Place(missing=f"{ENV}{one.name} is made of something else; {again}")
    return Place(_limits(one)) if _here(one) else Place(missing=f"pip install {' '.join(one.pip)}")


def _state(one: Implementation) -> str:
    """Say whether the environment of an implementation is `whole`, of something `other`, `none`."""
    folder = ENVIRONMENTS / one.name
    if not folder.exists():
        return "none"
    try:
        record = orjson.loads((folder / RECORD).read_bytes())
        return "whole" if record["requirements"] == list(one.pip) else "other"
    except (OSError, ValueError, LookupError, TypeError):
        return "other"


def _here(one: Implementation) -> bool:
    """Say whether an implementation is installed here, in the versions of the table."""
    try:
        return all(
            version(name) == wanted for name, _, wanted in (p.partition("==") for p in one.pip)
        )
    except PackageNotFoundError:
        return False


def _limits(one: Implementation) -> str:
    apart = bool(one.make) or backends.isolated(one.spec)
    return f"timeout={SECONDS}" if apart else ""


def _made(one: Implementation, *, install: bool, told: Callable[[str], None]) -> Place:
    """Return where a program runs that a command makes."""
    if Path(one.made).exists():
        return Place(_limits(one))
    if not install:
        return Place(missing=f"{one.made} is not here; --install makes it")
    python = ""
    if one.pip:
        found = _of_pip(one, install=True, told=told)
        if found.missing:
            return found
        python = interpreter(f"{ENV}{one.name}")
    places = {"{python}": python, "{harnesses}": str(shipped("harnesses"))}
    words = list(one.make)
    for name, path in places.items():
        words = [word.replace(name, path) for word in words]
    if shutil.which(words[0]) is None:
        return Place(missing=f"there is no {words[0]}, which makes {one.made}")
    told(f"{one.name}: making {one.made}")
    Path(one.made).parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(words, capture_output=True, check=False, text=True, errors="replace")  # noqa: S603 (of the table)
    if done.returncode or not Path(one.made).exists():
        return Place(missing=f"{words[0]} does not make it: {_brief(done.stderr or done.stdout)}")
    return Place(_limits(one))


def _brief(text: str) -> str:
    return " ".join(" ".join(text.strip().splitlines()[-LINES:]).split())
