"""What more than one file of tests reads results with."""

import json

from parity import backends

WRONG = {"candidate": "mock:drops_last_id"}
"""A pair that diverges."""


def rows_of(path):
    """Return the lines of a file, read."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def outcomes(result):
    """Counts by outcome of a run of pytest, those that are not zero."""
    return {name: count for name, count in result.parseoutcomes().items() if name != "seconds"}


def load(spec):
    """The backend of a spec in this process, where the fakes of a test are."""
    return backends.load(f"{spec},isolate=none")
