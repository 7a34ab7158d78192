"""A package's archive, by pip, npm or apt, as they are configured here; its digest decides.

pip takes wheels only, or the source distribution only. Of a source distribution it wants metadata,
for which it runs the package's build backend, so its digest is checked by pip itself, before that
(`--require-hashes`). Nothing is built or installed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from parity.errors import LockMismatch, MissingAsset
from parity.packages import Package

SUFFIXES: Final = (".whl", ".tgz", ".gz", ".zip", ".deb")
PIP_SAYS_MISMATCH: Final = "DO NOT MATCH THE HASHES"
Runner = Callable[[list[str], Path], "subprocess.CompletedProcess[str]"]
"""Runs a command in a folder."""


def ran(command: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    """Return what a command did."""
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)  # noqa: S603


def fetched(package: Package, place: Path, run: Runner = ran) -> Path:
    """Fetch a package into an empty folder; return its archive, whose digest is as pinned.

    Raises MissingAsset where the tool is missing or fails, LockMismatch for another archive.
    """
    program, install = NEEDED.get(package.tool, ("", ""))
    if program and shutil.which(program) is None:
        raise MissingAsset(
            f"{package}: {package.tool} is not installed; install {install}, or name others"
        )
    done = run(_COMMANDS[package.tool](package, place), place)
    said = f"{done.stderr}\n{done.stdout}"
    if PIP_SAYS_MISMATCH in said:
        raise LockMismatch(f"{package}: pip found another archive than the pinned one: {said!a}")
    found = [path for path in place.iterdir() if path.suffix in SUFFIXES]
    if done.returncode or len(found) != 1:
        lines = [line for line in said.strip().splitlines() if line.strip()]
        errors = [line for line in lines if _is_error(line)] or lines[-1:]
        why = errors[0] if errors else f"it left {len(found)} archives"
        raise MissingAsset(
            f"{package} cannot be fetched (exit code {done.returncode}): {why}; is the registry"
            f" that {package.tool} is set to in reach?"
        )
    return checked(package, found[0])


def checked(package: Package, archive: Path) -> Path:
    """Return the archive. Raises LockMismatch where it is not the one that is pinned."""
    if package.archive:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != package.archive:
            raise LockMismatch(
                f"{package}: {archive.name} has the SHA-256 {digest}, pinned is"
                f" {package.archive}; it is not used"
            )
    return archive


def _is_error(line: str) -> bool:
    return "error" in line.lower() or line.startswith("E:")


def _npm(package: Package, _: Path) -> list[str]:
    return ["npm", "pack", "--loglevel=error", f"{package.package}@{package.version}"]


def _apt(package: Package, _: Path) -> list[str]:
    return ["apt-get", "download", "--quiet", f"{package.package}={package.version}"]


def _pip(package: Package, place: Path) -> list[str]:
    pin = f"{package.package}=={package.version}"
    wanted = place / "wanted.txt"
    wanted.write_text(f"{pin} --hash=sha256:{package.archive}\n" if package.archive else f"{pin}\n")
    only = ["--no-binary", package.package] if package.source else ["--only-binary", ":all:"]
    hashes = ["--require-hashes"] if package.archive else []
    return [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"),
        *only,
        *hashes,
        *("--requirement", str(wanted)),
    ]


NEEDED: Final[Mapping[str, tuple[str, str]]] = {
    "npm": ("npm", "Node.js"),
    "apt": ("apt-get", "it (a Debian of that release has it)"),
}
"""The program that a tool runs, and what to install where it is missing."""
_COMMANDS: Final[Mapping[str, Callable[[Package, Path], list[str]]]] = {
    "pip": _pip,
    "npm": _npm,
    "apt": _apt,
}
