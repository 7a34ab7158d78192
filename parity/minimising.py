"""`tokparity minimise`: a divergence of a run file, made as small as it gets, with its cause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from parity import runfile, session
from parity.app import Flags
from parity.asking_again import (
    FINDING,
    believed,
    changed,
    finding,
    job_of,
    mark_of,
    newest,
    pair_of,
)
from parity.compare import Comparison
from parity.errors import NothingSelected, UsageError
from parity.examine import Examined, Examiner, as_data
from parity.jobs import Job
from parity.minimise import again
from parity.reports.divergence import lines
from parity.reproducing import no_difference
from parity.runfile import RunFile, record
from parity.showing import line
from parity.types import Case


class Wanted(NamedTuple):
    """A divergence that somebody names: by the start of its case's id, and maybe its check.

    id: or the id of a finding, or its start. pair: of a finding; its case is then this very one.
    allowed: the flags that say what targets may ask for.
    """

    id: str
    check: str = ""
    run: Path | None = None
    tries: int = 0
    pair: str = ""
    allowed: Flags = Flags()


def minimise(wanted: Wanted, console: Console, *, as_json: bool) -> int:
    """Minimise the divergences that are named, one for each pair and check; return the exit code.

    It says what is found: the exit code does not. Raises NothingSelected, UsageError, EvidenceLost.
    """
    if not wanted.id:
        raise UsageError("name a divergence by the id of its case, or by how that starts")
    if wanted.id.startswith(FINDING):
        wanted = wanted._replace(**finding(wanted.id)._asdict())
    path = wanted.run or newest()
    run = runfile.read(path)
    rows = chosen(run, wanted)
    documents = []
    for row in rows:
        place = f"{path}: the divergence of {row['check']} at {row['case']['id']}"
        mark, case = mark_of(run, row, place), believed(row["case"], place)
        job, pair = job_of(row, case, place), pair_of(mark, [row["check"]], wanted.allowed)
        with session.opened(pair) as loaded:
            tokens = session.pieces(loaded.reference, loaded.candidate)
            others = changed(mark, loaded)
            found, examined, gone = _examined(loaded, job, case, wanted.tries)
            shown = found and {**record(found, tokens), **as_data(found, examined)}
        if as_json:
            documents.append({"pair": pair.name, "changed": others, "divergence": shown})
            continue
        line(console, f"{pair.name}  {path}")
        for text in others:
            line(console, f"  {text}")
        for text in lines(shown) if shown else [gone]:
            line(console, f"  {text}")
    if as_json:
        console.out(json.dumps(documents, indent=1), highlight=False)
    return 0


def chosen(run: RunFile, wanted: Wanted) -> list[dict[str, Any]]:
    """Return the divergences that are named, the first for each pair, check and side."""
    found: dict[Any, dict[str, Any]] = {}
    for row in run.divergences:
        named = row["case"]["id"].startswith(wanted.id) and wanted.check in ("", row["check"])
        exact = not wanted.pair or (row["case"]["id"], row["pair"]) == (wanted.id, wanted.pair)
        if named and exact:
            found.setdefault((row["pair"], row["check"], row["judged"]), row)
    if not found:
        of = f" of {wanted.check}" if wanted.check else ""
        other = "; name the run file of its search with --run FILE" if wanted.pair else ""
        raise NothingSelected(
            f"{run.path}: no divergence{of} has an id that starts {wanted.id!r}{other}"
        )
    return list(found.values())


def _examined(
    loaded: session.Loaded, job: Job, case: Case, tries: int
) -> tuple[Comparison | None, Examined | None, str]:
    """Return a divergence and what is known of it, or why there is none."""
    job = session.related(job, loaded)
    examiner = Examiner(loaded.reference, loaded.candidate, [job])
    found = again(job, examiner.observers, case)
    if found is None:
        return None, None, no_difference(job, examiner.observers, case)
    return found, examiner.examine(found, most=tries or None), ""
