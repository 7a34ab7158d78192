"""The sides of a plan, loaded as a run loads them: what each is, and whether the two are two.

They are loaded in another process, one pair after the other, as a run has them: a side that patches
another one is seen there, and one that ends its process ends no more than that. What it found is
written to a file, as a backend may print.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import backends, fingerprint, terms
from parity.doctor.note import FAIL, OK, Note
from parity.errors import MissingPackage, ParityError
from parity.fingerprint import Fingerprint
from parity.plan import Plan
from parity.seeing import observe

LIMIT: Final = 120
"""Seconds that a pair may take to load."""
WAYS: Final = "unicode "
"""How facts begin that name the version of Unicode tables."""


_HOME: Final = f"import sys; sys.path.append({str(Path(__file__).parents[2])!r})"
"""So that the other process finds this package, and nothing of the folder that hides it."""


class Asked(NamedTuple):
    """Specs that are loaded together, by the name of their pair; "" where they are no pair."""

    name: str
    specs: Sequence[str]
    self_check: bool = False
    terms: terms.Terms = terms.Terms()


def of_plan(found: Plan) -> list[Asked]:
    """Return what a plan's pairs load."""
    return [
        Asked(pair.name, (pair.reference, pair.candidate), pair.self_check, pair.terms)
        for pair in found.pairs
    ]


def of_specs(specs: Sequence[str]) -> list[Asked]:
    """Return the specs that were named, each alone; two of them as a pair."""
    pair = 2
    if len(specs) == pair:
        return [Asked("command-line", specs)]
    return [Asked("", [spec]) for spec in specs]


def notes(asked: Sequence[Asked]) -> Iterator[Note]:
    """Yield what each side is, or why it is not."""
    for one, row in zip(asked, _looked(asked), strict=True):
        section = f"pair {one.name}" if one.name else "side"
        for side, spec in zip(("reference", "candidate"), one.specs, strict=False):
            seen = next((each for each in row["sides"] if each["side"] == side), None)
            if seen is not None:
                yield _side(section, side if one.name else spec, spec, seen)
        if row["died"]:
            how = "load it alone: tokparity backends check SPEC"
            yield Note(section, FAIL, "load", row["died"], how)
        if row["equal"]:
            yield Note(section, FAIL, "two sides", row["equal"], "compare two different things")
        yield from _tables(section, row["sides"])


def _side(section: str, name: str, spec: str, seen: Mapping[str, Any]) -> Note:
    if seen["error"]:
        return Note(section, FAIL, name, f"{spec}: {seen['error']}", seen["mend"])
    mark = Fingerprint(**seen["mark"])
    file = f"{mark.file} {mark.file_sha256[:8]}" if mark.file else "in memory"
    told = [f"{spec}", f"{mark.native} in {file}"]
    told += [f"{package} {version}" for package, version in mark.packages.items()]
    told += [f"{artefact} {digest[:8]}" for artefact, digest in mark.artefacts.items()]
    told += [f"{fact} {text}" for fact, text in mark.facts.items() if fact.startswith(WAYS)]
    return Note(section, OK, name, ", ".join(told))


def _tables(section: str, seen: Sequence[Mapping[str, Any]]) -> Iterator[Note]:
    """Yield that both sides state other versions of the same Unicode tables, where they do."""
    marks = [each["mark"]["facts"] for each in seen if each["mark"]]
    if len(marks) < 2:  # noqa: PLR2004 (two sides)
        return
    one, two = marks
    names = [name for name in one if name.startswith(WAYS) and name in two]
    names = [name for name in names if one[name] != two[name]]
    if names:
        told = ", ".join(f"{name} {one[name]} and {two[name]}" for name in names)
        text = f"the two sides have other versions: {told}; new characters may differ"
        yield Note(section, OK, "Unicode tables", text)


def _looked(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Return what the other process found of each; one that it dies of is not asked again."""
    rows: list[dict[str, Any]] = []
    while len(rows) < len(asked):
        found, why = _started(asked[len(rows) :])
        whole = [row for row in found if "equal" in row]
        rows += whole
        if len(rows) < len(asked):
            begun = found[len(whole)]["sides"] if len(found) > len(whole) else []
            rows.append({"sides": begun, "equal": "", "died": why})
    return rows


def _started(asked: Sequence[Asked]) -> tuple[list[dict[str, Any]], str]:
    with tempfile.TemporaryDirectory(prefix="tokparity-doctor-") as folder:
        path = Path(folder) / "found.jsonl"
        code = f"{_HOME}; from parity.doctor import sides; sides.serve({str(path)!r})"
        what = json.dumps([[one.name, list(one.specs), one.self_check, one.terms] for one in asked])
        try:
            done = subprocess.run(  # noqa: S603 (ourselves)
                [sys.executable, "-P", "-c", code], input=what.encode(), check=False,
                capture_output=True, timeout=LIMIT * len(asked),
            )  # fmt: skip
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            why = ": ".join(filter(None, (f"its process ended, {_ended(done.returncode)}", last)))
        except subprocess.TimeoutExpired:
            why = f"it does not load in {LIMIT} seconds"
        lines = path.read_bytes().splitlines() if path.exists() else []
    return _joined([json.loads(line) for line in lines]), why


def _joined(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines of each pair as one row; the last may have no end."""
    rows: list[dict[str, Any]] = []
    for line in lines:
        if "begin" in line:
            rows.append({"sides": [], "died": ""})
        elif "side" in line:
            rows[-1]["sides"].append(line)
        else:
            rows[-1]["equal"] = line["equal"]
    return rows


def _ended(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def serve(path: str) -> None:
    """Load what standard input names, and write a line for each step to a file."""
    asked = json.load(sys.stdin)
    with Path(path).open("a", encoding="utf-8") as file:

        def tell(**line: Any) -> None:
            file.write(json.dumps(line) + "\n")
            file.flush()

        for name, specs, self_check, allowed in asked:
            network, moving, models = allowed
            rows = tuple((pattern, target) for pattern, target in models)
            tell(begin=name)
            with terms.under(terms.Terms(network, moving, rows)):
                tell(equal=_loaded(specs, tell, self_check=self_check))


def _loaded(specs: Sequence[str], tell: Any, *, self_check: bool) -> str:
    """Load both sides, tell what each is, and return why they are one thing, or ""."""
    held, marks = [], []
    for side, spec in zip(("reference", "candidate"), specs, strict=False):
        try:
            held.append((side, spec, backends.load(spec)))
        except ParityError as error:
            tell(side=side, mark=None, error=str(error), mend=_mend(error))
    for side, spec, backend in held:  # with both loaded: the one may have patched the other
        try:
            mark = fingerprint.take(spec, backend)
            marks.append(mark)
            tell(side=side, mark=mark._asdict(), error="", mend="")
        except ParityError as error:
            tell(side=side, mark=None, error=str(error), mend=_mend(error))
    equal = ""
    if len(marks) > 1 and not self_check:
        try:
            fingerprint.refuse_equal(*marks)
        except ParityError as error:
            equal = str(error)
    for _, _, backend in held:
        observe(backend.close)
    return equal


def _mend(error: ParityError) -> str:
    if isinstance(error, MissingPackage):
        return "install it as it says, or take the pair out of the plan"
    return "mend the spec, or take the pair out of the plan"
