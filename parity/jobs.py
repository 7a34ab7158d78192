"""Jobs: what a check, a law and a golden all are for the loop, two looks that must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from parity import ledger
from parity.checks import CHECKS, LAWS, Check, Law
from parity.errors import UnknownCheck
from parity.grounding import GROUNDINGS
from parity.looks import Look
from parity.types import Case


class View(NamedTuple):
    """Which cases a job is about, and as what: jobs with the same view share observations."""

    takes: frozenset[str]
    grounded: str = ""
    views: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()
    own: tuple[str, ...] = ()


class Job(NamedTuple):
    """Two looks that must agree.

    reference, candidate: which side is looked at (`reference`, `candidate`, `golden`), and how.
    judged: `both`, or the one side that a law is about.
    gates: false for a property that only informs.
    related: (case) -> why the two sides cannot be asked for the same there, or "".
    """

    name: str
    view: View
    reference: tuple[str, Look]
    candidate: tuple[str, Look]
    judged: str = "both"
    gates: bool = True
    cases: tuple[Case, ...] = ()
    known: Sequence[ledger.Entry] = ()
    related: Callable[[Case], str] | None = None


def jobs_for(
    names: Iterable[str],
    sides: Sequence[str] = ("reference", "candidate"),
    *,
    named: bool = True,
) -> list[Job]:
    """Return the jobs that names of checks and laws mean; a law is one job a side.

    named: whether somebody named them; some laws decide nothing unless they are named.
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
            gates = decides(name, named=named)
            jobs.extend(
                Job(name, view, (side, law.once), (side, law.again), side, gates, law.own)
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
        job._replace(
            view=recorded_view(CHECKS[job.name]),
            reference=("golden", job.reference[1]),
            candidate=job.reference,
        )
        for job in jobs_for(names)
        if job.judged == "both"
    ]


def decides(name: str, *, named: bool) -> bool:
    """Say whether a check or law can fail a run, where somebody named it or nobody did."""
    if name in CHECKS:
        return True
    return LAWS[name].gates in ("always", "asked") or (LAWS[name].gates == "named" and named)


def recorded_view(check: Check) -> View:
    """Return the view of a check that goldens keep."""
    view = view_of(check)
    if not check.recorded:
        return view
    return view._replace(views=tuple(row for row in view.views if row[0] in check.recorded))


def expand(view: View, cases: Iterable[Case]) -> list[Case]:
    """Return those of the cases that a view takes, each once for each way of looking at it."""
    taken = [case for case in cases if case.kind in view.takes]
    if not view.views:
        return taken
    return [
        case._replace(id=f"{case.id}#{name}", options={**case.options, **dict(options)})
        for case in taken
        for name, options in view.views
        if dict(options).get("written_as") in (None, case.options.get("written_as"))
    ]


def kinds_of(view: View) -> frozenset[str]:
    """Return the kinds of cases that a view takes from a corpus."""
    return view.takes | GROUNDINGS[view.grounded].takes if view.grounded else view.takes
