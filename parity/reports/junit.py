"""A run as JUnit XML: a suite a pair, a test case a check and side.

Diverged is a failure, inconclusive an error, unsupported alone is skipped; fingerprints are
properties. Characters that XML cannot hold are escaped as in `visible`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from parity.reports.divergence import lines
from parity.runfile import RunFile

FIRST = 20
"""Divergences that are written out for each check and side."""


def render(run: RunFile) -> str:
    """Return the document, with an XML declaration."""
    root = ET.Element("testsuites", name="tokparity")
    marks = {pair["name"]: pair for pair in run.pairs}
    for pair in run.footer.get("pairs", []):
        _suite(root, run, pair, marks.get(pair["name"]))
    if not run.whole:
        suite = ET.SubElement(root, "testsuite", name="tokparity", tests="1", errors="1")
        case = ET.SubElement(suite, "testcase", classname="tokparity", name="run")
        why = run.footer.get("stopped") or "no footer"
        ET.SubElement(case, "error", message=f"the run is not whole: {why}")
    ET.indent(root)
    body: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _suite(
    root: ET.Element, run: RunFile, pair: Mapping[str, Any], marks: Mapping[str, Any] | None
) -> None:
    suite = ET.SubElement(root, "testsuite", name=pair["name"])
    if marks:
        properties = ET.SubElement(suite, "properties")
        for side in ("reference", "candidate"):
            for key in ("spec", "native", "file_sha256"):
                ET.SubElement(
                    properties, "property", name=f"{side}.{key}", value=str(marks[side][key])
                )
    for row in pair["rows"]:
        _case(suite, run, pair["name"], row)
    if pair["problem"]:
        case = ET.SubElement(suite, "testcase", classname=pair["name"], name="evidence")
        ET.SubElement(case, "error", message=_safe(pair["problem"]))
    for kind in ("failure", "error", "skipped"):
        name = {"failure": "failures", "error": "errors", "skipped": "skipped"}[kind]
        suite.set(name, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))


def _case(suite: ET.Element, run: RunFile, pair: str, row: Mapping[str, Any]) -> None:
    name = row["check"] if row["judged"] == "both" else f"{row['check']}[{row['judged']}]"
    seconds = f"{sum(row['seconds'].values()):.6f}"
    case = ET.SubElement(suite, "testcase", classname=pair, name=name, time=seconds)
    bad = row["diverged"] + row["unexpected"] + row["nondeterministic"]
    if bad:
        message = f"{bad} of {row['compared']} comparisons differ"
        failure = ET.SubElement(case, "failure", message=message)
        failure.text = _safe("\n\n".join(_shown(run, pair, row)))
    elif not row["compared"]:
        reasons = "; ".join(row["unsupported_because"]) or "no case of its kind"
        ET.SubElement(case, "skipped", message=_safe(f"nothing compared: {reasons}"))


def _shown(run: RunFile, pair: str, row: Mapping[str, Any]) -> list[str]:
    key = (pair, row["check"], row["judged"])
    found = [
        "\n".join(lines(item))
        for item in run.divergences
        if (item["pair"], item["check"], item["judged"]) == key
        and item["verdict"] not in ("expected", "reported")
    ]
    more = [f"... and {len(found) - FIRST} more"] if len(found) > FIRST else []
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
