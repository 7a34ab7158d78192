"""A run as JUnit XML: a suite a pair, a test case a check and side.

Diverged is a failure, inconclusive an error (`refused: ` where a library does not take a file),
unsupported alone is skipped; fingerprints are properties. Characters that XML cannot hold are
escaped as in `visible`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from parity.reports.divergence import lines
from parity.reports.ledger import of_ledger
from parity.runfile import RunFile

FIRST = 20
"""Divergences that are written out for each check and side."""


def render(run: RunFile) -> str:
    """Return the document, with an XML declaration."""
    root = ET.Element("testsuites", name="tokparity")
    marks = {pair["name"]: pair for pair in run.pairs}
    for pair in run.footer.get("pairs", []):
        _suite(root, run, pair, marks.get(pair["name"]))
    _suite_of_run(root, run)
    ET.indent(root)
    body: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _suite_of_run(root: ET.Element, run: RunFile) -> None:
    """Add what fails the whole run: it was cut off, a canary survived, the ledger is old."""
    suite = ET.SubElement(root, "testsuite", name="tokparity")
    whole = ET.SubElement(suite, "testcase", classname="tokparity", name="whole")
    if not run.whole:
        why = run.footer.get("stopped") or "no footer"
        ET.SubElement(whole, "error", message=_safe(f"the run is not whole: {why}"))
    canaries = ET.SubElement(suite, "testcase", classname="tokparity", name="canaries")
    survived = run.footer.get("canaries", {"survived": []})["survived"]
    if survived:
        ET.SubElement(canaries, "error", message=_safe(f"survived: {', '.join(survived)}"))
    if entries := of_ledger(run.footer):
        ledger = ET.SubElement(suite, "testcase", classname="tokparity", name="ledger")
        ET.SubElement(ledger, "error", message=_safe("; ".join(entries)))
    _count(suite)


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
        _case(suite, run, pair["name"], row)
    if pair["problem"]:
        case = ET.SubElement(suite, "testcase", classname=_safe(pair["name"]), name="evidence")
        word = "refused: " if pair.get("refused") else ""
        ET.SubElement(case, "error", message=_safe(f"{word}{pair['problem']}"))
    _count(suite)


def _case(suite: ET.Element, run: RunFile, pair: str, row: Mapping[str, Any]) -> None:
    name = row["check"] if row["judged"] == "both" else f"{row['check']}[{row['judged']}]"
    seconds = f"{sum(row['seconds'].values()):.6f}"
    place = {"classname": _safe(pair), "name": _safe(name), "time": seconds}
    case = ET.SubElement(suite, "testcase", place)
    bad = row["diverged"] + row["unexpected"] + row["nondeterministic"]
    if bad:
        message = f"{bad} of {row['compared']} comparisons differ"
        failure = ET.SubElement(case, "failure", message=message)
        failure.text = _safe("\n\n".join(_shown(run, pair, row, bad)))
    elif not row["compared"]:
        reasons = "; ".join(row["unsupported_because"]) or "no case of its kind"
        ET.SubElement(case, "skipped", message=_safe(f"nothing compared: {reasons}"))


def _shown(run: RunFile, pair: str, row: Mapping[str, Any], bad: int) -> list[str]:
    key = (pair, row["check"], row["judged"])
    found = [
        "\n".join(lines(item))
        for item in run.divergences
        if (item["pair"], item["check"], item["judged"]) == key
        and item["verdict"] not in ("expected", "reported")
    ]
    more = [f"... and {bad - FIRST:,} more"] if bad > FIRST else []
    return found[:FIRST] + more


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
