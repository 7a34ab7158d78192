"""Profiles of hypothesis, and pytest's own fixture for tests of plugins."""

import os

from hypothesis import settings

from parity import backends

pytest_plugins = ["pytester"]

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

collect_ignore_glob = ["**/conftest.py"]  # several have this name, and none has a doctest
collect_ignore = [
    f"parity/backends/{row.kind}.py"  # its library is optional, and not here
    for row in backends.known()
    if not row.installed and row.origin == "tokparity"
]
