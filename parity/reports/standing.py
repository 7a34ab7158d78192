"""Where a divergence stands for tools that mark lines: a file of the project, and a line of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from parity.runfile import RunFile

PLAN: Final = "pyproject.toml"


class Standing(NamedTuple):
    """A line of a file, from 1; seen from the folder of the run."""

    file: str
    line: int


def of_case(run: RunFile, row: Mapping[str, Any]) -> Standing:
    """Return the corpus line of a divergence; the plan's where the corpus is not the project's."""
    place = row.get("place")
    if place and place.get("file"):
        return Standing(place["file"], max(1, place["line"]))
    return of_run(run)


def of_run(run: RunFile) -> Standing:
    """Return the first line of the plan; a plan that is no file is where a project's would be."""
    plan = run.header["plan"]
    return Standing(plan if plan.endswith(".toml") else PLAN, 1)
