"""`tokparity ledger prune`: entries that nothing needs any more are taken out of the file.

That one has expired its date tells. That one is stale, or that all it selects agrees now, only a
whole run of the plan tells, judged by the very ledger that is to be changed. Of an entry that is
needed for some of its cases nothing is taken: it is told, for a person to narrow.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import expected, ledger, runfile
from parity.asking_again import believed, newest
from parity.compare import Verdict
from parity.errors import EvidenceLost, UsageError
from parity.identities import Row, identity
from parity.ledger import Entry
from parity.ledgering import writing
from parity.runfile import RunFile
from parity.showing import line

DIFFERS: Final = frozenset({Verdict.DIVERGED, Verdict.EXPECTED, Verdict.NONDETERMINISTIC})
FEW: Final = 5
"""Ids that a message shows."""


class Fate(NamedTuple):
    """What becomes of an entry: why it goes, or what somebody should look at; both "" of others."""

    gone: str = ""
    told: str = ""


def prune(path: Path | None, console: Console, *, dry: bool) -> int:
    """Take entries out that nothing needs; return the exit code, 0 where there was none, too.

    path: of the run file, or None for the newest. Raises EvidenceLost where that run cannot tell.
    """
    if not dry:
        writing.refuse_in_ci()
    run, why_not = _run(path)
    plan = writing.plan_of(run) if run else writing.plan_here()
    before, today = ledger.content(plan.ledger), ledger.today()
    entries = expected.parsed(plan.ledger, before)
    if run and not why_not:
        why_not = _unfit(run, before)
    if why_not and (path or not any(ledger.expired(entry, today) for entry in entries)):
        raise EvidenceLost(why_not)
    if why_not:
        line(console, f"only what has expired is looked at: {why_not}")
    fates = _fates(None if why_not else run, entries, today)
    for entry, fate in zip(entries, fates, strict=True):
        if fate.gone or fate.told:
            line(console, f"{entry.place}: {fate.gone or fate.told}")
    gone = {number for number, fate in enumerate(fates, 1) if fate.gone}
    if not gone:
        line(console, f"{plan.ledger}: nothing to take out")
        return 0
    after = writing.without(plan.ledger, before, gone)
    rows = writing.rows_of(before)
    left = [row for number, row in enumerate(rows, 1) if number not in gone]
    if dry:
        writing.show(plan.ledger, before, after, console)
    else:
        writing.put(plan.ledger, before, after, left, console)
    count = f"{len(gone)} {'entry' if len(gone) == 1 else 'entries'}"
    line(console, f"{plan.ledger}: {count} {'would be ' if dry else ''}taken out, {len(left)} left")
    return 0


def _run(path: Path | None) -> tuple[RunFile | None, str]:
    """Return the run file, or why there is none."""
    try:
        return runfile.read(path or newest()), ""
    except UsageError as error:
        return None, str(error)


def _unfit(run: RunFile, ledger_now: bytes) -> str:
    """Return why a run cannot tell what nothing needs, or ""."""
    again = "run the whole plan with `tokparity run`, or name such a run with --run FILE"
    known = _of_ledger(run)
    if not run.whole:
        return f"{run.path}: the run is not whole; {again}"
    if known.get("unnarrowed") is not True:
        return f"{run.path}: it is not a run of the whole plan; {again}"
    if known.get("sha256") != (hashlib.sha256(ledger_now).hexdigest() if ledger_now else ""):
        return f"{run.path}: the ledger has changed since that run; {again}"
    return ""


def _of_ledger(run: RunFile) -> Mapping[str, Any]:
    return run.footer.get("ledger") or {}


def _fates(run: RunFile | None, entries: Sequence[Entry], today: dt.date) -> list[Fate]:
    """Return what becomes of each entry; where no run can tell, only those that expired go."""
    if run is None:
        return [_by_date(entry, today) for entry in entries]
    rows: dict[str, list[Row]] = {entry.place: [] for entry in entries}
    for row in run.divergences:
        known = ledger.relevant(entries, row["pair"], row["check"], today, row["judged"])
        entry = ledger.find(known, believed(row["case"], f"{run.path}: {identity(row)}"))
        if entry is not None:
            rows[entry.place].append(row)
    return [_fate(run, entry, rows[entry.place], today) for entry in entries]


def _by_date(entry: Entry, today: dt.date) -> Fate:
    over = ledger.fits_here(entry) and ledger.expired(entry, today)
    return Fate(gone=f"expired on {entry.expires}" if over else "")


def _fate(run: RunFile, entry: Entry, rows: Sequence[Row], today: dt.date) -> Fate:
    fate = _by_date(entry, today)
    if fate.gone or not ledger.fits_here(entry):
        return fate
    if entry.place in run.footer["stale_entries"]:
        return Fate(gone="selects no case of the plan")
    agree = [row for row in rows if row["verdict"] == Verdict.UNEXPECTED]
    differ = [row for row in rows if row["verdict"] in DIFFERS]
    selected = _of_ledger(run).get("cases", {}).get(entry.place, 0)
    if not agree:
        return Fate()
    if len(agree) == selected:
        return Fate(gone=f"all of the {selected:,} comparisons that it selects agree")
    ids = list(dict.fromkeys(row["case"]["id"] for row in agree))
    few = ", ".join(ids[:FEW]) + (f" and {len(ids) - FEW:,} more" if len(ids) > FEW else "")
    rest = selected - len(agree) - len(differ)
    unknown = f", {rest:,} were not compared or not written" if rest > 0 else ""
    return Fate(
        told=f"{len(agree):,} of {selected:,} comparisons agree, {len(differ):,} differ{unknown}; "
        f"it stays; those that agree: {few}"
    )
