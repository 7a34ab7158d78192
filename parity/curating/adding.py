"""`tokparity corpus add`: what a run or a search found becomes a case of the user's own corpus."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import artefact, corpus, files, jsonl, payloads, runfile, session
from parity.app import RUNS, Flags, plan_for
from parity.errors import BadCorpus, EvidenceLost, NothingSelected, UsageError
from parity.showing import line, the_one
from parity.types import AS_JSON, KINDS, Case

FINDINGS: Final = RUNS.parent / "findings"
"""Where findings are kept: a file each, `{"id": "F-…", "case": {…}, "minimal": {…}, …}`."""
FINDING: Final = "F-"
TRAP: Final = re.compile(r"[a-z0-9_.]+(?:/[a-z0-9_.-]+)+", re.ASCII)


class Wanted(NamedTuple):
    """What is to be added.

    divergence: an id, or its start, of a case in a run file, or of a finding; or "".
    text: a text by hand, or None.
    run: the run file, or None for the newest.
    """

    file: Path
    divergence: str = ""
    text: str | None = None
    run: Path | None = None
    tags: tuple[str, ...] = ()
    why: str = ""
    trap: str = ""


def add(wanted: Wanted, console: Console) -> int:
    """Append a case to a corpus file, which is made where it is missing; never twice."""
    if bool(wanted.divergence) == (wanted.text is not None):
        raise UsageError("give --from DIVERGENCE, or --text TEXT: one of the two")
    if wanted.trap and not TRAP.fullmatch(wanted.trap):
        raise UsageError(f"--trap {wanted.trap!r} is not of the form topic/slug, in small letters, "
                         "digits, '_', '.' and '-'")  # fmt: skip
    case = _by_hand(wanted) if wanted.text is not None else _found(wanted)
    content, new = _line(case, wanted.trap or _trap(wanted.file, case.id))
    if place := _there_already(wanted.file, new):
        line(console, f"{place}: this case is there already; nothing is added")
        return 0
    _append(wanted.file, content)
    line(console, f"{wanted.file}: added {new.id}")
    return 0


def _line(case: Case, name: str) -> tuple[bytes, Case]:
    """Return a corpus line and the case that it is. Raises BadCorpus for what can be none."""
    try:
        content = jsonl.dump(corpus.as_line(case, name)).encode("ascii")
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCorpus(f"{case.id}: this is no payload of kind {case.kind}: {error}") from error
    return content, corpus.parse(content)


def _by_hand(wanted: Wanted) -> Case:
    text = wanted.text or ""
    if any("\udc80" <= character <= "\udcff" for character in text):
        raise UsageError("--text is not UTF-8; what no terminal can write is a line of the file: "
                         "see the format in parity/corpus.py")  # fmt: skip
    return Case("by-hand", "text", text, {}, wanted.tags, wanted.why or "hand")


def _found(wanted: Wanted) -> Case:
    """Return the case of a divergence or a finding, with its tags and where it comes from."""
    if wanted.divergence.startswith(FINDING):
        case, origin = the_one(wanted.divergence, _findings(wanted.divergence), f"{FINDINGS}")
        case = case._replace(id=origin.name)
    else:
        path = wanted.run or _newest()
        case, origin = the_one(wanted.divergence, _divergences(path), f"the divergences of {path}")
    if case.kind not in KINDS:
        case = _original(case)
    source = f"{wanted.why}; {origin.source}" if wanted.why else origin.source
    tags = dict.fromkeys((*case.tags, *wanted.tags))
    return case._replace(tags=tuple(tags), source=source, licence="")


class _Origin(NamedTuple):
    """name: what the trap may be called; source: where it comes from, in words."""

    name: str
    source: str


def _divergences(path: Path) -> Iterator[tuple[Case, _Origin]]:
    """Yield each case that diverged once, under the id that it has in its corpus."""
    seen = set()
    for row in runfile.read(path).divergences:
        case = _case(row["case"], str(path))
        if case.id not in seen:
            seen.add(case.id)
            yield case, _Origin("", f"{row['check']} of {row['pair']} diverged")


def _findings(start: str) -> Iterator[tuple[Case, _Origin]]:
    """Yield the minimal case of each finding whose id, and so its file, starts so, under its id."""
    for path in sorted(FINDINGS.glob("*.json")):
        if not path.name.startswith(start):
            continue
        try:
            found = jsonl.parse(path.read_bytes())
            case, cause = found["minimal"], str(found["class"])
            source = f"{found['check']} of {found['pair']} diverged: {cause}"
        except (jsonl.BadLine, KeyError, TypeError) as error:
            raise BadCorpus(f"{path}: no finding can be read there: {error}") from error
        except OSError as error:
            raise BadCorpus(f"{path}: cannot be read: {error.strerror}") from error
        slug = re.sub("[^a-z0-9_.]+", "-", cause.lower(), flags=re.ASCII).strip("-")
        yield _case(case, str(path))._replace(id=path.stem), _Origin(slug, source)


def _case(row: Mapping[str, Any], place: str) -> Case:
    """Return a case as a run file writes it, without what the look at it added."""
    try:
        kind, payload = row["kind"], row["payload"]
        payload = payload if kind in AS_JSON else jsonl.unplain(payload)
        options = {name: row["options"][name] for name in row["options"] if name in corpus.OPTIONS}
        id, tags = row["id"].partition("#")[0], tuple(row.get("tags", ()))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise BadCorpus(f"{place}: no case can be read there: {error!a}") from error
    if wrong := payloads.wrong(kind, payload):
        raise BadCorpus(f"{place}: no case can be read there: {wrong}")
    return Case(id, kind, payload, options, tags)


def _original(case: Case) -> Case:
    """Return the corpus's own case of one that went in as what a vocabulary made of it."""
    plan = plan_for(Flags())
    paths = dict.fromkeys(path for pair in plan.pairs for path in session.corpora(pair))
    shipped = corpus.find(["all"], artefact.shipped(), Path())
    for found in corpus.read_all(dict.fromkeys((*paths, *shipped))):
        if found.id == case.id:
            return found
    raise UsageError(f"{case.id} is a {case.kind} in the run file, which no corpus holds, and no "
                     "corpus of the plan, or that comes along, has this case")  # fmt: skip


def _newest() -> Path:
    """Return the run file whose name, which is its time, is the last one."""
    found = sorted(RUNS.glob("*.jsonl"))
    if not found:
        raise NothingSelected(f"no run file in {RUNS}; name one with --run, or run something first")
    return found[-1]


def _trap(path: Path, id: str) -> str:
    """Return what a case is called in a file: the file's name, and what it was called before."""
    topic = re.sub("[^a-z0-9_.]+", "_", path.stem.lower(), flags=re.ASCII).strip("_") or "mine"
    name = re.sub("-[0-9a-f]{8}$", "", id.rpartition("/")[2])
    return f"{topic}/{name or 'case'}"


def _there_already(path: Path, new: Case) -> str:
    """Return FILE:LINE of the same content, or "". Raises UsageError for its id with another."""
    if not path.exists():
        return ""
    if files.is_direct(path) or path.is_dir():
        raise UsageError(f"{path}: a case is added to a file; that is none")
    for read, case in corpus.read_placed(path):
        if (case.kind, case.payload, case.options) == (new.kind, new.payload, new.options):
            return f"{path}:{read.number}"
        if case.id == new.id:
            raise UsageError(f"{path}:{read.number}: has the id {new.id} for another content; "
                             "give a name of its own with --trap topic/slug")  # fmt: skip
    return ""


def _append(path: Path, content: bytes) -> None:
    """Write a file anew with one more line, so that it is whole at any moment."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.whole(path) as new:
            if path.exists():
                with path.open("rb") as old:
                    shutil.copyfileobj(old, new)
                    if old.tell():
                        old.seek(-1, os.SEEK_END)
                        new.write(b"" if old.read(1) == b"\n" else b"\n")
            new.write(content + b"\n")
    except OSError as error:
        raise EvidenceLost(f"{path}: the case cannot be written: {error.strerror}") from error
