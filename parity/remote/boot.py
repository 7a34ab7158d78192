"""Starts a module of ours in any interpreter: `python boot.py MODULE FOLDER TOOL...`.

That interpreter has packages of its own, and they must be the ones that are imported: of ours it
finds `parity`, in FOLDER, and nothing else. The tools that parity itself needs, orjson and regex,
are lent to it where its own environment has none and they are built for interpreters of its kind.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

OLDEST = (3, 11)


class Lender:
    """Finds what is lent, after everything else was looked for in vain."""

    def __init__(self, lent: dict[str, str]) -> None:
        self.lent = lent

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """Return where a lent package is."""
        if name not in self.lent:
            return None
        folder = self.lent[name]
        return importlib.util.spec_from_file_location(
            name, f"{folder}/__init__.py", submodule_search_locations=[folder]
        )

    def find_distributions(self, _context: Any = None) -> Any:
        """Return nothing: versions are those of this environment."""
        return iter(())


def main() -> None:
    """Import the module of the package in the folder that is given, and serve."""
    if sys.version_info < OLDEST:
        have = ".".join(map(str, sys.version_info[:2]))
        sys.exit(f"this is Python {have}; tokparity needs 3.11 or later on each side")
    here = Path(__file__).resolve().parent
    sys.path[:] = [path for path in sys.path if Path(path).resolve() != here]
    sys.meta_path.insert(0, Lender({"parity": sys.argv[2]}))
    sys.meta_path.append(Lender(fitting(sys.argv[3:])))
    importlib.import_module(sys.argv[1]).main()


def fitting(tools: list[str]) -> dict[str, str]:
    """Return the folders of those tools that are built for this interpreter, by name."""
    mark = sys.implementation.cache_tag
    return {
        Path(tool).name: tool
        for tool in tools
        if Path(tool).is_dir() and any(mark in path.name for path in Path(tool).iterdir())
    }


if __name__ == "__main__":
    main()
