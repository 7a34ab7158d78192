"""Full decoding in a plan: `[[tool.parity.decode]]` in pyproject.toml.

    [[tool.parity.decode]]
    name = "tiny"
    model = "tiny"                       # tiny, smollm2, a folder or a .gguf
    reference = "transformers"
    candidates = ["llama-server"]
    modes = ["tiny"]                     # the reference in other modes, as candidates
    prompts = ["short", "digits"]
    profile = "exact"                    # exact, exact64, bounded, determinism
    max_tokens = 32
    golden = true                        # hold the reference to its golden, and take its budget
    optional = true                      # what cannot run here is skipped, not inconclusive
    waits = true                         # pytest runs it only where -m names `model`

Paths are as seen from the folder that pytest or tokparity is started in.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity.decoded.asked import Wanted
from parity.errors import BadPlan
from parity.plan import NAME

KEYS: Final[Mapping[str, type]] = {
    "name": str,
    "model": str,
    "reference": str,
    "candidates": list,
    "modes": list,
    "prompts": list,
    "profile": str,
    "max_tokens": int,
    "golden": bool,
    "optional": bool,
    "waits": bool,
    "detokenizer": str,
    "tokenizer": str,
}
NEEDED: Final = ("name", "reference", "prompts")


class Entry(NamedTuple):
    """An entry of a plan: its name, what it wants, and whether and when it may be left out."""

    name: str
    wanted: Wanted
    optional: bool = False
    waits: bool = False


def read(path: Path) -> list[Entry]:
    """Return the entries of a pyproject.toml, none where it has none. Raises BadPlan."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("parity", {})
    except OSError as error:
        raise BadPlan(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise BadPlan(f"{path}: {error}") from error
    rows = table.get("decode", [])
    if not isinstance(rows, list):
        raise BadPlan(f"{path}: decode is a list of tables: [[tool.parity.decode]]")
    golden = table.get("golden", "golden")
    found = [
        _entry(f"{path}: decode {number}", row, Path(str(golden)))
        for number, row in enumerate(rows, 1)
    ]
    names = [entry.name for entry in found]
    for name in names:
        if names.count(name) > 1:
            raise BadPlan(f"{path}: two entries of decode have the name {name!r}")
    return found


def wanted(name: str, said: Mapping[str, Any]) -> Wanted:
    """Return what a command wants: an entry of ./pyproject.toml, and what is said beside it.

    Goldens of an entry are updated without its candidates, which they do not depend on.
    Raises BadPlan.
    """
    if not name:
        return Wanted(**said)
    path = Path("pyproject.toml")
    found = {entry.name: entry.wanted for entry in read(path)}
    if name not in found:
        known = ", ".join(found) or "none"
        raise BadPlan(f"{path}: no entry {name!r} in [[tool.parity.decode]]; known: {known}")
    alone = {"candidates": (), "modes": ()} if said.get("update") else {}
    return found[name]._replace(**{**alone, **said})


def _entry(place: str, row: Any, golden: Path) -> Entry:
    if not isinstance(row, dict):
        raise BadPlan(f"{place} is a table, not {row!r}")
    for key, value in row.items():
        _check(place, key, value)
    for key in NEEDED:
        if not row.get(key):
            raise BadPlan(f"{place}: the key {key!r} is wanted")
    if not NAME.fullmatch(row["name"]):
        raise BadPlan(f"{place}: a name is lower-case letters, digits, '.', '_' and '-'")
    wanted = Wanted(
        model=row.get("model", ""),
        reference=row["reference"],
        candidates=tuple(row.get("candidates", ())),
        modes=tuple(row.get("modes", ())),
        prompts=",".join(row["prompts"]),
        profile=row.get("profile", "exact"),
        max_tokens=row.get("max_tokens"),
        golden=golden if row.get("golden") else None,
        detokenizer=row.get("detokenizer", ""),
        tokenizer=row.get("tokenizer", ""),
    )
    return Entry(row["name"], wanted, row.get("optional", False), row.get("waits", False))


def _check(place: str, key: str, value: Any) -> None:
    """Raise BadPlan for a key that nobody knows, or a value that is not of its kind."""
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise BadPlan(f"{place}: unknown key {key!r}; {hint}known: {', '.join(KEYS)}")
    kind = KEYS[key]
    wrong = type(value) is not kind  # True is no number here
    if wrong or (kind is list and not all(isinstance(one, str) for one in value)):
        named = "list of texts" if kind is list else kind.__name__
        raise BadPlan(f"{place}: {key} is a {named}, not {value!r}")
