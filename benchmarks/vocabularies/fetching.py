"""A package's archive, by pip or npm, as they are configured here; its digest decides.

pip takes wheels only, or the source distribution only. Of a source distribution it wants metadata,
for which it runs the package's build backend, so its digest is checked by pip itself, before that
(`--require-hashes`). Nothing is built or installed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.vocabularies.lock import Package
from parity.errors import LockMismatch, MissingAsset

SUFFIXES: Final = (".whl", ".tgz", ".gz", ".zip")
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
    if package.tool == "npm" and shutil.which("npm") is None:
        raise MissingAsset(f"{package}: npm is not installed; install Node.js, or name others")
    command = _npm(package) if package.tool == "npm" else _pip(package, place)
    done = run(command, place)
    said = f"{done.stderr}\n{done.stdout}"
    if PIP_SAYS_MISMATCH in said:
        raise LockMismatch(f"{package}: pip found another archive than lock.toml pins: {said!a}")
    found = [path for path in place.iterdir() if path.suffix in SUFFIXES]
    if done.returncode or len(found) != 1:
        lines = [line for line in said.strip().splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines[-1:]
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
                f"{package}: {archive.name} has the SHA-256 {digest}, lock.toml has"
                f" {package.archive}; it is not used"
            )
    return archive


def _npm(package: Package) -> list[str]:
    return ["npm", "pack", "--silent", f"{package.package}@{package.version}"]


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
