"""Counts of what a job came to. Counters are exact, whatever a report leaves out."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from parity.compare import Verdict
from parity.stream_cases import StopScript
from parity.types import Case

Group = tuple[str, str, str]
"""(kind of case, mode of special tokens, skip_special): what a side has or lacks as a whole. Of a
stop case, what it asks of a stop decoder is in the place of the mode."""


@dataclass
class Tally:
    """What one job came to. Counters are exact, whatever a report leaves out.

    failed: of the cases with verdict `same`, those where both sides failed in the same way.
    unsupported: how often which reason was given.
    incomparable: how often which precondition failed.
    known: how many cases each entry of the ledger selected, by its place.
    groups: how many cases there were of each kind and mode.
    refused: how many cases of a group a side called unsupported.
    seconds: spent in each side's own code.
    signed: the signatures of one batch, in order, for each side.
    digests: SHA-256 over all of these that were added.
    """

    counts: Counter[Verdict] = field(default_factory=Counter)
    failed: int = 0
    unsupported: Counter[str] = field(default_factory=Counter)
    incomparable: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    groups: Counter[Group] = field(default_factory=Counter)
    refused: Counter[tuple[str, Group]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    signed: dict[str, str] = field(default_factory=dict)
    digests: dict[str, Any] = field(
        default_factory=lambda: {"reference": hashlib.sha256(), "candidate": hashlib.sha256()}
    )

    def add(self, other: Tally) -> None:
        """Add what another batch came to."""
        self.counts.update(other.counts)
        self.unsupported.update(other.unsupported)
        self.incomparable.update(other.incomparable)
        self.known.update(other.known)
        self.groups.update(other.groups)
        self.refused.update(other.refused)
        self.seconds.update(other.seconds)
        self.failed += other.failed
        for side, signatures in other.signed.items():
            self.signed[side] = ""
            self.digests[side].update(signatures.encode())

    @property
    def compared(self) -> int:
        """Cases where two answers were there to be compared."""
        apart = self.counts[Verdict.UNSUPPORTED] + self.counts[Verdict.INCOMPARABLE]
        return sum(self.counts.values()) - apart

    @property
    def proved(self) -> int:
        """Cases where at least one side gave a value."""
        return self.compared - self.failed


def group_of(case: Case) -> Group:
    """Return the group of a case."""
    options = case.options
    if isinstance(case.payload, StopScript):
        return case.kind, case.payload.stops.asks, ""
    if not options:
        return case.kind, "", ""
    return case.kind, str(options.get("specials", "")), str(options.get("skip_special", ""))
