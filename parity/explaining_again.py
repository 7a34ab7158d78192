"""`tokparity explain D-...`: a divergence of a run file, explained, or written down to hand on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import explaining, runfile, session
from parity.app import Flags, terms_for
from parity.asking_again import (
    FINDING,
    believed,
    changed,
    job_of,
    mark_of,
    newest,
    pair_of,
)
from parity.errors import NothingSelected, UsageError
from parity.examine import Examiner, as_data
from parity.explanation import Both, explained
from parity.identities import DIVERGENCE, Row, identity
from parity.minimise import again
from parity.replaying import Wanted as Replayable
from parity.replaying import picked
from parity.reports.divergence import lines
from parity.reproducing import no_difference
from parity.runfile import RunFile, record
from parity.showing import line
from parity.types import Case

ENCODED: Final = frozenset({"ids", "ids_batched", "offsets", "offsets_batched", "text"})
"""Checks whose cases have stages: those of texts and of ids."""


class Wanted(NamedTuple):
    """A divergence of a run file.

    id: its name, that of a finding, or the start of its case's id. emit: what it is written as, ""
    where it is explained. flags: of the plan; of these only the pair and the network matter.
    """

    id: str
    run: Path | None = None
    emit: str = ""
    flags: Flags = Flags()
    text: str | None = None


def is_of_run(id: str, run: Path | None, emit: str | None) -> bool:
    """Say whether what is to be explained is in a run file, and not of the plan."""
    return bool(run or emit) or id.startswith((DIVERGENCE, FINDING))


def explain(wanted: Wanted, console: Console, *, as_json: bool) -> int:
    """Explain divergences of a run file, or write one down; return the exit code.

    Raises UsageError, NothingSelected, EvidenceLost, Inconclusive.
    """
    _check(wanted, as_json=as_json)
    run = runfile.read(wanted.run or newest())
    pairs = wanted.flags.pairs
    rows = [
        row for row in picked(run, Replayable((wanted.id,))) if row["pair"] in pairs or not pairs
    ]
    if not rows:
        raise NothingSelected(
            f"{run.path}: no divergence {wanted.id!a} of {', '.join(pairs) or 'it'}"
        )
    if wanted.emit:
        console.file.write(_emitted(run, rows, wanted))
        return 0
    documents = []
    for row in rows:
        document = _explained(run, row, wanted, None if as_json else console)
        documents.append(document)
    if as_json:
        console.out(json.dumps(documents, indent=1), highlight=False)
    return 0


def _check(wanted: Wanted, *, as_json: bool) -> None:
    if wanted.text is not None:
        raise UsageError("--text is explained between the sides of the plan: it is of no run file")
    if not wanted.id:
        raise UsageError(
            "name a divergence: D-... as `tokparity replay` tells them, or a case's id"
        )
    rest = wanted.flags._replace(pairs=(), network=False, moving=False)
    if rest != Flags():
        raise UsageError("the run file says which sides there are; of the plan's options only "
                         "--pair is taken here")  # fmt: skip
    if wanted.emit and as_json:
        raise UsageError("--emit prints what is to be pasted: it is not JSON")


def _emitted(run: RunFile, rows: list[Row], wanted: Wanted) -> str:
    """Return what a divergence is written as. Raises UsageError where several are named."""
    from parity import emitting  # noqa: PLC0415 (a table is read for it)
    from parity.emitting.subject import subject  # noqa: PLC0415 (as before)

    if len(rows) > 1:
        names = "\n".join(f"  {identity(row)}  {row['check']}  {row['pair']}  {row['case']['id']}"
                          for row in rows[:10])  # fmt: skip
        raise UsageError(f"{wanted.id!a} names {len(rows)} divergences; name one:\n{names}")
    found = subject(run, rows[0])
    specs = [found.mark[side]["spec"] for side in ("reference", "candidate")]
    found = found._replace(terms=terms_for(wanted.flags, *specs))
    return emitting.FORMS[wanted.emit](found)


def _explained(
    run: RunFile, row: Row, wanted: Wanted, console: Console | None
) -> Mapping[str, Any]:
    """Return what a divergence is now, as data; print it, too, where there is a console."""
    place = f"{run.path}: {identity(row)}"
    mark, case = mark_of(run, row, place), believed(row["case"], place)
    job = job_of(row, case, place)
    with session.opened(pair_of(mark, [row["check"]], wanted.flags)) as loaded:
        job, others = session.related(job, loaded), changed(mark, loaded)
        examiner = Examiner(loaded.reference, loaded.candidate, [job])
        found = again(job, examiner.observers, case)
        tokens = session.pieces(loaded.reference, loaded.candidate)
        shown = found and {**record(found, tokens), **as_data(found, examiner.examine(found))}
        data = {"id": identity(row), "pair": row["pair"], "changed": others, "divergence": shown}
        if console:
            line(console, f"{identity(row)}  {row['pair']}  {run.path}")
            gone = [] if found else [no_difference(job, examiner.observers, case)]
            for text in [*others, *(lines(shown) if shown else gone)]:
                line(console, f"  {text}")
        if shown and row["check"] in ENCODED and row["judged"] == "both":
            data["explained"] = _stages(loaded, case, console)
    return data


def _stages(
    loaded: session.Loaded, case: Case, console: Console | None
) -> Mapping[str, Any] | None:
    """Return at which stage a text or ids part, as `explain` tells it of a case of the plan."""
    if case.kind not in ("text", "ids"):
        return None
    both = Both(loaded, case.options.get("specials", loaded.pair.specials))
    seen = explained(both, case)
    if console:
        explaining.show(console, both, seen)
    return explaining.as_data(both, seen)
