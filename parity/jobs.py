"""Jobs: what a check, a law and a golden all are for the loop, two looks that must agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from parity import ledger
from parity.checks import CHECKS, LAWS, Check, Law
from parity.errors import UnknownCheck
from parity.looks import Look
from parity.types import Case


class View(NamedTuple):
    """Which cases a job is about, and as what: jobs with the same view share observations."""

    takes: frozenset[str]
    grounded: bool = False
    views: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()
    own: tuple[str, ...] = ()


class Job(NamedTuple):
    """Two looks that must agree.

    reference, candidate: which side is looked at (`reference`, `candidate`, `golden`), and how.
    judged: `both`, or the one side that a law is about.
    gates: false for a property that only informs.
    """

    name: str
    view: View
    reference: tuple[str, Look]
    candidate: tuple[str, Look]
    judged: str = "both"
    gates: bool = True
    cases: tuple[Case, ...] = ()
    known: Sequence[ledger.Entry] = ()


def jobs_for(names: Iterable[str], sides: Sequence[str] = ("reference", "candidate")) -> list[Job]:
    """Return the jobs that names of checks and laws mean; a law is one job a side.

    Raises UnknownCheck.
    """
    jobs: list[Job] = []
    for name in names:
        if name in CHECKS:
            check = CHECKS[name]
            view = view_of(check)
            both = ("reference", check.look), ("candidate", check.look)
            jobs.append(Job(name, view, *both, cases=check.own))
        elif name in LAWS:
            law = LAWS[name]
            view = view_of(law)
            jobs.extend(
                Job(name, view, (side, law.once), (side, law.again), side, law.gates, law.own)
                for side in sides
            )
        else:
            raise UnknownCheck(f"no check or law {name!r}; known: {', '.join([*CHECKS, *LAWS])}")
    return jobs


def view_of(about: Check | Law) -> View:
    """Return which cases a check or law is about, and as what."""
    views = tuple((key, tuple(options.items())) for key, options in about.views.items())
    return View(about.takes, about.grounded, views, tuple(case.id for case in about.own))


def golden_jobs(names: Iterable[str]) -> list[Job]:
    """Return jobs that compare what the reference does now with what a golden remembers."""
    return [
        job._replace(reference=("golden", job.reference[1]), candidate=job.reference)
        for job in jobs_for(names)
        if job.judged == "both"
    ]


def expand(view: View, cases: Iterable[Case]) -> list[Case]:
    """Return those of the cases that a view takes, each once for each way of looking at it."""
    taken = [case for case in cases if case.kind in view.takes]
    if not view.views:
        return taken
    return [
        case._replace(id=f"{case.id}#{name}", options={**case.options, **dict(options)})
        for case in taken
        for name, options in view.views
    ]


ENCODED: Final = View(CHECKS["ids_batched"].takes)
