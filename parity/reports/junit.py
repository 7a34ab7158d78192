"""A run as JUnit XML: a suite a pair, a test case a check and side.

A check that fails has one failure for each cause: the most frequent in the test case of its own
name, each other in one called `check [cause]`. Inconclusive is an error (`refused: ` where a
library does not take a file). Skipped is what compared nothing, and what differs as the ledger says
in every comparison: neither has shown that two sides agree. Fingerprints are properties. Characters
that XML cannot hold are escaped as in `visible`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

from parity.reports.divergence import lines
from parity.reports.grouping import Cause, by_cause, name_of
from parity.reports.outcome import WRONG, Problem, differing, outcome, unfinished
from parity.runfile import RunFile

FIRST: Final = 20
"""Divergences that are written out for each check and cause."""
OF_ENTRIES: Final = ("stale entry", "expired entry")


def render(run: RunFile) -> str:
    """Return the document, with an XML declaration."""
    root = ET.Element("testsuites", name="tokparity")
    marks = {pair["name"]: pair for pair in run.pairs}
    for pair in run.footer.get("pairs", []):
        _suite(root, run, pair, marks.get(pair["name"]))
    _suite_of_run(root, run)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    body: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _suite_of_run(root: ET.Element, run: RunFile) -> None:
    """Add what is wrong with the whole run: it was cut off, a canary survived, a stale ledger."""
    suite = ET.SubElement(root, "testsuite", name="tokparity")
    found = outcome(run)
    problems = [problem for problem in found.problems if not problem.pair]
    whole = _testcase(suite, "tokparity", "whole")
    if not run.whole:
        ET.SubElement(whole, "error", message=_safe(f"the run is not whole: {unfinished(run)}"))
    for problem in problems:
        if problem.kind in ("contradiction", "nothing selected"):
            ET.SubElement(whole, "error", message=_safe(problem.text))
    canaries = _testcase(suite, "tokparity", "canaries")
    survived = run.footer.get("canaries", {"survived": []})["survived"]
    if survived:
        ET.SubElement(canaries, "error", message=_safe(f"survived: {', '.join(survived)}"))
    red = next((case for tag in ("failure", "error") for case in root.iter(tag)), None)
    if red is None and not found.green and not problems:
        ET.SubElement(whole, "error", message=_safe(found.verdict))
    _entries(suite, [problem for problem in problems if problem.kind in OF_ENTRIES])
    _count(suite)


def _entries(suite: ET.Element, problems: list[Problem]) -> None:
    """Add the ledger: a failure for each entry that is stale or expired."""
    ledger = _testcase(suite, "tokparity", "ledger")
    for number, problem in enumerate(problems):
        case = _testcase(suite, "tokparity", f"ledger [{number + 1}]") if number else ledger
        message = _safe(f"{problem.kind}: {problem.text}")
        ET.SubElement(case, "failure", message=message, type=problem.kind)


def _count(suite: ET.Element) -> None:
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))


def _suite(
    root: ET.Element, run: RunFile, pair: Mapping[str, Any], marks: Mapping[str, Any] | None
) -> None:
    suite = ET.SubElement(root, "testsuite", name=_safe(pair["name"]))
    if marks:
        properties = ET.SubElement(suite, "properties")
        for side in ("reference", "candidate"):
            for key in ("spec", "native", "file_sha256"):
                value = _safe(str(marks[side][key]))
                ET.SubElement(properties, "property", name=f"{side}.{key}", value=value)
    for row in pair["rows"]:
        _row(suite, run, pair["name"], row)
    if pair["problem"]:
        case = _testcase(suite, pair["name"], "evidence")
        word = "refused: " if pair["refused"] else ""
        ET.SubElement(case, "error", message=_safe(f"{word}{pair['problem']}"))
    _count(suite)


def _testcase(suite: ET.Element, of: str, name: str, seconds: float = 0) -> ET.Element:
    place = {"classname": _safe(of), "name": _safe(name), "time": f"{seconds:.3f}"}
    return ET.SubElement(suite, "testcase", place)


def _row(suite: ET.Element, run: RunFile, pair: str, row: Mapping[str, Any]) -> None:
    name, notes = name_of(row), _notes(run, pair, row)
    case = _testcase(suite, pair, name, sum(row["seconds"].values()))
    differ, compared = differing([row])
    if differ:
        _failures(suite, case, run, pair, row)
    elif not compared:
        reasons = "; ".join(row["unsupported_because"]) or "no case of its kind"
        ET.SubElement(case, "skipped", message=_safe(f"nothing compared: {reasons}"))
    elif row["expected"] >= compared:
        words = f"{row['expected']:,} of {compared:,} differ as the ledger says"
        ET.SubElement(case, "skipped", message=_safe("; ".join([words, *notes])))
    elif row["expected"]:
        words = f"{row['expected']:,} of {compared:,} differ as the ledger says"
        ET.SubElement(case, "system-out").text = _safe("\n".join([words, *notes]))


def _failures(
    suite: ET.Element, case: ET.Element, run: RunFile, pair: str, row: Mapping[str, Any]
) -> None:
    """Add a failure for each cause; where none of what differs was written, one without."""
    differ, compared = differing([row])
    message = f"{differ:,} of {compared:,} comparisons differ"
    causes = by_cause(_found(run, pair, row))
    for number, cause in enumerate(causes):
        place = _testcase(suite, pair, f"{name_of(row)} [{cause.name}]") if number else case
        told = f"{message}: {len(cause.rows):,} of {cause.words}"
        failure = ET.SubElement(place, "failure", message=_safe(told), type=_safe(cause.name))
        failure.text = _safe("\n\n".join(_shown(cause)))
    if not causes:
        kinds = ", ".join(name for name in WRONG if row[name])
        ET.SubElement(case, "failure", message=_safe(message), type=kinds)


def _found(run: RunFile, pair: str, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    key = (pair, row["check"], row["judged"])
    return [
        item for item in run.divergences if (item["pair"], item["check"], item["judged"]) == key
    ]


def _notes(run: RunFile, pair: str, row: Mapping[str, Any]) -> list[str]:
    """Return the ledger's reasons for what differs in a row, each once."""
    rows = _found(run, pair, row) if row["expected"] else []
    return list(dict.fromkeys(one["note"] for one in rows if one["verdict"] == "expected"))


def _shown(cause: Cause) -> list[str]:
    left = len(cause.rows) - FIRST
    more = [f"... and {left:,} more"] if left > 0 else []
    return [*("\n".join(lines(item)) for item in cause.rows[:FIRST]), *more]


def _safe(text: str) -> str:
    """Return text that XML 1.0 can hold; what it cannot hold is escaped."""
    return "".join(
        character
        if character in "\t\n" or (character >= " " and not _forbidden(ord(character)))
        else f"\\u{ord(character):04x}"
        for character in text
    )


def _forbidden(code: int) -> bool:
    return code in range(0xD800, 0xE000) or code in (0xFFFE, 0xFFFF)
