"""Template engines: the source of a template and its variables in, a text out.

Each engine runs in a process of its own (`worker`), which bounds what an untrusted template may
take. `ENGINES` says how one is started; `shaping` is what is done to a conversation before.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity.errors import BadSpec, MissingPackage
from parity.renderers.worker import SECONDS, Worker

HERE: Final = Path(__file__).parent
PACKAGES: Final = Path(".parity/packages")
"""Where other versions of engines are looked for, from the folder that tokparity is started in."""
CLOCK: Final = "2025-01-02T03:04:05"
"""What time it is for `strftime_now`, unless a spec says."""


class Engine(NamedTuple):
    """How an engine is started.

    file: what serves it. package: its distribution. install: the command for it.
    """

    file: str
    package: str
    install: str = "pip install 'tokparity[templates]'"


ENGINES: Final[Mapping[str, Engine]] = {
    "jinja": Engine("jinja.py", "jinja2"),
    "transformers": Engine("transformers.py", "transformers",
                           "pip install 'tokparity[transformers,templates]'"),
    "minijinja": Engine("minijinja.py", "minijinja"),
    "huggingface_jinja": Engine("huggingface_jinja.mjs", "@huggingface/jinja",
                                f"npm install --prefix {PACKAGES} @huggingface/jinja"),
}  # fmt: skip


def missing(name: str, version: str = "") -> str:
    """Say what an engine that is started with this Python needs and is not there, or return ""."""
    engine = ENGINES[name]
    if version and not re.fullmatch(r"\d[\w.]*", version):
        raise BadSpec(f"{name}: version is such as 2.21.0, not {version!r}")
    if engine.file.endswith(".mjs"):
        if shutil.which("node") is None:
            return f"{engine.package} needs node, which is not on the PATH"
        folder = PACKAGES / "node_modules" / engine.package
        return "" if folder.is_dir() else f"{engine.package} is not in {PACKAGES}: {engine.install}"
    if version:
        folder = PACKAGES / f"{engine.package}-{version}"
        install = f"pip install --target {folder} {engine.package}=={version}"
        return "" if folder.is_dir() else f"{engine.package} {version} is not there: {install}"
    there = importlib.util.find_spec(engine.package)
    return "" if there else f"{name} needs the package {engine.package}: {engine.install}"


def start(
    name: str,
    settings: Mapping[str, Any],
    *,
    version: str = "",
    python: str = "",
    seconds: float = SECONDS,
) -> Worker:
    """Return an engine that runs.

    version: another one than is installed here; it is looked for in PACKAGES.
    python: another interpreter than this one.
    Raises BadSpec, MissingPackage, LoadFailed.
    """
    engine = ENGINES[name]
    settings = {"clock": CLOCK, **settings}
    reason = "" if python else missing(name, version)
    if reason:
        raise MissingPackage(reason)
    if engine.file.endswith(".mjs"):
        settings["packages"] = str(PACKAGES.resolve())
        node = shutil.which("node") or "node"
        command = [node, "--max-old-space-size=1024"]
        return Worker([*command, str(HERE / engine.file), json.dumps(settings)], name, seconds)
    if version:
        settings["packages"] = str((PACKAGES / f"{engine.package}-{version}").resolve())
    command = [python or sys.executable, str(HERE / "serving.py")]
    worker = Worker([*command, str(HERE / engine.file), json.dumps(settings)], name, seconds)
    if version:
        _refuse_another(worker, engine, settings["packages"], version)
    return worker


def _refuse_another(worker: Worker, engine: Engine, folder: str, version: str) -> None:
    """Raise BadSpec where an engine is another version, or does not come from its folder."""
    held = worker.versions[engine.package]
    if held == version and all(Path(file).is_relative_to(folder) for file in worker.files):
        return
    worker.close()
    found = f"{engine.package} {held} in {', '.join(worker.files)}"
    raise BadSpec(f"{folder} does not hold {engine.package} {version} whole: what runs is {found}")
