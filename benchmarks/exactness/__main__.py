"""The command; see the package."""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import say
from benchmarks.exactness import folders, lock, table
from benchmarks.exactness.lock import Library
from benchmarks.exactness.searching import search
from benchmarks.exactness.table import Row
from parity import fuzzing
from parity.errors import ParityError, UsageError


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code: 2 usage, 4 the lock is wrong."""
    parser = argparse.ArgumentParser("python -m benchmarks.exactness")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the libraries, as pip wants them")
    running = commands.add_parser("run", help="search them and print what was found")
    running.add_argument("folder", type=Path, help="what benchmarks.vocabularies has built")
    running.add_argument("names", nargs="*", metavar="NAME", help="these only; default: all")
    running.add_argument("--time", default="60s", help="of each search (default: %(default)s)")
    running.add_argument("--seed", type=int, default=0)
    running.add_argument("--work", type=Path, help="a new folder that keeps all run files")
    asked = parser.parse_args(arguments)
    try:
        libraries = lock.read()
        if asked.command == "list":
            print("\n".join(f"{one.name}=={one.version}" for one in libraries.values()))
            return 0
        unknown = [name for name in asked.names if name not in libraries]
        if unknown:
            raise UsageError(f"no library {unknown[0]!r}; known are {', '.join(libraries)}")
        fuzzing.seconds(asked.time)
        wanted = [one for name, one in libraries.items() if name in asked.names or not asked.names]
        with _place(asked.work) as work:
            _print(wanted, list(_rows(wanted, asked, work)), asked)
    except ParityError as error:
        say(f"error: {error}")
        return error.exit_code
    return 0


@contextlib.contextmanager
def _place(work: Path | None) -> Iterator[Path]:
    if work is not None:
        if work.exists():
            raise UsageError(f"{work} is there already; name a new folder")
        yield work.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="tokparity-") as place:
        yield Path(place)


def _rows(wanted: Sequence[Library], asked: argparse.Namespace, work: Path) -> Iterator[Row]:
    for library in wanted:
        for reference in library.references:
            say(f"{library.name}  {reference}")
            yield _row(library, reference, asked, work)


def _row(library: Library, reference: str, asked: argparse.Namespace, work: Path) -> Row:
    wrong = _not_as_pinned(library)
    if wrong:
        return Row(library, reference, None, wrong)
    kind, _, target = reference.partition(":")
    try:
        folder = folders.place(target, asked.folder, work / "vocabularies")
        if kind == "tiktoken":
            folders.add_ranks(folder)
    except ParityError as error:
        return Row(library, reference, None, str(error))
    seen = folder
    if folder.is_relative_to(work):
        seen = Path("..", folder.relative_to(work))
    place = work / f"{library.name}-{target.replace(':', '-')}"
    candidate = lock.spec(library.candidate, str(seen), folder.name)
    found = search(f"{kind}:{seen}", candidate, place, asked.time, asked.seed)
    return Row(library, reference, found)


def _not_as_pinned(library: Library) -> str:
    try:
        version = importlib.metadata.version(library.name)
    except importlib.metadata.PackageNotFoundError:
        return "it is not installed"
    return "" if version == library.version else f"version {version} is installed"


def _print(wanted: Sequence[Library], rows: Sequence[Row], asked: argparse.Namespace) -> None:
    references = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("tokenizers", "tiktoken")
    )
    print(
        f"{references}; Python {platform.python_version()}; {os.cpu_count()} cores; "
        f"seed {asked.seed}, {asked.time} a search\n"
    )
    for part in (table.claims(wanted), table.searches(rows), table.examples(rows)):
        print("\n".join(part), end="\n\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
