"""Profiles of hypothesis, and pytest's own fixture for tests of plugins."""

import importlib.util
import os

from hypothesis import settings

from parity import backends
from parity.decoding import engines

pytest_plugins = ["pytester"]

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

collect_ignore_glob = ["**/conftest.py"]  # several have this name, and none has a doctest
if importlib.util.find_spec("torch") is None:
    collect_ignore_glob += ["**/decoding/torch_*.py", "**/decoding/engines/faulty.py"]
if any(importlib.util.find_spec(name) is None for name in ("httpx2", "starlette", "uvicorn")):
    collect_ignore_glob += ["**/shadow/proxy/*.py"]
collect_ignore = [
    f"parity/backends/{row.kind}.py"  # its library is optional, and not here
    for row in backends.known()
    if not row.installed and row.origin == "tokparity"
] + [
    f"parity/decoding/engines/{row.kind.replace('-', '_')}.py"
    for row in engines.known()
    if not row.installed
]
