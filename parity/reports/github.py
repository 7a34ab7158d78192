"""A run as workflow commands of GitHub Actions: an annotation a cause, an error for a problem.

GitHub shows ten annotations of a kind for each step; what is more is counted in the last notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parity.reports.grouping import by_cause
from parity.reports.outcome import Outcome, outcome, sentence
from parity.reports.standing import Standing, of_case, of_run
from parity.reports.telling import cause_in_a_line, problem_in_a_line
from parity.reports.visible import printable
from parity.runfile import RunFile

MOST: Final = 10
"""Annotations of a kind that GitHub shows of a step."""


def render(run: RunFile) -> str:
    """Return the commands, a line each; the last is the verdict."""
    found = outcome(run)
    errors = list(_errors(run, found))
    left = len(errors) - MOST
    lines = errors[:MOST]
    if known := found.counts["expected"]:
        words = f"{known:,} comparisons differ as the ledger says"
        lines.append(command("notice", words, of_run(run), "tokparity: expected"))
    words = printable(f"{found.verdict.upper()}: {sentence(run)}")
    if left > 0:
        words += f"; {left:,} more are in the run file: GitHub shows {MOST} errors of a step"
    lines.append(command("notice", words, None, "tokparity"))
    return "\n".join(lines) + "\n"


def _errors(run: RunFile, found: Outcome) -> Iterator[str]:
    for problem in found.problems:
        title = f"tokparity: {problem.kind}"
        yield command("error", problem_in_a_line(problem), of_run(run), title)
    causes = by_cause(run.divergences)
    for cause in causes:
        title = f"tokparity: {cause.name}"
        yield command("error", cause_in_a_line(cause), of_case(run, cause.rows[0]), title)
    if not (found.green or found.problems or causes):
        words = f"{found.verdict}: {sentence(run)}"
        yield command("error", printable(words), of_run(run), f"tokparity: {found.word}")


def command(kind: str, message: str, place: Standing | None, title: str) -> str:
    r"""Return a workflow command, escaped as GitHub reads it.

    >>> command("error", "100 %\nno", Standing("a,b.jsonl", 3), "x: y")
    '::error file=a%2Cb.jsonl,line=3,title=x%3A y::100 %25%0Ano'
    """
    told = {"file": place.file, "line": str(place.line)} if place else {}
    told["title"] = title
    properties = ",".join(f"{key}={_property(text)}" for key, text in told.items())
    return f"::{kind} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
