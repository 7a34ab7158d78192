"""`tokparity ledger list` and `check`: what the ledger says, without running anything."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console

from parity import ledger
from parity.app import Flags, plan_for
from parity.ledgering.reaching import EXPIRED, STALE, Reached, by_state, of_plan
from parity.plan import Plan
from parity.reports.visible import cut
from parity.showing import line

LONG: Final = 72
"""Characters of a select expression that a list shows."""
FEW: Final = 3
"""Ids that a message shows."""
STATIC: Final = "whether these cases still differ, only `tokparity run` tells"


def show(console: Console, *, as_json: bool) -> int:
    """List the entries of the plan's ledger; return the exit code. Raises BadLedger."""
    plan, today = plan_for(Flags()), ledger.today()
    found = of_plan(plan, today)
    if as_json:
        rows = [as_data(one, today) for one in found]
        console.out(json.dumps({"ledger": str(plan.ledger), "entries": rows}, indent=1),
                    highlight=False)  # fmt: skip
        return 0
    line(console, title(plan, found, today))
    for one in found:
        for text in lines(one, today):
            line(console, text)
    return 0


def title(plan: Plan, found: list[Reached], today: dt.date) -> str:
    """Return which file it is, and how many entries are in which state."""
    if not found:
        there = "it has no entry" if plan.ledger.exists() else "there is no such file"
        return f"{plan.ledger}: {there}: every difference counts"
    states = ", ".join(f"{count} {state}" for state, count in by_state(found, today).items())
    return f"{plan.ledger}: {len(found)} {'entry' if len(found) == 1 else 'entries'}: {states}"


def lines(one: Reached, today: dt.date) -> Iterator[str]:
    """Yield the lines that show one entry, the first as a title."""
    entry = one.entry
    of = f" of the {entry.side}" if entry.side else ""
    cases = f"{len(one.cases):,} {'case' if len(one.cases) == 1 else 'cases'}"
    yield ""
    yield f"{one.number:>3}  {entry.pair}  {entry.check}{of}  {one.state(today)}, {cases}"
    facts = {
        "class": entry.cause,
        "kind": entry.kind,
        "select": cut(" ".join(entry.chosen.split()), LONG),
        "reason": " ".join(entry.reason.split()),
        "link": entry.link,
        "owner": entry.owner,
        "expires": _expiry(entry.expires, today),
        "unicode": ".".join(map(str, entry.unicode)),
    }
    for name, text in facts.items():
        if text:
            yield f"     {name:<8} {text}"


def _expiry(expires: dt.date | None, today: dt.date) -> str:
    if expires is None:
        return ""
    left = (expires - today).days
    days = f"{abs(left):,} {'day' if abs(left) == 1 else 'days'}"
    return f"{expires}  ({f'{days} left' if left > 0 else f'{days} ago' if left else 'today'})"


def as_data(one: Reached, today: dt.date) -> dict[str, Any]:
    """Return an entry as plain data."""
    entry = one.entry
    return {
        "entry": one.number,
        "state": one.state(today),
        "pair": entry.pair,
        "check": entry.check,
        "side": entry.side,
        "class": entry.cause,
        "kind": entry.kind,
        "select": entry.chosen,
        "reason": entry.reason,
        "link": entry.link,
        "owner": entry.owner,
        "unicode": ".".join(map(str, entry.unicode)),
        "expires": entry.expires and entry.expires.isoformat(),
        "days_left": entry.expires and (entry.expires - today).days,
        "cases": len(one.cases),
    }


def check(console: Console) -> int:
    """Say what is wrong with the ledger as it stands; return the exit code. Raises BadLedger."""
    plan, today = plan_for(Flags()), ledger.today()
    found = of_plan(plan, today)
    line(console, title(plan, found, today))
    wrong = [text for one in found for text in _wrong(one, today)]
    for text in [*wrong, *(text for one in found for text in _shadowed(one, today))]:
        line(console, f"  {text}")
    if found:
        line(console, f"  {STATIC}")
    return 1 if wrong else 0


def _wrong(one: Reached, today: dt.date) -> Iterator[str]:
    """Yield what fails a run of the plan."""
    name, state = f"entry {one.number}", one.state(today)
    if state == EXPIRED:
        yield f"{name}: expired on {one.entry.expires}: renew it, or take it out"
    elif state == STALE:
        yield f"{name}: stale, {one.why_stale()}: take it out"
    if one.never():
        yield f"{name}: {one.never()}: it covers nothing"


def _shadowed(one: Reached, today: dt.date) -> Iterator[str]:
    """Yield which other entry counts for cases that this one selects, too."""
    if one.state(today) == STALE:
        return
    for place, ids in one.shadowed.items():
        other = place.rpartition(": ")[2]
        few = ", ".join(list(ids)[:FEW])
        more = f" and {len(ids) - FEW:,} more" if len(ids) > FEW else ""
        yield f"entry {one.number}: {other} selects {few}{more} too; the first of them counts"
