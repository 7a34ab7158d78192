"""What is installed: versions, whose names clash, which kinds of backends lack what, devices."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import unicodedata
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import parity
from parity import backends as registry
from parity.doctor.note import FAIL, OK, WARN, Note
from parity.errors import ParityError

OURS: Final = "tokparity"
PACKAGES: Final[dict[str, str]] = {
    "tokenizers": "",
    "orjson": "",
    "regex": "",
    "transformers": "only for transformers: and templates; pip install 'tokparity[transformers]'",
    "torch": "only for tokparity decode; pip install 'tokparity[decode]'",
    "tiktoken": "only for tiktoken:; pip install 'tokparity[tiktoken]'",
    "hypothesis": "only for strategies in tests; pip install 'tokparity[hypothesis]'",
    "syrupy": "only for goldens in pytest; pip install 'tokparity[pytest]'",
    "pytest": "only for pytest -m parity; pip install 'tokparity[pytest]'",
}
"""Distributions whose versions are told, and for what one that may be missing is wanted."""


def versions() -> Iterator[Note]:
    """Yield what runs here. Nothing is imported for it but its metadata."""
    yield _ok("tokparity", f"{parity.__version__} in {Path(str(parity.__file__)).parent}")
    yield _ok("Python", f"{platform.python_version()}, {sys.executable}")
    yield _ok("platform", platform.platform())
    yield _ok("Unicode of this Python", unicodedata.unidata_version)
    for name, wanted in PACKAGES.items():
        version = _version(name)
        if version:
            yield _ok(name, version)
        elif wanted:
            what, _, how = wanted.partition("; ")
            yield Note("versions", OK, name, f"not installed; {what}", how)
        else:
            yield Note("versions", FAIL, name, "not installed", f"pip install {name}")
    if _version("pytest"):
        yield _plugin()


def _plugin() -> Note:
    """Say whether pytest loads the plugin by itself."""
    points = metadata.entry_points(group="pytest11", name="parity")
    ours = [point for point in points if point.value == "parity.plugin"]
    if not ours:
        how = "install tokparity with pip, or pytest -p parity.plugin"
        return Note("versions", WARN, "pytest plugin", "no entry point names parity.plugin", how)
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        text = "PYTEST_DISABLE_PLUGIN_AUTOLOAD is set: pytest loads no plugin by itself"
        return Note("versions", WARN, "pytest plugin", text, "pytest -p parity.plugin -m parity")
    if "no:parity" in os.environ.get("PYTEST_ADDOPTS", ""):
        text = "PYTEST_ADDOPTS switches it off: -p no:parity"
        return Note("versions", WARN, "pytest plugin", text, "take that out of PYTEST_ADDOPTS")
    return _ok("pytest plugin", "active: pytest -m parity collects the plan")


def names() -> Iterator[Note]:
    """Yield who else has the import name `parity`, or the name of our script."""
    others = [one for one in _providers("parity") if one.lower() != OURS]
    for one in others:
        overwritten = any(str(file) == "parity/__init__.py" for file in metadata.files(one) or ())
        state = FAIL if overwritten else WARN
        text = f"the distribution {one} has a top-level package `parity` too: one hides the other"
        yield Note("names", state, "import parity", text, f"pip uninstall {one}")
    for place in _hiding():
        text = f"{place} hides ours where Python starts in its folder, as `python -m pytest` does"
        yield Note("names", WARN, "import parity", text, "rename it, or start `pytest` instead")
    if not others:
        yield Note("names", OK, "import parity", f"is ours: {parity.__file__}")
    for script in (OURS, "parity"):
        points = metadata.entry_points(group="console_scripts", name=script)
        owners = {point.dist.name if point.dist else "?" for point in points} - {OURS}
        for owner in sorted(owners):
            state = FAIL if script == OURS else OK
            text = f"is a script of {owner}" + ("" if script == OURS else "; ours is `tokparity`")
            mend = f"pip uninstall {owner}, or python -m parity" if script == OURS else ""
            yield Note("names", state, f"script {script}", text, mend)


def _providers(package: str) -> list[str]:
    return sorted(set(metadata.packages_distributions().get(package, [])))


def _hiding() -> Iterator[Path]:
    """Yield what in this folder has the name of our package, and is not it."""
    ours = Path(str(parity.__file__)).resolve()
    for place in (Path("parity.py"), Path("parity", "__init__.py")):
        if place.is_file() and place.resolve() != ours:
            yield place


def backends() -> Iterator[Note]:
    """Yield which kinds of backends can be used, and of each other what pip installs."""
    try:
        known = registry.known()
    except ParityError as error:  # presets are read from the project's own file
        yield Note("backends", FAIL, "kinds", str(error), "mend the file, then ask again")
        return
    ready = sorted(row.kind for row in known if row.installed)
    yield Note("backends", OK, "ready", ", ".join(ready))
    for row in known:
        if not row.installed:
            how = f"pip install {shlex.quote(row.install)}" if row.install else ""
            yield Note("backends", OK, row.kind, f"needs {', '.join(row.needs)}", how)


def devices(*, look: bool) -> Note:
    """Return where PyTorch computes; it is imported only where that was asked for."""
    if not look:
        return Note("devices", OK, "devices", "not looked at", "tokparity doctor --devices")
    if not _version("torch"):
        how = "pip install 'tokparity[decode]'"
        return Note("devices", OK, "devices", "no torch here: nothing can be computed on them", how)
    from parity.decoding import torch_device  # noqa: PLC0415 (it imports torch)

    try:
        where = torch_device.device("auto").type
        text = where if where == "cuda" else f"cpu: {torch_device.without_cuda()}"
        return Note("devices", OK, "devices", text)
    except Exception as error:  # noqa: BLE001 (a driver may do anything)
        text = f"torch cannot say: {type(error).__name__}: {error}"
        return Note("devices", WARN, "devices", text, "tokparity decode --device cpu")


def _ok(name: str, text: str) -> Note:
    return Note("versions", OK, name, text)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
