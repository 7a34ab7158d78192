"""Part of a plan's cases: what --select, --shard and --since leave, all that are given together."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from parity.select import Predicate, select
from parity.shards import Shard
from parity.since import Since


class Part(NamedTuple):
    """Which cases are run.

    selected: an expression, or "" for all. shard, since: None where nothing was said.
    unnarrowed: the plan is a project's own, and nothing of it is left out but by shards.
    """

    selected: str = ""
    shard: Shard | None = None
    since: Since | None = None
    unnarrowed: bool = False

    @property
    def wanted(self) -> Predicate | None:
        """What selects the cases, or None where all are run."""
        found = [
            select(self.selected) if self.selected else None,
            self.shard and self.shard.takes,
            self.since and self.since.wanted,
        ]
        asked = [one for one in found if one]
        return (lambda case: all(one(case) for one in asked)) if asked else None

    @property
    def empty(self) -> bool:
        """Whether it is known, before anything is loaded, that no case is left."""
        return self.since is not None and self.since.ids == frozenset()

    @property
    def nothing(self) -> str:
        """What a run is called that compared nothing because no case was left."""
        if self.since and self.empty:
            return f"nothing changed since {self.since.rev}: nothing was compared"
        if self.since and self.since.ids is not None:
            return f"no case of what changed since {self.since.rev}: nothing was compared"
        return "no case of this shard: nothing was compared" if self.shard else ""

    def as_data(self) -> dict[str, Any]:
        """Return what a run file says of it, null where it is no part of that kind."""
        shard = self.shard and [self.shard.number, self.shard.of]
        since = self.since and self.since.as_data()
        return {"shard": shard, "since": since, "unnarrowed": self.unnarrowed}


EVERYTHING: Final = Part()
