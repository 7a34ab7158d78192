r"""Sets of prompts: files in corpora/prompts, one a set, one prompt a line.

    {"id": "short/seed-1", "text": "...", "max_tokens": 64, "stop": ["\n\n"], "tags": ["seed"]}

The payload is `text`, `messages` or `ids`. Some sets are drawn, not written: see `drawn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parity import jsonl
from parity.artefact import shipped
from parity.decoding.records import KINDS, MAX_TOKENS, Prompt
from parity.errors import BadCorpus, UsageError


def named(name: str) -> list[Prompt]:
    """Return a shipped set, or that of a path. Raises UsageError, BadCorpus."""
    path = Path(name)
    if path.suffix != ".jsonl":
        path = folder() / f"{name}.jsonl"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder().glob("*.jsonl")))
        raise UsageError(f"no set of prompts {name!r}; known: {known}; or give a path to a .jsonl")
    return read(path)


def folder() -> Path:
    """Return the folder of the sets that are shipped."""
    return shipped("corpora") / "prompts"


def read(path: Path) -> list[Prompt]:
    """Return the prompts of a file. Raises BadCorpus with FILE:LINE."""
    found: list[Prompt] = []
    seen: set[str] = set()
    for number, line in jsonl.lines(path):
        place = f"{path}:{number}"
        try:
            prompt = _prompt(jsonl.parse(line), place)
        except jsonl.BadLine as error:
            raise BadCorpus(f"{place}: {error}") from error
        if prompt.id in seen:
            raise BadCorpus(f"{place}: the id {prompt.id!r} comes twice")
        seen.add(prompt.id)
        found.append(prompt)
    if not found:
        raise BadCorpus(f"{path}: there is no prompt in it")
    return found


def _prompt(row: Any, place: str) -> Prompt:
    kinds = [kind for kind in KINDS if isinstance(row, Mapping) and kind in row]
    if len(kinds) != 1 or not isinstance(row.get("id"), str):
        raise BadCorpus(f"{place}: a prompt has an id and one of {', '.join(KINDS)}")
    kind = kinds[0]
    unknown = set(row) - {"id", kind, "max_tokens", "stop", "tags"}
    if unknown:
        raise BadCorpus(f"{place}: no such key: {', '.join(sorted(unknown))}")
    payload = tuple(row[kind]) if kind == "ids" else row[kind]
    return Prompt(
        row["id"], kind, payload, row.get("max_tokens", MAX_TOKENS),
        tuple(row.get("stop", ())), tuple(row.get("tags", ())),
    )  # fmt: skip
