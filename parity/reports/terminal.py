"""A run for a person: a table per pair, the first divergences, one line with the verdict."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from parity.reports.divergence import lines
from parity.runfile import RunFile

FIRST: Final = 5
"""Divergences that are shown of each pair; the run file has more."""
COLUMNS: Final = (
    "compared", "same", "diverged", "expected", "unexpected", "nondeterministic", "reported",
    "unsupported",
)  # fmt: skip
ALWAYS: Final = ("compared", "same", "diverged", "unsupported", "expected")
SHORT: Final = {"nondeterministic": "unstable", "unsupported": "unsupp."}
STYLES: Final = {"exact": "bold green", "as expected": "bold green", "diverged": "bold red"}


def render(run: RunFile) -> str:
    """Return the report as plain text, 100 columns wide."""
    out = io.StringIO()
    show(run, Console(file=out, width=100, color_system=None, highlight=False))
    return out.getvalue()


def show(run: RunFile, console: Console, first: int = FIRST) -> None:
    """Print the report on a console."""
    footers = {row["name"]: row for row in run.footer.get("pairs", [])}
    for pair in run.pairs:
        _pair(console, run, pair, footers.pop(pair["name"], {"rows": [], "problem": ""}), first)
    for name, row in footers.items():
        console.print(f"\n[bold]{escape(name)}[/]")
        _problem(console, row)
    _verdict(console, run)


def _pair(
    console: Console, run: RunFile, pair: Mapping[str, Any], counts: Mapping[str, Any], first: int
) -> None:
    console.print(f"\n[bold]{escape(pair['name'])}[/]")
    for side in ("reference", "candidate"):
        console.print(f"  {side}  {escape(_identity(pair[side]))}", soft_wrap=True)
    console.print(_table(counts["rows"]))
    for line in [*_unsupported(counts["rows"]), *_untaken(counts)]:
        console.print(f"  {escape(line)}", style="dim", soft_wrap=True)
    _divergences(console, run, pair["name"], first)
    _problem(console, counts)


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
        table.add_row(f"  {_name(row)}", *(_cell(name, row[name]) for name in shown))
    return table


def _cell(name: str, count: int) -> Text:
    bad = name in ("diverged", "unexpected", "nondeterministic") and count
    style = "bold red" if bad else "yellow" if count and name in ("expected", "reported") else ""
    return Text(f"{count:,}", style=style if count else "dim")


def _unsupported(rows: list[dict[str, Any]]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for row in rows:
        for reason, count in row["unsupported_because"].items():
            reasons.setdefault(reason, []).append(f"{_name(row)} {count:,}")
    found = [f"unsupported: {reason}: {', '.join(names)}" for reason, names in reasons.items()]
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
    for row in rows[:first]:
        title, *rest = lines(row)
        console.print(f"\n  [red]{escape(title)}[/]", soft_wrap=True)
        for line in rest:
            console.print(f"    {escape(line)}", soft_wrap=True)
    if len(rows) > first:
        console.print(f"\n  … and {len(rows) - first:,} more in the run file", style="dim")


def _problem(console: Console, row: Mapping[str, Any]) -> None:
    if row["problem"]:
        console.print(f"  [yellow]inconclusive:[/] {escape(row['problem'])}", soft_wrap=True)


def _verdict(console: Console, run: RunFile) -> None:
    footer = run.footer
    if not run.whole:
        why = footer.get("stopped") or "it has no footer: it was cut off"
        console.print(f"\n[bold yellow]INCONCLUSIVE[/]  the run is not whole: {escape(why)}")
        return
    rows = [row for pair in footer["pairs"] for row in pair["rows"]]
    total = {name: sum(row[name] for row in rows) for name in COLUMNS}
    canaries = footer["canaries"]
    caught = canaries["planted"] - len(canaries["survived"])
    wrong = sum(total[name] for name in ("diverged", "unexpected", "nondeterministic"))
    beyond = " beyond the ledger" if total["expected"] else ""
    parts = [f"{wrong:,} of {total['compared']:,} comparisons differ{beyond}"]
    parts += [f"{total[name]:,} {name}" for name in COLUMNS[3:] if total[name]]
    parts.append(f"canaries {caught}/{canaries['planted']} caught")
    verdict = footer["verdict"]
    console.print(
        f"\n[{STYLES.get(verdict, 'bold yellow')}]{verdict.upper()}[/]  {', '.join(parts)}",
        soft_wrap=True,
    )
    for name in canaries["survived"]:
        console.print(f"  the canary {name!r} survived: this run cannot be believed")
    if footer["limits"]["left_out"]:
        left = footer["limits"]["left_out"]
        console.print(f"  {left:,} divergences are counted and not written (limit a check: 1,000)")
    console.print(f"  run file  {escape(str(run.path))}", soft_wrap=True)
