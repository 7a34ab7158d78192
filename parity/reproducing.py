"""A divergence asked again: by `tokparity replay`, and by the tests that `--emit pytest` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from parity.backend import Backend
from parity.causes import AMONG_OTHERS
from parity.compare import Comparison
from parity.errors import Inconclusive
from parity.jobs import Job, jobs_for
from parity.minimise import KEPT, ONCE_MORE, as_it_is
from parity.reports.divergence import lines
from parity.run import Observer, live, run
from parity.runfile import record
from parity.session import pieces
from parity.types import Case

Sides = Mapping[str, Observer]


class Answered(NamedTuple):
    """What a case came to: the difference, or why nothing was compared; neither where it agrees."""

    found: Comparison | None
    why: str = ""


def ask(job: Job, sides: Sides, cases: Sequence[Case], of: str) -> Answered:
    """Return what a check or law finds now of the case with the id `of`, among others in one call.

    What several threads or processes show comes and goes: it is asked some times.
    """
    view = job.view._replace(grounded="", views=())
    bare = job._replace(view=view, known=(), cases=())
    why = ""
    for _ in range(ONCE_MORE if job.name in AMONG_OTHERS else 1):
        for _, tally, differing in run(list(map(as_it_is, cases)), [bare], sides):
            own = (one for one in differing if one.case.id == of and one.verdict in KEPT)
            if found := next(own, None):
                return Answered(found)
            why = next(iter([*tally.unsupported, *tally.incomparable]), why)
    return Answered(None, why)


def no_difference(job: Job, sides: Sides, case: Case) -> str:
    """Say of a case that does not differ whether it agrees now, or why nothing is compared."""
    why = ask(job, sides, [case], case.id).why
    return f"nothing is compared any more: {why}" if why else "it does not differ any more"


def unsteady(job: Job, sides: Sides, cases: Sequence[Case]) -> bool:
    """Say whether the reference, asked twice, gives two answers.

    Then it is no reference: whether the candidate agrees with it is chance. Of a law on one side
    it is not asked.
    """
    if job.judged != "both":
        return False
    twice = job._replace(name="repeatable", candidate=job.reference, judged="reference")
    return any(ask(twice, sides, cases, case.id).found for case in cases)


def assert_agreement(
    check: str,
    cases: Sequence[Case],
    reference: Backend,
    candidate: Backend,
    *,
    judged: str = "both",
    of: str = "",
) -> None:
    """Raise AssertionError, with both answers, where two backends differ on a case.

    check: a check, or a law, which is about the one side that is judged.
    cases: what is looked at in one call. of: the id of the case among them that must agree.
    Raises Inconclusive where nothing was compared, or where the reference disagrees with itself.
    """
    (job,) = (job for job in jobs_for([check]) if job.judged == judged)
    sides = {"reference": live(reference), "candidate": live(candidate)}
    seen = ask(job, sides, cases, of or cases[0].id)
    if seen.found:
        row = record(seen.found, pieces(reference, candidate))
        raise AssertionError("\n".join(lines(row)))
    if seen.why:
        raise Inconclusive(f"{check}: nothing was compared: {seen.why}")
    if unsteady(job, sides, cases):
        raise Inconclusive(f"{check}: the reference disagrees with itself, so nothing is proved")
