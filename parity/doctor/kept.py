"""What a project keeps: its plan, goldens, ledger, run files, and what is around them.

Goldens are read and no backend runs: whether they still hold, `tokparity golden check` says.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from parity import app, corpus, golden, golden_commands, runfile
from parity import ledger as ledgers
from parity.doctor.note import FAIL, OK, WARN, Note
from parity.errors import ParityError
from parity.plan import Plan

DOT: Final = Path(".parity")
SHOWN: Final = 10
"""Goldens of one fault that are named; the others are counted."""
FAULTS: Final = {
    "missing": (FAIL, "have no file", "tokparity golden update"),
    "damaged": (FAIL, "cannot be relied upon", "restore them from git, or tokparity golden update"),
    "moved": (WARN, "are of another state of their corpus", "tokparity golden check"),
    "orphan": (WARN, "belong to no item of the plan", "tokparity golden update removes them"),
}
"""How goldens can be: the state, in words, what to do."""


def plan(found: Plan) -> Note:
    """Return which plan a run takes here."""
    if not found.source:
        text = f"none here: a run takes the built-in one, {len(found.pairs)} pairs"
        return Note("plan", OK, "plan", text, "tokparity init --from hf:DIR")
    return Note("plan", OK, "plan", f"{found.source}: {_counted(len(found.pairs))}")


def _counted(pairs: int) -> str:
    return f"{pairs} pair{'s' if pairs > 1 else ''}"


def goldens(found: Plan) -> Iterator[Note]:
    """Yield how the goldens of a plan are, as their files say."""
    if not found.source:
        return
    try:
        items = list(golden_commands.golden_items(found))
    except ParityError as error:
        yield Note("goldens", FAIL, "corpora", str(error), "mend the plan or the corpus")
        return
    faults: dict[str, list[str]] = {name: [] for name in FAULTS}
    for item in items:
        kind, text = _golden(item)
        if kind:
            faults[kind].append(text)
    known = {item.path for item in items}
    places = sorted(found.golden.glob("*/*.jsonl")) if found.golden.is_dir() else []
    starts = (path for path in places if path not in known and _is_golden(path))
    faults["orphan"] += [path.as_posix() for path in starts]
    well = len(items) - sum(len(faults[kind]) for kind in ("missing", "damaged"))
    yield Note("goldens", OK, "goldens", f"{well:,} of {len(items):,} can be read")
    for kind, texts in faults.items():
        if texts:
            state, words, how = FAULTS[kind]
            more = f"; and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else ""
            text = f"{len(texts):,} {words}: {'; '.join(texts[:SHOWN])}{more}"
            yield Note("goldens", state, kind, text, how)
    pending = sorted((DOT / "pending").glob("*/*.jsonl"))
    if pending:
        text = f"{len(pending):,} goldens wait for a decision"
        yield Note("goldens", WARN, "pending", text, "tokparity review")


def _golden(item: golden_commands.GoldenItem) -> tuple[str, str]:
    """Return what is wrong with a golden, a key of FAULTS, and its words; "" where nothing is."""
    if not item.path.is_file():
        return "missing", item.path.as_posix()
    try:
        read = golden.read(item.path)
        now = corpus.digest([item.corpus]) if item.corpus else None
    except (ParityError, OSError) as error:
        return "damaged", str(error)
    then = read.header.get("corpus_sha256")
    return ("moved", item.path.as_posix()) if now is not None and then != now else ("", "")


def _is_golden(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(golden.START)) == golden.START
    except OSError:
        return False


def ledger(found: Plan) -> Iterator[Note]:
    """Yield how the ledger of known differences is."""
    if not found.source:
        return
    try:
        entries = ledgers.read(found.ledger)
    except ParityError as error:
        yield Note("ledger", FAIL, "ledger", str(error), "mend the entry by hand")
        return
    today = dt.datetime.now(tz=dt.UTC).date()
    expired = [one for one in entries if one.expires is not None and one.expires <= today]
    yield Note("ledger", OK, "ledger", f"{found.ledger.as_posix()}: {len(entries):,} entries")
    for one in expired:
        text = f"{one.place} expired on {one.expires}: {one.reason}"
        yield Note("ledger", FAIL, "expired", text, "mend what differs, or give it another date")


def evidence() -> Iterator[Note]:
    """Yield what the newest run file is."""
    paths = sorted(app.RUNS.glob("*.jsonl")) if app.RUNS.is_dir() else []
    if not paths:
        yield Note("evidence", OK, "run files", "none yet", "tokparity run")
        return
    newest = max(paths, key=lambda path: path.stat().st_mtime_ns)
    counted = f"{len(paths):,}; the newest is {newest.as_posix()}"
    try:
        run = runfile.read(newest)
    except ParityError as error:
        yield Note("evidence", WARN, "run files", f"{counted}: {error}", "tokparity run")
        return
    if run.whole:
        verdict = run.footer.get("verdict")
        yield Note("evidence", OK, "run files", f"{counted}: whole, {verdict}")
    else:
        text = f"{counted}: it is not whole, and proves nothing"
        yield Note("evidence", WARN, "run files", text, "tokparity run")


def surroundings() -> Iterator[Note]:
    """Yield what is around: where run files go, CI, git."""
    place = DOT if os.path.lexists(DOT) else Path()
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        yield Note("here", OK, ".parity", "can be written")
    else:
        what = "cannot be written: a run keeps its evidence there"
        yield Note("here", FAIL, ".parity", what, "start in a folder that you may write")
    said = "set: goldens, pending files and the ledger are not written" if _ci() else "not set"
    yield Note("here", OK, "CI", said)
    if shutil.which("git") is None:
        text = "not installed: since, diff and the history of goldens need it"
        yield Note("here", WARN, "git", text, "install git")
    elif not any((folder / ".git").exists() for folder in (Path.cwd(), *Path.cwd().parents)):
        text = "this folder is in no repository: goldens are kept in one"
        yield Note("here", WARN, "git", text, "git init")
    else:
        yield Note("here", OK, "git", "this folder is in a repository")


def _ci() -> bool:
    return bool(os.environ.get("CI"))
