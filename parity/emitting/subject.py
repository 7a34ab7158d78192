"""What is written down: a divergence of a run file, on the least that it shows on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from parity.asking_again import believed, job_of, mark_of
from parity.causes import about
from parity.identities import Row, identity
from parity.runfile import RunFile
from parity.terms import Terms
from parity.types import Case


class Subject(NamedTuple):
    """A divergence to write down.

    mark: what the run file says of both sides.
    cases: those that are looked at in one call; `of` is the id of the one that differs.
    least: whether that is what was left when it was made small.
    seen: what each side made of it.
    """

    run: RunFile
    row: Row
    mark: Mapping[str, Any]
    cases: tuple[Case, ...]
    of: str
    least: bool
    seen: Mapping[str, Mapping[str, Any]]
    terms: Terms = Terms()

    @property
    def name(self) -> str:
        """The identity of the divergence."""
        return identity(self.row)

    @property
    def place(self) -> int:
        """Which of the cases it is."""
        return [case.id for case in self.cases].index(self.of)

    @property
    def case(self) -> Case:
        """The case that differs."""
        return self.cases[self.place]

    @property
    def title(self) -> str:
        """What differs, and its cause."""
        judged = self.row["judged"]
        of = "" if judged == "both" else f" of the {judged}"
        cause = self.row["cause"]
        differs = f"{self.row['check']}{of} differs"
        return f"{differs}; {cause}: {about(cause)}".rstrip(": ") if cause else differs


def subject(run: RunFile, row: Row) -> Subject:
    """Return a divergence as it is written down. Raises EvidenceLost for a damaged one."""
    place = f"{run.path}: {identity(row)}"
    mark, minimal = mark_of(run, row, place), row["minimal"]
    case = believed(row["case"], place)
    job_of(row, case, place)
    seen = {side: (minimal or row)[side] for side in ("reference", "candidate")}
    if minimal is None:
        return Subject(run, row, mark, (case,), case.id, least=False, seen=seen)
    least = believed(minimal["case"], place)
    batch = tuple(believed(one, place) for one in minimal["batch"])
    if batch and least.id not in [one.id for one in batch]:
        batch = (*batch, least)
    return Subject(run, row, mark, batch or (least,), least.id, least=True, seen=seen)
