"""A run for a person: a table per pair, the first divergences, one line with the verdict."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from parity.errors import GoldenError
from parity.reports import scope
from parity.reports.divergence import lines
from parity.reports.grouping import causes_of, grouped
from parity.reports.visible import printable
from parity.runfile import RunFile

FIRST: Final = 5
"""Divergences that are shown of each pair, one of each group; the run file has more."""
COLUMNS: Final = (
    "compared", "same", "diverged", "expected", "unexpected", "nondeterministic", "reported",
    "unsupported", "incomparable",
)  # fmt: skip
ALWAYS: Final = ("compared", "same", "diverged", "unsupported", "expected")
SHORT: Final = {"nondeterministic": "unstable", "unsupported": "unsupp.", "incomparable": "incomp."}
GREEN: Final = frozenset(
    {"exact", "exact where comparable", "as expected", "laws hold", "nothing found"}
)


def render(run: RunFile) -> str:
    """Return the report as plain text, 100 columns wide."""
    out = io.StringIO()
    show(run, Console(file=out, width=100, color_system=None, highlight=False))
    return out.getvalue()


def show(run: RunFile, console: Console, first: int = FIRST) -> None:
    """Print the report on a console."""
    _line(console, f"plan  {run.header['plan']}")
    for line in scope.lines(run.header):
        _line(console, line)
    reasons = run.header.get("not_compared")
    for reason in reasons if isinstance(reasons, list) else ():
        _line(console, f"not compared: {reason}")
    footers = {row["name"]: row for row in run.footer.get("pairs", [])}
    for pair in run.pairs:
        _pair(console, run, pair, footers.pop(pair["name"], {"rows": [], "problem": ""}), first)
    for name, row in footers.items():
        _line(console, f"\n{name}", "bold")
        _problem(console, row)
    _verdict(console, run)


def _line(console: Console, text: str, style: str = "", more: str = "") -> None:
    """Print text as it is: no markup, no emoji, nothing that a terminal would act upon."""
    line = Text(printable(text), style=style)
    console.print(Text.assemble(line, printable(more)), soft_wrap=True)


def _pair(
    console: Console, run: RunFile, pair: Mapping[str, Any], counts: Mapping[str, Any], first: int
) -> None:
    _line(console, f"\n{pair['name']}", "bold")
    for side in ("reference", "candidate"):
        _line(console, f"  {side}  {_identity(pair[side])}")
    for target, words in _resolved(pair).items():
        _line(console, f"  {target}  is {words}", "yellow" if "MOVED" in str(words) else "")
    for line in _unicode(pair):
        _line(console, f"  {line}", "yellow")
    _counts(console, counts["rows"])
    for line in [*_unsupported(counts["rows"]), *_untaken(counts)]:
        _line(console, f"  {line}", "dim")
    _divergences(console, run, pair["name"], first)
    _problem(console, counts)


def _resolved(pair: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what names of targets led to; run files of before there were any have none."""
    found = pair.get("resolved")
    return found if isinstance(found, dict) else {}


def _unicode(pair: Mapping[str, Any]) -> list[str]:
    """Say which Unicode tables the two sides state that are of different versions."""
    one, other = (pair[side]["facts"] for side in ("reference", "candidate"))
    tables = [
        f"{name.removeprefix('unicode ')} {one[name]} and {other[name]}"
        for name in one
        if name.startswith("unicode ") and other.get(name, one[name]) != one[name]
    ]
    return [f"the two sides use different Unicode tables: {', '.join(tables)}"] if tables else []


def _counts(console: Console, rows: list[dict[str, Any]]) -> None:
    """Print the table, or a line a check where the terminal is too narrow: no count is cut."""
    table = _table(rows)
    whole = Measurement.get(console, console.options.update(width=10_000), table).maximum
    if whole <= console.width:
        console.print(table)
        return
    for row in rows:
        if row["unsupported"] and not row["compared"] + row["incomparable"]:
            continue
        counted = [f"{row[name]:,} {name}" for name in COLUMNS if row[name] or name in ALWAYS[:3]]
        _line(console, f"  {_name(row)}: {', '.join(counted)}")


def _identity(mark: Mapping[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in mark["packages"].items())
    artefacts = ", ".join(f"{name} {digest[:8]}" for name, digest in mark["artefacts"].items())
    facts = ", ".join(f"{name}: {text}" for name, text in mark["facts"].items())
    return "  |  ".join(part for part in (mark["spec"], packages, artefacts, facts) if part)


def _table(rows: list[dict[str, Any]]) -> Table:
    shown = [name for name in COLUMNS if name in ALWAYS or any(row[name] for row in rows)]
    table = Table(box=None, pad_edge=False, padding=(0, 1), collapse_padding=True)
    table.add_column("  check", no_wrap=True)
    for name in shown:
        table.add_column(SHORT.get(name, name), justify="right", no_wrap=True)
    for row in rows:
        if row["unsupported"] and not row["compared"] + row["incomparable"]:
            continue  # it has a line below that says why
        table.add_row(
            Text(printable(f"  {_name(row)}")), *(_cell(name, row[name]) for name in shown)
        )
    return table


def _cell(name: str, count: int) -> Text:
    bad = name in ("diverged", "unexpected", "nondeterministic") and count
    style = "bold red" if bad else "yellow" if count and name in ("expected", "reported") else ""
    return Text(f"{count:,}", style=style if count else "dim")


def _unsupported(rows: list[dict[str, Any]]) -> list[str]:
    found = []
    for what in ("unsupported", "incomparable"):
        reasons: dict[str, list[str]] = {}
        for row in rows:
            for reason, count in row[f"{what}_because"].items():
                reasons.setdefault(reason, []).append(f"{_name(row)} {count:,}")
        found += [f"{what}: {reason}: {', '.join(names)}" for reason, names in reasons.items()]
    failed = [f"{_name(row)} {row['failed_alike']:,}" for row in rows if row["failed_alike"]]
    return [*found, *([f"both looks failed alike: {', '.join(failed)}"] if failed else [])]


def _name(row: Mapping[str, Any]) -> str:
    return str(row["check"]) if row["judged"] == "both" else f"{row['check']} {row['judged'][:3]}."


def _untaken(counts: Mapping[str, Any]) -> list[str]:
    kinds = [f"{count:,} of {kind}" for kind, count in counts.get("untaken", {}).items()]
    return [f"cases that none of these checks is about: {', '.join(kinds)}"] if kinds else []


def _divergences(console: Console, run: RunFile, name: str, first: int) -> None:
    rows = [
        row
        for row in run.divergences
        if row["pair"] == name and row["verdict"] not in ("expected", "reported")
    ]
    groups = grouped(rows)
    for line in causes_of(rows, _differing(run, name)):
        _line(console, f"  {line}", "red")
    for group in groups[:first]:
        title, *rest = lines(group[0])
        _line(console, f"\n  {title}", "red")
        for line in rest:
            _line(console, f"    {line}")
    left = len(rows) - len(groups[:first])
    if left:
        _line(console, f"\n  … and {left:,} more in the run file", "dim")


def _differing(run: RunFile, name: str) -> int:
    """Return how many comparisons of a pair differ, those too that were not written."""
    pairs = [pair for pair in run.footer.get("pairs", []) if pair["name"] == name]
    wrong = ("diverged", "unexpected", "nondeterministic")
    return sum(row[what] for pair in pairs for row in pair["rows"] for what in wrong)


def _problem(console: Console, row: Mapping[str, Any]) -> None:
    if row["problem"]:
        label = "golden or lock problem" if row["exit"] == GoldenError.exit_code else "inconclusive"
        label = "REFUSED" if row.get("refused") else label
        _line(console, f"  {label}: ", "yellow", row["problem"])


def _verdict(console: Console, run: RunFile) -> None:
    footer = run.footer
    if not run.whole:
        why = footer.get("stopped") or "it has no footer: it was cut off"
        _line(console, "\nINCONCLUSIVE", "bold yellow", f"  the run is not whole: {why}")
        return
    rows = [row for pair in footer["pairs"] for row in pair["rows"]]
    total = {name: sum(row[name] for row in rows) for name in COLUMNS}
    canaries = footer["canaries"]
    caught = canaries["planted"] - len(canaries["survived"])
    wrong = sum(total[name] for name in ("diverged", "unexpected", "nondeterministic"))
    beyond = " beyond the ledger" if total["expected"] else ""
    parts = [f"{wrong:,} of {total['compared']:,} comparisons differ{beyond}"]
    parts += [f"{total[name]:,} {name}" for name in COLUMNS[3:] if total[name]]
    alike = sum(row["failed_alike"] for row in rows if row["judged"] == "both")
    parts += [f"{alike:,} failed alike"] if alike else []
    refused = sum(bool(pair.get("refused")) for pair in footer["pairs"])
    parts += [f"{refused:,} of {len(footer['pairs']):,} pairs refused"] if refused else []
    parts.append(f"canaries {caught}/{canaries['planted']} caught")
    verdict = footer["verdict"]
    style = "bold green" if verdict in GREEN else "bold yellow"
    style = "bold red" if verdict == "diverged" else style
    _line(console, f"\n{verdict.upper()}", style, f"  {', '.join(parts)}")
    for place in footer["stale_entries"]:
        _line(console, f"  {place} selects no case any more: take it out")
    for name in canaries["survived"]:
        _line(console, f"  the canary {name!r} survived: this run cannot be believed")
    if footer["limits"]["left_out"]:
        limits = footer["limits"]
        counted = f"{limits['left_out']:,} divergences are counted and not written"
        limit = f"{limits['payloads']:,}, of what informs {limits['reported_payloads']:,}"
        _line(console, f"  {counted} (limit a check: {limit})")
    _line(console, f"  run file  {run.path}")
