"""What the runs of a log counted, added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from parity.shadow.counts import Counts
from parity.shadow.records import DIVERGED, DROPPED, ERROR, ONE_SIDED, SKIPPED, TIMEOUT
from parity.shadowed.reading import Run

PENDING: Final = "pending"
LOST: Final = (DROPPED, TIMEOUT, ERROR, PENDING)
"""Sampled calls of which nothing is known. One that is skipped is known to be none to compare."""
UNCOMPARED: Final = (*LOST, SKIPPED)
OPEN: Final = ("it has no footer", "its footer says that it is not whole")
"""How problems begin of a run whose counts are true as far as they go."""
NOTHING: Final[Mapping[str, Any]] = Counts().snapshot()


def doubts(run: Run) -> list[str]:
    """Return why a run cannot be believed: its problems, but for those of one that goes on."""
    return [why for why in run.problems if not why.startswith(OPEN)]


def part(line: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a mapping in a line, empty where there is none: wrong lines are told, not fallen over.

    >>> part({"a": {"b": 1}}, "a"), part({"a": 3}, "a"), part({}, "a")
    ({'b': 1}, {}, {})
    """
    found = line.get(name)
    return found if isinstance(found, Mapping) else {}


def last(run: Run) -> Mapping[str, Any]:
    """Return the line of a run that counted last: its footer, or a heartbeat; or nothing."""
    if run.footer is not None:
        return run.footer
    return run.heartbeats[-1] if run.heartbeats else {}


def counted(run: Run) -> Mapping[str, Any]:
    """Return the counts that a run told last, as `counts.Counts.snapshot` makes them."""
    found: Mapping[str, Any] = last(run).get("counts", NOTHING)
    return found


def total(runs: Iterable[Run]) -> dict[str, Any]:
    """Return the counts of all runs, added up."""
    found: dict[str, Any] = dict(NOTHING)
    for run in runs:
        found = added(found, counted(run))
    return found


def one_sided(row: Mapping[str, Any]) -> int:
    """Return how many calls of a surface were skipped though the reference answered them."""
    reasons = part(part(row, "reasons"), SKIPPED)
    return sum(reasons.get(why, 0) for why in ONE_SIDED)


def diverged(runs: Iterable[Run]) -> int:
    """Return how many divergences there are: as counted, or as lines say where these are more."""
    return sum(max(counted(run)[DIVERGED], _numbered(run)) for run in runs)


def lost(counts: Mapping[str, Any]) -> int:
    """Return how many sampled calls nothing is known of."""
    return sum(counts[fate] for fate in LOST)


def added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return two mappings of numbers as one, however deep they are.

    >>> added({"a": 1, "b": {"c": 2}}, {"b": {"c": 3, "d": 1}})
    {'a': 1, 'b': {'c': 5, 'd': 1}}
    """
    found = dict(one)
    for name, value in other.items():
        if isinstance(value, Mapping):
            found[name] = added(found.get(name, {}), value)
        else:
            found[name] = found.get(name, 0) + value
    return found


def _numbered(run: Run) -> int:
    return max((row["number"] for row in run.divergences), default=0)


def digest(row: Mapping[str, Any]) -> str:
    """Return the digest of the input that a line is of."""
    return str(part(row, "input").get("digest") or "")
