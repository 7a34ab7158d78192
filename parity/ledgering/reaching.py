"""Which cases of a plan each entry of its ledger selects, as far as that is known without a run."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from parity import causes, diagnosis, expected, ledger, session
from parity.grounding import GROUNDINGS
from parity.jobs import Job, expand
from parity.ledger import Entry
from parity.plan import Plan
from parity.types import Case

IN_FORCE: Final = "in force"
EXPIRED: Final = "expired"
STALE: Final = "stale"
NOT_HERE: Final = "not for this Unicode"


@dataclass
class Reached:
    """An entry, and what it selects of a plan.

    pairs, checks: names of those that it speaks of.
    cases: ids of those that it selects. first: those for which no entry before it counts.
    shadowed: how many comparisons are another entry's, by its place.
    """

    entry: Entry
    number: int
    pairs: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    cases: dict[str, None] = field(default_factory=dict)
    first: set[str] = field(default_factory=set)
    shadowed: dict[str, dict[str, None]] = field(default_factory=dict)

    def state(self, today: dt.date) -> str:
        """Return whether the entry counts, in words."""
        if not ledger.fits_here(self.entry):
            return NOT_HERE
        if ledger.expired(self.entry, today):
            return EXPIRED
        return IN_FORCE if self.first else STALE

    def why_stale(self) -> str:
        """Return why no case is expected to differ by this entry."""
        if not self.pairs:
            return f"the plan has no pair {self.entry.pair!a}"
        if not self.checks:
            return f"no pair that it speaks of has a check {self.entry.check!a}"
        if not self.cases:
            return "it selects no case of the plan"
        return f"every case that it selects is one of {', '.join(self.shadowed)}, which counts"

    def never(self) -> str:
        """Say that no check of the entry can be of its class; "" where one can."""
        cause = self.entry.cause
        if not cause or not self.checks or any(can_be(check, cause) for check in self.checks):
            return ""
        return f"what {', '.join(sorted(self.checks))} finds is never of the class {cause!r}"


def reached(plan: Plan, entries: Sequence[Entry], today: dt.date) -> list[Reached]:
    """Return what each entry selects of the corpora of a plan. Raises BadCorpus and its kin."""
    found = [Reached(entry, number) for number, entry in enumerate(entries, 1)]
    for pair in plan.pairs:
        mine = [one for one in found if ledger.speaks(one.entry, pair.name)]
        for one in mine:
            one.pairs.add(pair.name)
        if not mine:
            continue
        paths = session.corpora(pair)
        cases = [case for path in paths for case in session.cases_of(pair, path)]
        for job in session.jobs(pair, plan, session.predicate(pair.select)):
            about = [one for one in mine if ledger.speaks(one.entry, pair.name, job.name,
                                                          job.judged)]  # fmt: skip
            for one in about:
                one.checks.add(job.name)
            if about:
                _count(about, seen(job, cases), today)
    return found


def seen(job: Job, cases: Iterable[Case]) -> Iterator[Case]:
    """Yield cases as a job selects among them; what grounding loses is not known here."""
    if job.cases:
        yield from job.cases
        return
    grounding = GROUNDINGS.get(job.view.grounded)
    made = [
        case._replace(
            kind=job.view.grounded, payload=(), options={**case.options, "written_as": case.kind}
        )
        if grounding and case.kind in grounding.takes
        else case
        for case in cases
    ]
    yield from expand(job.view, made)


def _count(about: Sequence[Reached], cases: Iterable[Case], today: dt.date) -> None:
    for case in cases:
        counts: Reached | None = None
        for one in about:
            if not one.entry.selects(case):
                continue
            one.cases[case.id] = None
            if not ledger.applies(one.entry, today):
                continue
            if counts is None:
                counts = one
                one.first.add(case.id)
            else:
                one.shadowed.setdefault(counts.entry.place, {})[case.id] = None


def can_be(check: str, cause: str) -> bool:
    """Say whether a divergence of a check can be of a class.

    >>> can_be("ids", "digits"), can_be("text", "digits"), can_be("prompt", "filter:int")
    (True, False, True)
    """
    named = causes.BY_CHECK.get(check, ())
    if any(one.name == cause for one in named):
        return True
    of_prompts = check in diagnosis.CHECKS
    if cause == causes.UNCLASSIFIED:
        return bool(named) or of_prompts
    return of_prompts and cause.partition(":")[0] in causes.OF_PROMPTS


def by_state(found: Iterable[Reached], today: dt.date) -> Counter[str]:
    """Return how many entries are in which state."""
    return Counter(one.state(today) for one in found)


def of_plan(plan: Plan, today: dt.date) -> list[Reached]:
    """Return what the entries of a plan's own ledger select. Raises BadLedger."""
    return reached(plan, expected.read(plan.ledger), today)
