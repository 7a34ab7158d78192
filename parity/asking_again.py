"""What a run file says of a divergence, made into what can be asked again: sides, check, case."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import jsonl, payloads, plan, session
from parity.app import RUNS, Flags, terms_for
from parity.errors import EvidenceLost, NothingSelected, SelfComparison, UsageError
from parity.fingerprint import Fingerprint, refuse_equal
from parity.jobs import Job, jobs_for, kinds_of
from parity.plan import Pair
from parity.runfile import RunFile
from parity.shapes import misshapen
from parity.stream_cases import StopScript
from parity.streams import Script, Step, Stops
from parity.types import AS_JSON, SPECIALS, Case

FINDINGS: Final = RUNS.parent / "findings"
FINDING: Final = "F-"
DIGEST: Final = re.compile("[0-9a-f]{64}")


class Finding(NamedTuple):
    """The divergence that a finding of a search was: its case is then this very one."""

    id: str
    check: str
    pair: str


def finding(id: str) -> Finding:
    """Return what a finding was, by its id or its start. Raises NothingSelected, EvidenceLost."""
    found = sorted(FINDINGS.glob(f"{glob.escape(id)}*.json"))
    if len(found) != 1:
        names = ", ".join(path.stem for path in found[:5]) or "none"
        raise NothingSelected(f"{FINDINGS}: one finding is wanted; those that start {id!r}: "
                              f"{names}")  # fmt: skip
    try:
        row = jsonl.parse(found[0].read_bytes())
        wrong = next(misshapen(row, {"check": str, "pair": str, "case": {"id": str}}, "it"), "")
    except (OSError, jsonl.BadLine) as error:
        wrong = str(error)
    if wrong:
        raise EvidenceLost(f"{found[0]}: no finding can be read there: {wrong}")
    return Finding(row["case"]["id"], row["check"], row["pair"])


def newest() -> Path:
    """Return the newest run file of this folder. Raises UsageError where there is none."""
    found = sorted(RUNS.glob("*.jsonl"))
    if not found:
        raise UsageError(f"there is no run file in {RUNS}; name one with --run FILE")
    return found[-1]


def pair_of(mark: Mapping[str, Any], checks: Iterable[str], allowed: Flags) -> Pair:
    """Return the pair that a run file names, on the terms of the project and of the flags.

    Where both sides were one thing in that run, they may be one again. Raises BadPlan and its kin.
    """
    specs = mark["reference"]["spec"], mark["candidate"]["spec"]
    alike = specs[0] == specs[1] or _were_one(mark)
    terms = terms_for(allowed, *specs)
    pair = Pair(mark["name"], *specs, checks=tuple(checks), self_check=alike, terms=terms)
    plan.check_pair(pair, f"pair {pair.name!r}")
    return pair


def _were_one(mark: Mapping[str, Any]) -> bool:
    sides = [
        Fingerprint(**{name: mark[side][name] for name in Fingerprint._fields})
        for side in ("reference", "candidate")
    ]
    try:
        refuse_equal(*sides)
    except SelfComparison:
        return True
    return False


def changed(mark: Mapping[str, Any], loaded: session.Loaded) -> list[str]:
    """Say what the sides are now that they were not in the run, each thing on a line."""
    sides = zip(("reference", "candidate"), loaded.fingerprints, strict=True)
    return [
        f"{side}: {words}"
        for side, now in sides
        for name in ("native", "file_sha256", "packages", "artefacts", "facts")
        for words in _told(name, mark[side][name], now._asdict()[name])
    ]


def _told(name: str, was: Any, now: Any) -> Iterator[str]:
    prefix = f"{name} " if isinstance(was, Mapping) else ""
    one, two = (found if prefix else {name: found} for found in (was, now))
    for key in [*one, *(key for key in two if key not in one)]:
        if one.get(key) != two.get(key):
            yield f"{prefix}{key} was {_short(one.get(key))}, is {_short(two.get(key))}"


def _short(found: str | None) -> str:
    """Return a fact of a fingerprint; of a digest, enough to tell it from another."""
    if found is None:
        return "not there"
    return f"{found[:12]}…" if DIGEST.fullmatch(found) else found


def mark_of(run: RunFile, row: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """Return what a run file says of the sides of a divergence."""
    for pair in run.pairs:
        if pair["name"] == row["pair"]:
            return pair
    raise EvidenceLost(f"{place}: the run file has no pair {row['pair']!a}; it is damaged")


def job_of(row: Mapping[str, Any], case: Case, place: str) -> Job:
    """Return the check or law that found a divergence, on the side that it judged."""
    for job in jobs_for([row["check"]]):
        if job.judged == row["judged"]:
            if case.kind in kinds_of(job.view) or case.id in job.view.own:
                return job
            raise EvidenceLost(f"{place}: {job.name} takes no {case.kind}; the run file is damaged")
    raise EvidenceLost(f"{place}: {row['check']} does not judge {row['judged']!a}; the run file is "
                       "damaged")  # fmt: skip


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
