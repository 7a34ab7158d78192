"""What more than one file of tests reads results with."""

import json

from parity import backends
from parity.jobs import jobs_for
from parity.run import live, run

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


def verdicts(cases, checks, reference, candidate):
    """What each check comes to, as counts by verdict."""
    sides = {"reference": live(reference), "candidate": live(candidate)}
    found = {}
    for job, tally, _ in run(cases, jobs_for(checks), sides):
        found[job.name] = {verdict.value: n for verdict, n in tally.counts.items() if n}
    return found
