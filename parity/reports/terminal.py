"""A run for a person: a table per pair, the first divergences, one line with the verdict."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from parity.identities import QUIET, identity
from parity.reports import scope
from parity.reports.divergence import lines
from parity.reports.grouping import causes_of, grouped
from parity.reports.outcome import WRONG, bounded, kind_of, outcome, sentence
from parity.reports.reproducing import UNNAMED
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


def render(run: RunFile) -> str:
    """Return the report as plain text, 100 columns wide."""
    out = io.StringIO()
    console = Console(file=out, width=100, color_system=None, force_terminal=False, highlight=False)
    show(run, console)
    return out.getvalue()


def show(run: RunFile, console: Console, first: int = FIRST) -> None:
    """Print the report on a console; a terminal is told what to do next, a file is not."""
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
    failing = [row for row in run.divergences if row["verdict"] not in QUIET]
    if failing and console.is_terminal:
        name = identity(failing[0])
        _line(console, "  next:", "bold")
        for command in next_commands(name):
            _line(console, f"    {command}")


def next_commands(name: str) -> tuple[str, ...]:
    """Return what to type about a divergence of this name."""
    return (
        f"tokparity explain {name}",
        f"tokparity replay {name}",
        f"tokparity ledger add {name} --reason '...'",
    )


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
    for text in coverage(counts):
        _line(console, f"  {text}")
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
        bound = bounded(row)
        counted += [f"below {bound}"] if bound else []
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
    table.add_column("below", justify="right", no_wrap=True)
    for row in rows:
        if row["unsupported"] and not row["compared"] + row["incomparable"]:
            continue  # it has a line below that says why
        table.add_row(
            Text(printable(f"  {_name(row)}")),
            *(_cell(name, row[name]) for name in shown),
            Text(bounded(row) or "-", style="dim"),
        )
    return table


def _cell(name: str, count: int) -> Text:
    bad = name in WRONG and count
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


def coverage(counts: Mapping[str, Any]) -> list[str]:
    """Return what of a vocabulary the cases had in them: counts, and no share."""
    found = counts.get("coverage") or {}
    parts = [f"{name} {seen:,} of {of:,}" for name, (seen, of) in found.items()]
    return [f"coverage  {', '.join(parts)}"] if parts else []


def _untaken(counts: Mapping[str, Any]) -> list[str]:
    kinds = [f"{count:,} of {kind}" for kind, count in counts.get("untaken", {}).items()]
    return [f"cases that none of these checks is about: {', '.join(kinds)}"] if kinds else []


def _divergences(console: Console, run: RunFile, name: str, first: int) -> None:
    rows = [row for row in run.divergences if row["pair"] == name and row["verdict"] not in QUIET]
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
    return sum(row[what] for pair in pairs for row in pair["rows"] for what in WRONG)


def _problem(console: Console, row: Mapping[str, Any]) -> None:
    if row["problem"]:
        label = "REFUSED" if row["refused"] else kind_of(row)
        _line(console, f"  {label}: ", "yellow", row["problem"])


def _verdict(console: Console, run: RunFile) -> None:
    found, footer = outcome(run), run.footer
    style = {0: "bold green", 1: "bold red"}.get(found.exit, "bold yellow")
    _line(console, f"\n{found.verdict.upper()}", style, f"  {sentence(run)}")
    if run.whole:
        for problem in found.problems:
            if not problem.pair:
                _line(console, f"  {problem.text}")
        if footer["limits"]["left_out"]:
            _line(console, f"  {left_out(run)}")
    ledger = footer.get("ledger") or {}
    if run.whole and ledger.get("in_force") and ledger.get("unnarrowed") is False:
        _line(console, "  a part of the plan: what the ledger has in vain is not looked for")
    if run.path != UNNAMED and footer:
        _line(console, f"  run file  {run.path}")


def left_out(run: RunFile) -> str:
    """Return how many divergences a run file counts and does not have."""
    limits = run.footer["limits"]
    counted = f"{limits['left_out']:,} divergences are counted and not written"
    limit = f"{limits['payloads']:,}, of what informs {limits['reported_payloads']:,}"
    return f"{counted} (limit a check: {limit})"
