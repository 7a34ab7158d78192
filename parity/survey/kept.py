"""A matrix that was made before: read from its JSON, so that only some rows are made anew."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Final

from parity.canary import Canaries
from parity.errors import UsageError
from parity.shapes import misshapen
from parity.survey.cells import Cell, Example, Seen, Survey, said_of
from parity.survey.document import SCHEMA
from parity.survey.tables import implementations

SHAPE: Final = {
    "command": str, "environment": dict, "inputs": dict, "checks": [str], "cells": [dict],
    "implementations": dict, "vocabularies": dict, "left_out": dict, "canaries": {"planted": int},
}  # fmt: skip


def read(path: Path) -> tuple[Survey, str]:
    """Return a matrix and the commands that made it. Raises UsageError for what is none."""
    try:
        content: Any = json.loads(path.read_bytes())
        if (content["matrix"], content["schema"]) != ("tokenizers", SCHEMA):
            raise UsageError(f"{path} is no matrix of schema {SCHEMA}")
        wrong = next(misshapen(content, SHAPE, str(path)), "")
        if wrong:
            raise UsageError(wrong)
        cells = [_cell(row) for row in content["cells"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} cannot be read as a matrix: {error}") from error
    found = Survey(
        tuple(content["checks"]), content["implementations"], content["vocabularies"], cells,
        content["left_out"], content["inputs"], content["environment"],
        Canaries(content["canaries"]["planted"], ()),
    )  # fmt: skip
    return found, content["command"]


def _cell(row: dict[str, Any]) -> Cell:
    checks = {
        name: Seen(**{**seen, "examples": [_example(one) for one in seen.get("examples", [])]})
        for name, seen in row.get("checks", {}).items()
    }
    return Cell(**{"candidate": "", **row, "checks": checks})


def _example(row: dict[str, Any]) -> Example:
    return Example(**{"batch": [], **row, "about": said_of(row["cause"])})


def onto(old: Survey, new: Survey, path: Path) -> Survey:
    """Return the old matrix with the new one's cells. Raises UsageError where they do not fit."""
    for name in ("inputs", "checks", "environment"):
        if getattr(old, name) != getattr(new, name):
            raise UsageError(f"{path} has other {name}: make the whole matrix anew")
    made = {(one.implementation, one.vocabulary) for one in new.cells}
    both = old.implementations | new.implementations
    table = [one.name for one in implementations() if one.name in both]
    order = dict.fromkeys([*table, *both])
    return dataclasses.replace(
        new,
        implementations={name: both[name] for name in order},
        vocabularies=old.vocabularies | new.vocabularies,
        cells=[c for c in old.cells if (c.implementation, c.vocabulary) not in made] + new.cells,
        left_out={k: why for k, why in old.left_out.items() if k not in both} | new.left_out,
    )
