"""Templates onto the disk: a folder each, and a manifest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from benchmarks import ROOT
from benchmarks.templates.finding import CONFIG, Template
from parity.errors import BadSpec

MANIFEST: Final = "manifest.json"
NO_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


def check(folder: Path) -> None:
    """Raise BadSpec for a folder that nothing may be written to."""
    if folder.resolve().is_relative_to(ROOT):
        raise BadSpec(f"{folder} is in this repository, where no template of others belongs")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadSpec(f"{folder} is there and is no empty folder; a new one is wanted")


def write(folder: Path, templates: Iterable[Template]) -> list[dict[str, Any]]:
    """Write the templates, each once, and the manifest; return its entries. Raises BadSpec."""
    check(folder)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    names: set[str] = set()
    for one in templates:
        key = one.source, json.dumps(one.tokens, sort_keys=True)
        if key in found:
            found[key]["origins"].append(one.origin)
            continue
        name = _unused(one.name, names)
        names.add(name.casefold())
        data = one.source.encode()
        digest = hashlib.sha256(data).hexdigest()
        found[key] = {"name": name, "origins": [one.origin], "sha256": digest}
        place = folder / name
        place.mkdir(parents=True)
        (place / "chat_template.jinja").write_bytes(data)
        (place / CONFIG).write_text(json.dumps(one.tokens, indent=1) + "\n", "ascii")
    entries = list(found.values())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(entries, indent=1) + "\n", "ascii")
    return entries


def _unused(name: str, names: set[str]) -> str:
    """Return a name for a folder that no other has, on disks that fold case as well."""
    plain = NO_NAME.sub("-", name).strip("-.") or "template"
    number, found = 1, plain
    while found.casefold() in names or found == MANIFEST:
        number += 1
        found = f"{plain}-{number}"
    return found
