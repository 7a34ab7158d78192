"""What a pair came to: its counts, why nothing is proved where that is so, and its exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from parity.checks import CHECKS
from parity.compare import Verdict
from parity.coverage import Share
from parity.errors import Inconclusive, ParityError, Refused
from parity.plan import Pair
from parity.tally import Tally

Key = tuple[str, str]
"""(check, judged side) of one row of a pair's table."""

PRECEDENCE: Final = (70, 3, 1, 4)
"""Which exit code stands where several apply."""


@dataclass
class PairResult:
    """What one pair came to.

    problem: why nothing is proved, in words, or "".
    refused: whether the problem is that a side's library does not take the file.
    stopped: whether the problem stopped it, and is none that its counts show.
    untaken: how many cases there were of which kind that no check of the pair is about.
    given: ids that the reference gave for texts.
    coverage: what those are of what the reference has.
    """

    name: str
    rows: dict[Key, Tally] = field(default_factory=dict)
    problem: str = ""
    code: int = 0
    untaken: Counter[str] = field(default_factory=Counter)
    refused: bool = False
    stopped: bool = False
    given: set[int] = field(default_factory=set)
    coverage: Mapping[str, Share] = field(default_factory=dict)

    def stopped_by(self, error: ParityError) -> None:
        """Keep an error as this pair's problem."""
        self.problem, self.code, self.stopped = str(error), error.exit_code, True
        self.refused = isinstance(error, Refused)


def conclude(pair: Pair, result: PairResult, *, partial: bool) -> PairResult:
    """Give a pair's result its exit code, and its problem where nothing is proved.

    partial: only selected cases ran, so a named check may have had none of its kind.
    """
    rows = result.rows
    nothing_selected = partial and not any(row.counts.total() for row in rows.values())
    if not result.problem and not nothing_selected:
        result.problem = _unproved(pair, rows, partial=partial)
        result.code = Inconclusive.exit_code if result.problem else 0
    counts = {verdict: sum(row.counts[verdict] for row in rows.values()) for verdict in Verdict}
    codes = {result.code}
    if counts[Verdict.DIVERGED] or counts[Verdict.UNEXPECTED]:
        codes.add(1)
    if counts[Verdict.NONDETERMINISTIC]:
        codes.add(Inconclusive.exit_code)
        result.problem = result.problem or "the reference disagrees with itself"
    result.code = worst(codes)
    return result


def _unproved(pair: Pair, rows: Mapping[Key, Tally], *, partial: bool) -> str:
    between = {name: row for (name, judged), row in rows.items() if judged == "both"}
    of_corpora = {name: row for name, row in between.items() if not CHECKS[name].own}
    for group in (of_corpora, between):
        if group and not any(row.proved for row in group.values()):
            return "nothing was compared between the two sides"
    if not any(row.proved for row in rows.values()):
        return "nothing was compared"
    for (name, _), row in rows.items():
        if pair.named and not partial and not row.proved:
            return f"the check {name!r} was named and compared nothing"
        if row.failed > row.proved and not partial:
            return f"{name}: {row.failed} cases failed alike, {row.proved} gave a value"
    return _partly_refused(rows)


def _partly_refused(rows: Mapping[Key, Tally]) -> str:
    """Say which side called some cases of a group unsupported and answered others like them."""
    for (name, _), row in rows.items():
        for (side, group), count in row.refused.items():
            if count < row.groups[group] and name != "round_trip":
                of = row.groups[group]
                return (
                    f"{name}: the {side} called {count} of {of} cases of kind {group[0]} "
                    "unsupported and answered the others"
                )
    return ""


def worst(codes: Iterable[int]) -> int:
    """Return the exit code that stands where several apply; one without a rank is never lost."""
    found = set(codes)
    return next((code for code in PRECEDENCE if code in found), max(found, default=0))
