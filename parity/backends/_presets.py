"""Presets: kinds that are another kind with options, as data.

Ours are in presets.toml. A user's are in the pyproject.toml of the folder that tokparity is started
in, and take the same keys:

    [tool.parity.presets.mine]
    like = "hf_shaped"
    options = { load = "mypackage:Tokenizer.from_file" }
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity.errors import BadPlan
from parity.shapes import misshapen

OURS: Final = Path(__file__).with_name("presets.toml")
PROJECT: Final = Path("pyproject.toml")
SHAPE: Final = {"like": str, "options": {"*": str}}
MORE: Final = {"package": str, "language": str, "summary": str, "isolated": bool}
"""What a preset must say, and what it may."""


class Preset(NamedTuple):
    """A kind by another kind.

    like: that other kind. package: what pip installs, "" where nobody says.
    isolated: whether it is to have a process of its own; None: what `like` says.
    origin: who says so: tokparity, or a file.
    """

    name: str
    like: str
    options: dict[str, str]
    package: str = ""
    language: str = ""
    summary: str = ""
    isolated: bool | None = None
    origin: str = "tokparity"

    @property
    def module(self) -> str:
        """The top-level module of what it loads, or ""."""
        return self.options.get("load", "").partition(":")[0].partition(".")[0]


def presets(taken: frozenset[str]) -> dict[str, Preset]:
    """Return all presets by name; `taken` are names that kinds have. Raises BadPlan."""
    ours = _read(tomllib.loads(OURS.read_text(encoding="utf-8")), "tokparity", "")
    theirs = _read(_users(), str(PROJECT), f"{PROJECT}: tool.parity.presets")
    for name in theirs:
        if name in ours or name in taken:
            raise BadPlan(
                f"{PROJECT}: [tool.parity.presets.{name}]: there is a backend kind of that name; "
                "give it another"
            )
    return ours | theirs


def _users() -> Any:
    if not PROJECT.is_file():
        return {}
    try:
        content: Any = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadPlan(f"{PROJECT}: cannot be read: {error}") from error
    for key in ("tool", "parity", "presets"):
        content = content.get(key, {}) if isinstance(content, dict) else {}
    return content


def _read(table: Any, origin: str, place: str) -> dict[str, Preset]:
    if not isinstance(table, dict):
        raise BadPlan(f"{place} is a table of presets by their names")
    return {name: _preset(name, row, origin, f"{place}.{name}") for name, row in table.items()}


def _preset(name: str, row: Any, origin: str, place: str) -> Preset:
    wrong = next(misshapen(row, SHAPE, place), "")
    if wrong:
        raise BadPlan(f"{wrong}; wanted are like, a kind, and options, a table of strings")
    unknown = [key for key in row if key not in (*SHAPE, *MORE)]
    if unknown:
        raise BadPlan(f"{place}: unknown key {unknown[0]!r}; known: {', '.join((*SHAPE, *MORE))}")
    wrong = next(misshapen(row, {key: kind for key, kind in MORE.items() if key in row}, place), "")
    if wrong or not name.isidentifier():
        raise BadPlan(wrong or f"{place}: a name is letters, digits and '_', not {name!r}")
    return Preset(name, origin=origin, **row)
