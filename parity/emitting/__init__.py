"""What a divergence is handed on as: a test to paste, a script, the text of an issue.

All from the run file: neither side is loaded. What is written is Python in ASCII in which every
text of the run file is a literal, or Markdown in which it is code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from parity.emitting import issues, pytests, scripts
from parity.emitting.literals import checked
from parity.emitting.subject import Subject


def pytest(found: Subject) -> str:
    """Return a file with a test. Raises Inconclusive where Python has no words for the case."""
    return checked(pytests.written(found), found.name)


def python(found: Subject) -> str:
    """Return a script. Raises Inconclusive where Python has no words for the case."""
    return checked(scripts.written(found), found.name)


def issue(found: Subject) -> str:
    """Return the text of an issue, in Markdown, with its title."""
    return issues.written(found, python(found))


FORMS: Final[Mapping[str, Callable[[Subject], str]]] = {
    "pytest": pytest,
    "python": python,
    "issue": issue,
}
