"""`tokparity minimise`: a divergence of a run file, made as small as it gets, with its cause."""

from __future__ import annotations

import glob
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import jsonl, payloads, plan, runfile, session
from parity.app import Flags, terms_for
from parity.compare import Comparison
from parity.errors import EvidenceLost, NothingSelected, UsageError
from parity.examine import Examined, Examiner, as_data
from parity.jobs import Job, jobs_for, kinds_of
from parity.minimise import again
from parity.plan import Pair
from parity.reports.divergence import lines
from parity.runfile import RunFile, record
from parity.shapes import misshapen
from parity.showing import line
from parity.stream_cases import StopScript
from parity.streams import Script, Step, Stops
from parity.types import AS_JSON, SPECIALS, Case

RUNS: Final = Path(".parity") / "runs"
FINDINGS: Final = RUNS.parent / "findings"
FINDING: Final = "F-"


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
        wanted = _of_finding(wanted)
    path = wanted.run or newest()
    run = runfile.read(path)
    rows = chosen(run, wanted)
    documents = []
    for row in rows:
        place = f"{path}: the divergence of {row['check']} at {row['case']['id']}"
        mark, case = _mark(run, row, place), believed(row["case"], place)
        job, pair = _job(row, case, place), _pair(mark, row)
        pair = pair._replace(terms=terms_for(wanted.allowed, pair.reference, pair.candidate))
        with session.opened(pair) as loaded:
            tokens = session.pieces(loaded.reference, loaded.candidate)
            changed = _changed(mark, loaded)
            found, examined = _examined(loaded, job, case, wanted.tries)
            shown = found and {**record(found, tokens), **as_data(found, examined)}
        if as_json:
            documents.append({"pair": pair.name, "changed": changed, "divergence": shown})
            continue
        line(console, f"{pair.name}  {path}")
        for text in changed:
            line(console, f"  {text}")
        for text in lines(shown) if shown else ["it does not differ any more"]:
            line(console, f"  {text}")
    if as_json:
        console.out(json.dumps(documents, indent=1), highlight=False)
    return 0


def _of_finding(wanted: Wanted) -> Wanted:
    """Return the divergence that a finding was. Raises NothingSelected, EvidenceLost."""
    found = sorted(FINDINGS.glob(f"{glob.escape(wanted.id)}*.json"))
    if len(found) != 1:
        names = ", ".join(path.stem for path in found[:5]) or "none"
        raise NothingSelected(f"{FINDINGS}: one finding is wanted; those that start {wanted.id!r}: "
                              f"{names}")  # fmt: skip
    try:
        row = jsonl.parse(found[0].read_bytes())
        wrong = next(misshapen(row, {"check": str, "pair": str, "case": {"id": str}}, "it"), "")
    except (OSError, jsonl.BadLine) as error:
        wrong = str(error)
    if wrong:
        raise EvidenceLost(f"{found[0]}: no finding can be read there: {wrong}")
    return wanted._replace(id=row["case"]["id"], check=row["check"], pair=row["pair"])


def newest() -> Path:
    """Return the newest run file of this folder. Raises UsageError where there is none."""
    found = sorted(RUNS.glob("*.jsonl"))
    if not found:
        raise UsageError(f"there is no run file in {RUNS}; name one with --run FILE")
    return found[-1]


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


def _pair(mark: Mapping[str, Any], row: Mapping[str, Any]) -> Pair:
    specs = mark["reference"]["spec"], mark["candidate"]["spec"]
    pair = Pair(mark["name"], *specs, checks=(row["check"],), self_check=specs[0] == specs[1])
    plan.check_pair(pair, f"pair {pair.name!r}")
    return pair


def _changed(mark: Mapping[str, Any], loaded: session.Loaded) -> list[str]:
    """Say what the sides are now that they were not in the run."""
    sides = zip(("reference", "candidate"), loaded.fingerprints, strict=True)
    return [
        f"{side}: {name} was {mark[side][name]}, is {now._asdict()[name]}"
        for side, now in sides
        for name in ("native", "file_sha256", "packages", "artefacts", "facts")
        if mark[side][name] != now._asdict()[name]
    ]


def _mark(run: RunFile, row: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """Return what a run file says of the sides of a divergence."""
    for pair in run.pairs:
        if pair["name"] == row["pair"]:
            return pair
    raise EvidenceLost(f"{place}: the run file has no pair {row['pair']!a}; it is damaged")


def _job(row: Mapping[str, Any], case: Case, place: str) -> Job:
    """Return the check or law that found a divergence, on the side that it judged."""
    for job in jobs_for([row["check"]]):
        if job.judged == row["judged"]:
            if case.kind in kinds_of(job.view) or case.id in job.view.own:
                return job
            raise EvidenceLost(f"{place}: {job.name} takes no {case.kind}; the run file is damaged")
    raise EvidenceLost(f"{place}: {row['check']} does not judge {row['judged']!a}; the run file is "
                       "damaged")  # fmt: skip


def _examined(
    loaded: session.Loaded, job: Job, case: Case, tries: int
) -> tuple[Comparison | None, Examined | None]:
    job = session.related(job, loaded)
    examiner = Examiner(loaded.reference, loaded.candidate, [job])
    found = again(job, examiner.observers, case)
    if found is None:
        return None, None
    return found, examiner.examine(found, most=tries or None)


def believed(case: Mapping[str, Any], place: str) -> Case:
    """Return a case of a run file. Raises EvidenceLost, with its place, for what is none."""
    try:
        payload = case["payload"] if case["kind"] in AS_JSON else jsonl.unplain(case["payload"])
        wrong = payloads.wrong(case["kind"], payload)
    except (ValueError, RecursionError) as error:
        wrong = str(error)
    wrong = wrong or next(misshapen(case.get("tags", []), [str], "tags"), "")
    if not wrong and case["options"].get("specials", SPECIALS[0]) not in SPECIALS:
        wrong = f"the option `specials` is one of {', '.join(SPECIALS)}"
    if wrong:
        raise EvidenceLost(f"{place}: {wrong}; the run file is damaged")
    return revived(case)


def revived(case: Mapping[str, Any]) -> Case:
    """Return a case of a run file as the loop takes it.

    >>> revived({"id": "t/x-0", "kind": "ids", "payload": [1], "options": {}}).payload
    (1,)
    """
    payload = case["payload"] if case["kind"] in AS_JSON else jsonl.unplain(case["payload"])
    make = _PAYLOADS.get(case["kind"])
    made = make(payload) if make else payload
    return Case(case["id"], case["kind"], made, case["options"], tuple(case.get("tags", ())))


def _script(found: Any) -> Script:
    prompts, batches, skip = found
    calls = (
        tuple(Step(request, tuple(ids), finish, matched) for request, ids, finish, matched in call)
        for call in batches
    )
    return Script(tuple(map(tuple, prompts)), tuple(calls), skip)


def _stop_script(found: Any) -> StopScript:
    steps, (strings, ids, visible, least), finish = found
    stops = Stops(tuple(strings), tuple(ids), visible, least)
    return StopScript(tuple(map(tuple, steps)), stops, finish)


_PAYLOADS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "ids": tuple,
    "script": _script,
    "stop_script": _stop_script,
}
