"""What a page has a section for: the divergences of a run, by pair, check and cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.identities import QUIET, identity
from parity.reports.grouping import grouped
from parity.runfile import RunFile

Row = Mapping[str, Any]
NOT_EXAMINED: Final = "not examined"
"""The cause of what was beyond the limit of what a run examines."""
NO_CAUSE: Final = "no cause"
"""The cause of what was made small, and whose check has no named causes."""
WRONG: Final = ("diverged", "unexpected", "nondeterministic")
"""Counts of a row of the footer for which a run fails."""


class Group(NamedTuple):
    """Divergences of one pair, check and cause; the first row speaks for all.

    anchor: its id in the page.
    quiet: the run does not fail for it: it is in the ledger, or only informs.
    """

    anchor: str
    cause: str
    quiet: bool
    rows: Sequence[Row]

    @property
    def first(self) -> Row:
        """The row that is shown."""
        return self.rows[0]

    @property
    def check(self) -> str:
        """The check, with the side where one is judged by itself."""
        return column(self.first)

    @property
    def tags(self) -> Counter[str]:
        """How many rows have each tag."""
        return Counter(tag for row in self.rows for tag in tags(row))


def groups(run: RunFile) -> list[Group]:
    """Return the groups of a run: by pair in its order, what fails first, the largest first."""
    found, taken = list[Group](), Counter[str]()
    names = dict.fromkeys([*(pair["name"] for pair in run.pairs), *_strangers(run)])
    for quiet in (False, True):
        for name in names:
            rows = [
                row
                for row in run.divergences
                if row["pair"] == name and (row["verdict"] in QUIET) is quiet
            ]
            for cause, members in _by_size(rows):
                anchor = identity(members[0])
                taken[anchor] += 1
                anchor += f"-{taken[anchor]}" * (taken[anchor] > 1)
                found.append(Group(anchor, cause, quiet, members))
    return found


def _strangers(run: RunFile) -> list[str]:
    return [row["pair"] for row in run.divergences]


def _by_size(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return groups with their causes; cases that nobody examined are one group for each check."""
    found: list[tuple[str, list[Row]]] = []
    unexamined: dict[str, list[Row]] = {}
    for group in grouped(rows):
        cause = group[0].get("cause") or ""
        if cause or group[0].get("minimal"):
            found.append((cause or NO_CAUSE, group))
        else:
            unexamined.setdefault(column(group[0]), []).extend(group)
    found.sort(key=lambda each: -len(each[1]))
    return found + [(NOT_EXAMINED, rows) for rows in unexamined.values()]


def column(row: Row) -> str:
    """Return a check of a row, of the run file or its footer, with the side that is judged.

    >>> column({"check": "repeatable", "judged": "candidate"})
    'repeatable candidate'
    """
    return row["check"] if row["judged"] == "both" else f"{row['check']} {row['judged']}"


def tags(row: Row) -> list[str]:
    """Return the tags of a row's case, each once."""
    found = row["case"].get("tags")
    return [tag for tag in dict.fromkeys(found) if type(tag) is str] if type(found) is list else []


def wrong(row: Row) -> int:
    """Return for how many comparisons of a footer's row the run fails."""
    return sum(row[name] for name in WRONG)
