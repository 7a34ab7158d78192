"""A cause or a problem in one line of text, for reports that have a line for each."""

from __future__ import annotations

from parity.identities import identity
from parity.reports.divergence import shown
from parity.reports.grouping import Cause
from parity.reports.outcome import Problem
from parity.reports.visible import printable, value

SMALL = 80
"""Characters of a smallest case that are shown."""


def cause_in_a_line(cause: Cause) -> str:
    """Return how often a cause is seen in which checks, what it is, and its smallest case."""
    checks = ", ".join(f"{name} {count:,}" for name, count in cause.checks.items())
    parts = [f"{cause.pair}: {cause.words} ({checks})"]
    if smallest := small(cause):
        parts.append(f"smallest {smallest}")
    return printable("; ".join([*parts, identity(cause.rows[0])])).replace("\n", "\\n")


def small(cause: Cause) -> str:
    """Return the smallest case of a cause, "" where none was looked for."""
    minimal = cause.rows[0].get("minimal")
    return value(shown(minimal["case"]["payload"]), SMALL) if minimal else ""


def problem_in_a_line(problem: Problem) -> str:
    """Return a problem with its pair and kind."""
    of = f"{problem.pair}: " if problem.pair else ""
    return printable(f"{of}{problem.kind}: {problem.text}").replace("\n", "\\n")
