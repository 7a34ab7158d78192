"""The command; see the package."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from benchmarks import say
from benchmarks.templates.finding import Refused, Template, in_folder, installed, written
from benchmarks.templates.writing import check, write
from parity.errors import BadSpec, NothingSelected, ParityError


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code: 2 usage, 5 nothing found."""
    parser = argparse.ArgumentParser("python -m benchmarks.templates")
    parser.add_argument("folder", type=Path, help="a new one, outside this repository")
    parser.add_argument("models", nargs="*", type=Path, metavar="MODELS", help="folders of models")
    asked = parser.parse_args(arguments)
    refused: list[Refused] = []
    try:
        _write(asked.folder, asked.models, refused)
    except ParityError as error:
        say(f"error: {error}")
        return error.exit_code
    return 0


def _write(folder: Path, models: Sequence[Path], refused: list[Refused]) -> None:
    check(folder)
    for model in models:
        if not model.is_dir():
            raise BadSpec(f"{model} is no folder")
    entries = write(folder, _sorted_out([*models], refused))
    for entry in entries:
        print(entry["sha256"][:12], entry["name"], "|", "; ".join(entry["origins"]))
    for one in refused:
        print("refused", one.origin, "|", one.reason)
    say(f"{len(entries)} templates in {folder}, {len(refused)} refused")
    if not entries:
        raise NothingSelected("no chat template was found")


def _sorted_out(models: Sequence[Path], refused: list[Refused]) -> Iterator[Template]:
    for one in chain(written(), installed(), *map(in_folder, models)):
        if isinstance(one, Refused):
            refused.append(one)
        else:
            yield one


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
