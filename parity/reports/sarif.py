"""A run as SARIF 2.1.0: a rule a class, a result a divergence, at the corpus line of its case.

What the ledger expects is a result with a suppression that has the ledger's reason; what only
informs is informational. A run that proves nothing did not execute successfully, and each problem
of it is a notification.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from parity.identities import QUIET, identity
from parity.reports.divergence import lines
from parity.reports.grouping import explained, name_of, named
from parity.reports.outcome import PROVED, Outcome, outcome, sentence
from parity.reports.standing import Standing, of_case, of_run
from parity.reports.telling import problem_in_a_line
from parity.reports.terminal import left_out
from parity.reports.visible import printable
from parity.runfile import RunFile

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
MOST: Final = 25_000
"""Results of a run that GitHub takes; those that fail come first."""
ROOT: Final = "%SRCROOT%"
FINGERPRINT: Final = "tokparity/v1"
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


def render(run: RunFile) -> str:
    """Return the log, indented, ASCII."""
    rows = sorted(run.divergences, key=lambda row: row["verdict"] in QUIET)[:MOST]
    names = list(dict.fromkeys(named(row) for row in rows))
    base = {ROOT: {"description": {"text": "The folder in which the run was started."}}}
    one = {
        "tool": {"driver": _driver(run, names)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": base,
        "invocations": [_invocation(run, outcome(run))],
        "results": [_result(run, row, names) for row in rows],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [one]}
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


def _driver(run: RunFile, names: list[str]) -> dict[str, Any]:
    version = run.header["tool"].partition(" ")[2]
    told = {"version": printable(version)} if version else {}
    return {"name": "tokparity", **told, "rules": [_rule(name) for name in names]}


def _rule(name: str) -> dict[str, Any]:
    about = {"text": explained(name) or printable(name)}
    return {
        "id": printable(name),
        "shortDescription": about,
        "fullDescription": about,
        "help": about,
        "defaultConfiguration": {"level": "error"},
    }


def _result(run: RunFile, row: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    name = named(row)
    told = {
        "ruleId": printable(name),
        "ruleIndex": names.index(name),
        **_standing(row),
        "message": {"text": "\n".join(printable(line) for line in lines(row))},
        "locations": [_location(of_case(run, row), row["case"]["id"])],
        "partialFingerprints": {FINGERPRINT: identity(row)},
        "properties": {"pair": row["pair"], "check": name_of(row), "verdict": row["verdict"]},
    }
    if row["verdict"] == "expected":
        why = {"justification": printable(row["note"])} if row["note"] else {}
        told["suppressions"] = [{"kind": "external", "status": "accepted", **why}]
    return told


def _standing(row: Mapping[str, Any]) -> dict[str, str]:
    """Return kind and level: what only informs has no level, as the standard wants it."""
    if row["verdict"] == "reported":
        return {"kind": "informational", "level": "none"}
    return {"kind": "fail", "level": "error"}


def _location(place: Standing, case: str = "") -> dict[str, Any]:
    artifact = {"uri": quote(place.file, safe="/", errors="surrogatepass"), "uriBaseId": ROOT}
    region = {"startLine": place.line}
    found: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact, "region": region},
    }
    if case:
        found["logicalLocations"] = [{"fullyQualifiedName": printable(case), "kind": "case"}]
    return found


def _invocation(run: RunFile, found: Outcome) -> dict[str, Any]:
    started, command = run.header.get("started"), run.header.get("command")
    told: dict[str, Any] = {
        "executionSuccessful": found.exit in PROVED,
        "exitCode": found.exit,
        "exitCodeDescription": printable(f"{found.verdict}: {sentence(run)}"),
        "toolConfigurationNotifications": list(_notifications(run, found)),
    }
    if isinstance(started, str) and _INSTANT.fullmatch(started):
        told["startTimeUtc"] = started.replace("+00:00", "Z")
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        told["arguments"] = command[1:]
    return told


def _notifications(run: RunFile, found: Outcome) -> Iterator[dict[str, Any]]:
    place = {"locations": [_location(of_run(run))]}
    for problem in found.problems:
        text = {"text": problem_in_a_line(problem)}
        yield {"descriptor": {"id": problem.kind}, "level": "error", "message": text, **place}
    if run.footer.get("limits", {"left_out": 0})["left_out"]:
        yield {"level": "warning", "message": {"text": left_out(run)}, **place}
    if len(run.divergences) > MOST:
        left = f"{len(run.divergences) - MOST:,} divergences are in the run file and not here"
        yield {"level": "warning", "message": {"text": left}, **place}
