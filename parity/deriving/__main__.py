"""The command; see the package."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from parity import artefact
from parity.deriving.building import Fetch, build, record
from parity.errors import LockMismatch, MissingAsset, ParityError
from parity.packages import Package, fetching


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code: 2 usage, 3 not to be had, 4 not as pinned."""
    parser = argparse.ArgumentParser("python -m parity.deriving")
    parser.add_argument("what", choices=("build", "record"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="these only, or a group")
    parser.add_argument("--cache", type=Path, help="default: $XDG_CACHE_HOME/tokparity/corpora")
    parser.add_argument("--archives", type=Path, help="take archives from there, and fetch nothing")
    asked = parser.parse_intermixed_args(arguments)
    try:
        if asked.what == "record":
            record(artefact.shipped(), _fetch(asked.archives), _say)
        else:
            built(asked.names, asked.cache, asked.archives)
    except ParityError as error:
        _say(f"error: {error}")
        return error.exit_code
    return 0


def built(names: Sequence[str], cache: Path | None, archives: Path | None) -> int:
    """Build corpora into the cache and print where they are; return 0. Raises what `build` does."""
    for one in build(cache, names, _say, fetch=_fetch(archives)):
        print(one.path)  # noqa: T201 (what a script wants of it)
    return 0


def _fetch(archives: Path | None) -> Fetch:
    return from_folder(archives) if archives else fetching.fetched


def from_folder(folder: Path) -> Fetch:
    """Return a fetch that takes archives from a folder; their digests say which is which."""

    def fetch(package: Package, _: Path) -> Path:
        for path in sorted(folder.glob("*")):
            with contextlib.suppress(LockMismatch, IsADirectoryError):
                return fetching.checked(package, path)
        raise MissingAsset(f"{package}: {folder} has no archive with the SHA-256 {package.archive}")

    return fetch


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
