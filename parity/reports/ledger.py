"""What a run fails for that is no divergence: entries of the ledger that are stale or expired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def stale(footer: Mapping[str, Any]) -> list[str]:
    """Return a line for each entry that no case fits any more; none without a footer."""
    return [
        f"{place} selects no case any more that is compared: take it out"
        for place in footer.get("stale_entries", [])
    ]


def expired(footer: Mapping[str, Any]) -> list[str]:
    """Return a line for each entry whose date has come."""
    return [
        f"{place} expired on {date}: renew it, or take it out"
        for place, date in (footer.get("expired_entries") or {}).items()
    ]
