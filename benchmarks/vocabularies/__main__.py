"""The command; see the package."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import say
from benchmarks.vocabularies import lock
from benchmarks.vocabularies.building import build, exit_code
from parity.errors import ParityError


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code: 2 usage, 3 not to be had, 4 not as pinned."""
    parser = argparse.ArgumentParser("python -m benchmarks.vocabularies")
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="make FOLDER/NAME/tokenizer.json")
    building.add_argument("folder", type=Path)
    building.add_argument("names", nargs="*", metavar="NAME", help="these only; default: all")
    commands.add_parser("list", help="names and packages")
    asked = parser.parse_args(arguments)
    try:
        pinned = lock.read()
        if asked.command == "list":
            for name, one in pinned.items():
                print(f"{name:20} {one.form:14} {one.package}")
            return 0
        errors = build(asked.folder, pinned, asked.names)
    except ParityError as error:
        say(f"error: {error}")
        return error.exit_code
    if errors:
        say(f"{len(errors)} packages failed; what is there is whole. First: {errors[0]}")
    return exit_code(errors)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
