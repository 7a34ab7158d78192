"""What a run fails for that is no divergence: entries of the ledger that are stale or expired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def of_ledger(footer: Mapping[str, Any]) -> list[str]:
    """Return a line for each entry that fails the run; none for a run file that has no footer."""
    stale = [
        f"{place} selects no case any more: take it out"
        for place in footer.get("stale_entries", [])
    ]
    expired = footer.get("expired_entries") or {}
    return [
        *stale,
        *(
            f"{place} expired on {date}: renew it, or take it out"
            for place, date in expired.items()
        ),
    ]
