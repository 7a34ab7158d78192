"""A run as GitLab's code quality report: an issue a cause, or a problem. Known ones are not in it.

Fingerprints are made of pair, class and form, so the same cause is the same issue on every run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from parity.reports.grouping import by_cause
from parity.reports.outcome import PROVED, outcome, sentence
from parity.reports.standing import Standing, of_case, of_run
from parity.reports.telling import cause_in_a_line, problem_in_a_line
from parity.reports.visible import printable
from parity.runfile import RunFile


def render(run: RunFile) -> str:
    """Return the list of issues."""
    return json.dumps(list(_issues(run)), indent=2) + "\n"


def _issues(run: RunFile) -> Iterator[dict[str, Any]]:
    found, causes = outcome(run), by_cause(run.divergences)
    if found.exit not in PROVED or not (found.green or found.problems or causes):
        words = printable(f"{found.verdict}: {sentence(run)}")
        yield _issue(words, found.word, ("run",), of_run(run), "blocker")
    seen: dict[tuple[str, ...], int] = {}
    for problem in found.problems:
        key = ("problem", problem.pair, problem.kind)
        seen[key] = number = seen.get(key, 0) + 1
        yield _issue(
            problem_in_a_line(problem), problem.kind, (*key, str(number)), of_run(run), "blocker"
        )
    for cause in causes:
        made_of = ("cause", cause.pair, cause.name, cause.form)
        yield _issue(cause_in_a_line(cause), cause.name, made_of, of_case(run, cause.rows[0]))


def _issue(
    description: str, name: str, key: tuple[str, ...], place: Standing, severity: str = "critical"
) -> dict[str, Any]:
    return {
        "description": description,
        "check_name": f"tokparity/{name}",
        "fingerprint": hashlib.sha256(json.dumps(key).encode()).hexdigest(),
        "severity": severity,
        "location": {"path": place.file, "lines": {"begin": place.line}},
    }
