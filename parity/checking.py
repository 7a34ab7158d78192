"""`tokparity backends check`: what the conformance kit finds in one backend, as a table or JSON."""

from __future__ import annotations

import contextlib
import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity import backends, conformance
from parity.conformance import BREAKS, HOLDS, LACKS, Finding
from parity.reports.visible import printable

STYLES = {HOLDS: "green", LACKS: "dim", BREAKS: "bold red"}


def check(spec: str, console: Console, *, as_json: bool) -> int:
    """Examine the backend that a spec names, print what was found, and return the exit code."""
    with contextlib.closing(backends.load(spec)) as backend:
        findings = conformance.examine(backend)
        code = conformance.exit_code(findings)
        if as_json:
            rows = [found._asdict() for found in findings]
            console.out(json.dumps({"spec": spec, "exit": code, "findings": rows}, indent=2))
        else:
            _print(findings, console)
            console.print(Text(_summary(spec, findings, code)), soft_wrap=True)
    return code


def _print(findings: list[Finding], console: Console) -> None:
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for name in ("operation", "rule", "", ""):
        table.add_column(name, overflow="fold")
    before = ""
    for found in findings:
        operation = "" if found.operation == before else found.operation
        lack = printable(found.detail) if found.verdict == LACKS else ""
        cells = operation, _named(found), found.verdict, lack
        table.add_row(*map(Text, cells), style=STYLES[found.verdict])
        before = found.operation
    console.print(table)
    for found in findings:
        if found.verdict == BREAKS:
            text = f"\n{_named(found)} breaks: {found.law}\n  {printable(found.detail)}"
            console.print(Text(text), soft_wrap=True)


def _named(found: Finding) -> str:
    return found.rule.replace("_", " ")


def _summary(spec: str, findings: list[Finding], code: int) -> str:
    counts = {verdict: sum(one.verdict == verdict for one in findings) for verdict in STYLES}
    told = f"{counts[HOLDS]} rules hold, {counts[BREAKS]} are broken"
    told += f", {counts[LACKS]} are of what it has not"
    end = {0: "", 1: "", 3: "; nothing could be checked"}[code]
    return printable(f"\n{spec}: {told}{end}")
