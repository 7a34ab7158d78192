"""Divergences by what they come from: one cause may be thousands of cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.causes import UNCLASSIFIED, about
from parity.identities import QUIET
from parity.jsonl import dump
from parity.reports.divergence import shown
from parity.reports.visible import value

Row = Mapping[str, Any]
UNEXPECTED, UNSTABLE, UNEXAMINED = "unexpected-match", "nondeterministic", "unexamined"
OTHERS: Final = {
    UNEXPECTED: "the ledger says that it differs, and it does not",
    UNSTABLE: "the reference disagrees with itself",
    UNEXAMINED: "no cause was looked for",
}
"""Classes of what differs that no side's answers explain."""


class Cause(NamedTuple):
    """What is wrong in a pair for one reason, the row that shows it best first.

    name: of `causes`, or of `OTHERS`. form: what tells it from others of its name, or "".
    """

    pair: str
    name: str
    form: str
    rows: tuple[Row, ...]

    @property
    def words(self) -> str:
        """The name, and what it means."""
        return f"{self.name}: {explained(self.name)}".rstrip(": ")

    @property
    def checks(self) -> dict[str, int]:
        """How many of the rows are of which check."""
        names = [name_of(row) for row in self.rows]
        return {name: names.count(name) for name in dict.fromkeys(names)}


def named(row: Row) -> str:
    """Return the name of the class of a divergence."""
    own = {"unexpected": UNEXPECTED, "nondeterministic": UNSTABLE}
    return own.get(row["verdict"]) or row.get("cause") or UNEXAMINED


def explained(name: str) -> str:
    """Return what a class is, in a line; "" for one that nothing here names."""
    return OTHERS.get(name) or about(name)


def name_of(row: Row) -> str:
    """Return the name of a check, with the side where one alone is judged."""
    return str(row["check"]) if row["judged"] == "both" else f"{row['check']}[{row['judged']}]"


def by_cause(rows: Sequence[Row]) -> list[Cause]:
    """Return what rows fail for, one a pair and cause, the most frequent first."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row["verdict"] not in QUIET:
            groups.setdefault((row["pair"], named(row), _form(row)), []).append(row)
    found = [
        Cause(*key, tuple(sorted(group, key=lambda row: not row.get("minimal"))))
        for key, group in groups.items()
    ]
    return sorted(found, key=lambda cause: -len(cause.rows))


def _form(row: Row) -> str:
    """Return what tells causes of one name apart: nothing, where the name is a reason."""
    name = named(row)
    if name in (UNCLASSIFIED, UNEXAMINED) and row.get("minimal"):
        return dump(row["minimal"]["case"]["payload"])
    return name_of(row) if name == UNEXAMINED else ""


def grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the divergences of a pair by check and cause, the first group first.

    Those of no named cause are one group for each smallest case; the first of a group is one whose
    smallest case is known, where there is one.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(_key(row), []).append(row)
    return [sorted(group, key=lambda row: not row.get("minimal")) for group in groups.values()]


def _key(row: Row) -> tuple[str, ...]:
    cause = row.get("cause") or ""
    form = ""
    if cause in ("", UNCLASSIFIED) and row.get("minimal"):
        form = dump(row["minimal"]["case"]["payload"])
    elif cause in ("", UNCLASSIFIED):
        form = "not minimised" if cause else row["case"]["id"]
    return row["check"], row["judged"], cause, form


def causes_of(rows: Sequence[Row], total: int = 0) -> Iterator[str]:
    """Yield a line for each cause: how many cases, on which checks, and its smallest case.

    total: how many there are, where not all of them are among the rows.
    """
    named: dict[str, list[Row]] = {}
    for row in rows:
        if row.get("cause"):
            named.setdefault(row["cause"], []).append(row)
    if named:
        count = sum(map(len, named.values()))
        several = "cause" if len(named) == 1 else "causes"
        of = f" of {total:,}" if total > count else ""
        yield f"{len(named)} {several}, {count:,}{of} {'case' if count == 1 else 'cases'}"
    for cause, found in sorted(named.items(), key=lambda item: (-len(item[1]), item[0])):
        checks = ", ".join(dict.fromkeys(row["check"] for row in found))
        minimal = next((row["minimal"] for row in found if row.get("minimal")), None)
        small = f"  smallest {value(shown(minimal['case']['payload']), 60)}" if minimal else ""
        yield f"  {cause:<22} {len(found):>6,} of {checks}{small}"
