"""`tokparity ledger add`: divergences of a run, by name, become entries with a reason."""

from __future__ import annotations

import datetime as dt
import glob
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import expected, ledger, runfile
from parity.asking_again import believed, newest
from parity.backend import Breach
from parity.compare import Verdict
from parity.errors import EvidenceLost, UsageError
from parity.identities import Row, identity, named
from parity.ledger import Entry
from parity.ledgering import writing
from parity.plan import Plan
from parity.runfile import RunFile
from parity.showing import line

BARE: Final = re.compile(r'[^\s()"]+')
"""What a select expression takes without quotes."""
DAYS: Final = re.compile(r"(\d{1,5})d", re.ASCII)
COUNTED: Final = tuple(
    verdict.value
    for verdict in Verdict
    if verdict not in (Verdict.SAME, Verdict.UNSUPPORTED, Verdict.INCOMPARABLE)
)
"""Verdicts of what a run file has a line for."""
Group = tuple[str, str, str, str]
"""(pair, check, judged side, class): what one entry is of."""


class Wanted(NamedTuple):
    """What somebody wants in the ledger, as the command line has it."""

    ids: Sequence[str]
    reason: str
    link: str = ""
    owner: str = ""
    expires: str = ""
    run: Path | None = None
    whole_cause: bool = False


def add(wanted: Wanted, console: Console) -> int:
    """Write an entry for each pair, check and class that is named; return the exit code.

    Raises UsageError, EvidenceLost, NothingSelected, GoldenError and BadLedger.
    """
    writing.refuse_in_ci()
    today = ledger.today()
    facts = _facts(wanted, today)
    run = runfile.read(wanted.run or newest())
    if not run.whole:
        raise EvidenceLost(f"{run.path}: the run is not whole; run again")
    plan = writing.plan_of(run)
    rows = _chosen(run, wanted)
    _refuse_strangers(run, rows, plan)
    before = ledger.content(plan.ledger)
    entries = expected.parsed(plan.ledger, before)
    for row in rows:
        _refuse_covered(run, row, entries, today)
    made = [_entry(group, ids, facts) for group, ids in _grouped(rows).items()]
    after = writing.with_entries(plan.ledger, before, made)
    writing.put(plan.ledger, before, after, [*writing.rows_of(before), *made], console)
    count = f"{len(made)} {'entry' if len(made) == 1 else 'entries'}"
    line(console, f"{plan.ledger}: {count} added for {len(rows):,} divergences of {run.path}")
    unclassed = sum(row.get("cause") is None for row in rows)
    if unclassed:
        line(console, f"  {unclassed:,} of them were not classified: whatever they are is covered")
    return 0


def _facts(wanted: Wanted, today: dt.date) -> dict[str, Any]:
    """Return what every entry has of what was said. Raises UsageError."""
    if not wanted.reason.strip():
        raise UsageError(
            "--reason is empty: say why this may differ, for whoever reads it next year"
        )
    texts = {"reason": wanted.reason, "owner": wanted.owner, "link": wanted.link}
    for name, text in texts.items():
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise UsageError(f"--{name} is no text that UTF-8 can hold: {text!a}")
    facts: dict[str, Any] = {name: text.strip() for name, text in texts.items() if text.strip()}
    if wanted.expires:
        facts["expires"] = day(wanted.expires, today)
    return facts


def day(text: str, today: dt.date) -> dt.date:
    """Return the day that a date or a number of days means. Raises UsageError.

    >>> day("90d", dt.date(2026, 1, 1)).isoformat()
    '2026-04-01'
    """
    days = DAYS.fullmatch(text)
    try:
        found = today + dt.timedelta(int(days[1])) if days else dt.date.fromisoformat(text)
    except ValueError as error:
        wanted = "a date such as 2027-06-30, or a number of days such as 90d"
        raise UsageError(f"--expires is {wanted}, not {text!r}") from error
    if found <= today:
        raise UsageError(f"--expires {text}: that day has come: the entry would fail the next run")
    return found


def _chosen(run: RunFile, wanted: Wanted) -> list[Row]:
    """Return the divergences that are meant, in the order of the run. Raises UsageError."""
    found: dict[str, Row] = {}
    for name in wanted.ids:
        rows = named(run, [name])
        fit = [row for row in rows if row["verdict"] == Verdict.DIVERGED]
        if not fit:
            raise UsageError(f"{run.path}: {identity(rows[0])} {_WHY[rows[0]['verdict']]}")
        found.update((identity(row), row) for row in fit)
    for row in found.values():
        _refuse_breach(run, row)
    if not wanted.whole_cause:
        return list(found.values())
    causes = {_cause(row) for row in found.values()}
    diverged = filter(_is_diverged, run.divergences)
    groups = dict.fromkeys(_group(row) for row in diverged if _cause(row) in causes)
    for group in groups:
        _refuse_unknown(run, group)
    return [row for row in run.divergences if _is_diverged(row) and _group(row) in groups]


_WHY: Final = {
    "expected": "is covered by the ledger already",
    "unexpected": "agrees, and an entry says that it differs: see `tokparity ledger prune`",
    "reported": "is reported only, and no run fails for it: there is nothing to cover",
    "nondeterministic": "is a reference that disagrees with itself, which no entry covers",
}


def _is_diverged(row: Row) -> bool:
    return bool(row["verdict"] == Verdict.DIVERGED)


def _group(row: Row) -> Group:
    return row["pair"], row["check"], row["judged"], row.get("cause") or ""


def _cause(row: Row) -> tuple[str, str]:
    return row["pair"], row.get("cause") or ""


def _refuse_breach(run: RunFile, row: Row) -> None:
    """Raise UsageError for a broken contract, which no entry excuses."""
    breaches = {"WrongCount", *_names(Breach)}
    kinds = {row[side]["failure"]["kind"] for side in ledger.SIDES if "failure" in row[side]}
    if kinds & breaches:
        raise UsageError(
            f"{run.path}: {identity(row)} is a broken contract ({', '.join(kinds & breaches)}), "
            "which the ledger never covers"
        )


def _names(of: type) -> set[str]:
    below: list[type] = of.__subclasses__()
    return {one.__name__ for one in below}.union(*map(_names, below))


def _refuse_unknown(run: RunFile, group: Group) -> None:
    """Raise UsageError where not every divergence of a cause is known, or none is named."""
    check, cause = group[1], group[3]
    if not cause:
        raise UsageError(
            f"{run.path}: no cause is named of these divergences of {check}: name them one by one"
        )
    written = [row for row in run.divergences if _group(row)[:3] == group[:3]]
    counts = [
        row
        for found in run.footer["pairs"]
        for row in found["rows"]
        if (found["name"], row["check"], row["judged"]) == group[:3]
    ]
    total = sum(row[name] for row in counts for name in COUNTED)
    unknown = sum(_is_diverged(row) and row.get("cause") is None for row in written)
    if total > len(written) or unknown:
        raise UsageError(
            f"{run.path}: not all that is of the cause {cause!r} is known: of {check} "
            f"{total - len(written):,} divergences were not written and {unknown:,} not "
            "classified; name the cases, or run with fewer of them"
        )


def _refuse_strangers(run: RunFile, rows: Sequence[Row], plan: Plan) -> None:
    """Raise UsageError for a run of another project: its entry would be stale at once."""
    names = [pair.name for pair in plan.pairs]
    here = {pair.name: (pair.reference, pair.candidate) for pair in plan.pairs}
    then = {mark["name"]: tuple(mark[side]["spec"] for side in ledger.SIDES) for mark in run.pairs}
    for row in rows:
        if row["pair"] in here and here[row["pair"]] != then.get(row["pair"]):
            raise UsageError(
                f"{run.path}: its pair {row['pair']!a} is {' and '.join(then[row['pair']])}, in "
                f"the plan of this folder it is {' and '.join(here[row['pair']])}: run again"
            )
        if names and row["pair"] not in names:
            raise UsageError(
                f"{run.path}: it is a run of {run.header['plan']!a}, and its pair {row['pair']!a} "
                f"is not in the plan of this folder: {', '.join(names)}"
            )


def _refuse_covered(run: RunFile, row: Row, entries: Sequence[Entry], today: dt.date) -> None:
    """Raise UsageError where another entry would count before one for this divergence."""
    known = ledger.relevant(entries, row["pair"], row["check"], today, row["judged"])
    case = believed(row["case"], f"{run.path}: {identity(row)}")
    entry = ledger.find(known, case)
    if entry is None:
        return
    only = " and ".join(filter(None, (entry.cause and f"the class {entry.cause!r}", entry.kind)))
    why = f", which covers {only} alone: change it, or take it out" if only else " already"
    raise UsageError(f"{identity(row)} ({case.id}) is selected by {entry.place}{why}")


def _grouped(rows: Sequence[Row]) -> Mapping[Group, list[str]]:
    found: dict[Group, list[str]] = defaultdict(list)
    for row in rows:
        found[_group(row)].append(row["case"]["id"])
    return found


def _entry(group: Group, ids: Sequence[str], facts: Mapping[str, Any]) -> dict[str, Any]:
    pair, check, judged, cause = group
    joined = " or\n".join(map(_term, ids))
    return {
        "pair": glob.escape(pair),
        "check": check,
        **({"side": judged} if judged in ledger.SIDES else {}),
        **({"class": cause} if cause else {}),
        "select": joined,
        **facts,
    }


def _term(id: str) -> str:
    """Return a term that selects one id and no other.

    >>> _term("t/a-00000000#skip"), _term("a b*")
    ('id:t/a-00000000#skip', 'id:"a b[*]"')
    """
    shown = glob.escape(id)
    return f"id:{shown}" if BARE.fullmatch(shown) else f"id:{json.dumps(shown, ensure_ascii=False)}"
