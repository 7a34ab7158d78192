"""What a run came to: its verdict, its exit code, its counts and what is wrong, for every format.

A verdict is believed where its run is whole and its counts bear it out; anything else is
inconclusive, so that no format can be greener than another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity import bounds
from parity.checks import CHECKS, LAWS
from parity.errors import GoldenError, Inconclusive, NothingSelected
from parity.evidence import VERDICTS
from parity.reports import ledger
from parity.runfile import RunFile

WRONG: Final = ("diverged", "unexpected", "nondeterministic")
"""Verdicts of cases that a run does not pass with; `differ` is the count of all of them."""
TOLD: Final = (*WRONG[:1], "expected", *WRONG[1:], "reported", "unsupported", "incomparable")
"""All verdicts but `same`, in the order in which they are told."""
GREEN: Final = frozenset(
    {"exact", "exact where comparable", "as expected", "laws hold", "nothing found"}
)
PROVED: Final = frozenset({0, 1})
"""Exit codes of runs that came to a verdict."""
INCONCLUSIVE: Final = VERDICTS[Inconclusive.exit_code]


class Problem(NamedTuple):
    """Why a run is not green, besides what differs.

    pair: "" where it is the whole run's. kind: inconclusive, refused, golden or lock problem,
        not whole, nothing selected, canary, stale entry, expired entry, contradiction.
    """

    pair: str
    kind: str
    text: str


class Outcome(NamedTuple):
    """What a run came to.

    verdict, exit: as its footer says, or inconclusive and 3; of exit code 5 it says why.
    differ, compared: comparisons, over all pairs and rows.
    counts: of each verdict of cases.
    """

    verdict: str
    exit: int
    differ: int
    compared: int
    counts: Mapping[str, int]
    problems: tuple[Problem, ...]

    @property
    def word(self) -> str:
        """The verdict without what it is about, as names of rules and badges need it."""
        return self.verdict if self.green else VERDICTS[self.exit]

    @property
    def green(self) -> bool:
        """Whether nothing is wrong, and something was proved."""
        return self.exit == 0


def outcome(run: RunFile) -> Outcome:
    """Return what a run came to."""
    rows = [row for pair in run.footer.get("pairs", []) for row in pair["rows"]]
    counts = {name: sum(row[name] for row in rows) for name in ("same", *TOLD)}
    differ, compared = sum(counts[name] for name in WRONG), sum(row["compared"] for row in rows)
    problems = tuple(_problems(run))
    verdict, code = _believed(run)
    if code == 0 and (verdict not in GREEN or differ or compared <= 0 or problems):
        text = f"the run file says {run.footer['verdict']!a}, and its own counts do not bear it out"
        problems = (*problems, Problem("", "contradiction", text))
        verdict, code = INCONCLUSIVE, Inconclusive.exit_code
    return Outcome(verdict, code, differ, compared, counts, problems)


def _believed(run: RunFile) -> tuple[str, int]:
    """Return the verdict and exit code of a footer, as far as it can be believed."""
    code = run.footer.get("exit")
    if not run.whole or type(code) is not int or code not in VERDICTS:
        return INCONCLUSIVE, Inconclusive.exit_code
    told = code in (0, NothingSelected.exit_code)
    return (run.footer["verdict"] if told else VERDICTS[code]), code


def _problems(run: RunFile) -> Iterator[Problem]:
    footer = run.footer
    if not run.whole:
        yield Problem("", "not whole", f"the run is not whole: {unfinished(run)}")
    elif footer.get("exit") == NothingSelected.exit_code:
        yield Problem("", "nothing selected", footer["verdict"])
    if footer and footer["canaries"]["planted"] < 1 and run.whole:
        yield Problem("", "canary", "no canary was planted: this run cannot be believed")
    for name in footer.get("canaries", {"survived": []})["survived"]:
        yield Problem("", "canary", f"the canary {name!a} survived: this run cannot be believed")
    for pair in footer.get("pairs", []):
        if pair["problem"]:
            yield Problem(pair["name"], kind_of(pair), pair["problem"])
    for line in ledger.stale(footer):
        yield Problem("", "stale entry", line)
    for line in ledger.expired(footer):
        yield Problem("", "expired entry", line)


def unfinished(run: RunFile) -> str:
    """Return why a run is not whole."""
    return run.footer.get("stopped") or "it has no footer: it was cut off"


def kind_of(pair: Mapping[str, Any]) -> str:
    """Return in a word what kind of problem a pair of a footer has."""
    if pair["refused"]:
        return "refused"
    return VERDICTS[4] if pair["exit"] == GoldenError.exit_code else INCONCLUSIVE


def sentence(run: RunFile) -> str:
    """Return a verdict's counts in a line, with the bound at its end."""
    if not run.whole:
        return f"the run is not whole: {unfinished(run)}"
    found, footer = outcome(run), run.footer
    planted, survived = footer["canaries"]["planted"], footer["canaries"]["survived"]
    beyond = " beyond the ledger" if found.counts["expected"] else ""
    differ = found.differ - found.counts["unexpected"]  # those agree, and were not to
    parts = [f"{differ:,} of {found.compared:,} comparisons differ{beyond}"]
    parts += [f"{found.counts[name]:,} {name}" for name in TOLD[1:] if found.counts[name]]
    rows = [row for pair in footer["pairs"] for row in pair["rows"] if row["judged"] == "both"]
    alike = sum(row["failed_alike"] for row in rows)
    parts += [f"{alike:,} failed alike"] if alike else []
    refused = sum(pair["refused"] for pair in footer["pairs"])
    parts += [f"{refused:,} of {len(footer['pairs']):,} pairs refused"] if refused else []
    parts.append(f"canaries {planted - len(survived)}/{planted} caught")
    return ", ".join(parts) + bound_of(rows)


def bound_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what `widest` says as the end of a sentence; "" where nothing bounds."""
    each = "each check " if len({row["check"] for row in _samples(rows)}) > 1 else ""
    bound = widest(rows)
    return f"; {each}below {bound} with 95 %" if bound else ""


def widest(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the widest of the bounds between the sides: checks look at the same cases.

    Sums of several checks, and of a side with itself, would bound nothing that anybody asks for.
    """
    found = [bounded(row) for row in _samples(rows)]
    return max(found, key=float) if found and all(found) else ""


def _samples(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["judged"] == "both" and is_sample(row) and row["compared"]]


def differing(rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return how many comparisons of some rows differ, and how many there are."""
    return sum(row[name] for row in rows for name in WRONG), sum(row["compared"] for row in rows)


def is_sample(row: Mapping[str, Any]) -> bool:
    """Say whether a row's cases stand for others: a check of its own cases looks at all there is.

    >>> is_sample({"check": "ids"}), is_sample({"check": "vocabulary"})
    (True, False)
    """
    known = CHECKS.get(row["check"]) or LAWS.get(row["check"])
    return known is None or not known.own


def bounded(row: Mapping[str, Any]) -> str:
    """Return what the share of a row that differs is below, "" where nothing bounds it."""
    return below(*differing([row])) if is_sample(row) else ""


def below(differ: int, compared: int) -> str:
    """Return what the share of what differs is below, rounded up; "" where nothing bounds it.

    >>> below(0, 44_112), below(3, 3), below(0, 0)
    ('6.8e-5', '', '')
    """
    if not 0 <= differ < compared:
        return ""
    return bounds.up(bounds.below(differ, compared))
