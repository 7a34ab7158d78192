"""The head of the page: the verdict in words, with every number that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from parity.reports.outcome import bound_of, outcome
from parity.reports.page.groups import wrong
from parity.reports.page.marking import count, text
from parity.runfile import RunFile

ALSO: Final = (
    "expected", "unexpected", "nondeterministic", "reported", "unsupported", "incomparable",
)  # fmt: skip
COLORS: Final = {0: "green", 1: "red"}
"""Of a verdict by exit code; any other is amber."""
SIGNS: Final = {"green": "✓", "red": "✗", "amber": "!"}


def verdict(run: RunFile) -> tuple[str, int]:
    """Return the verdict and the exit code, as every format has them."""
    found = outcome(run)
    return found.verdict, found.exit


def color(run: RunFile) -> str:
    """Return the colour of a verdict: green for what is whole, compared something, and holds."""
    rows = [row for pair in run.footer.get("pairs", []) for row in pair["rows"]]
    proves = not run.footer.get("canaries", {"survived": ["?"]})["survived"] and any(
        row["compared"] for row in rows
    )
    found = COLORS.get(verdict(run)[1], "amber")
    return "amber" if found == "green" and (not proves or any(map(wrong, rows))) else found


def banner(run: RunFile) -> str:
    """Return the verdict, and what is to be said of the whole run."""
    word, code = verdict(run)
    tint = color(run)
    items = "".join(f"<li>{line}</li>\n" for line in (*_counts(run), *_warnings(run)))
    return (
        f'<div class="verdict {tint}"><p><span aria-hidden="true">{SIGNS[tint]}</span> '
        f"<strong>{text(word.upper())}</strong> exit code {code}</p></div>\n<ul>\n{items}</ul>\n"
    )


def _counts(run: RunFile) -> Iterator[str]:
    if not run.whole:
        why = run.footer.get("stopped") or "it has no footer: it was cut off"
        yield f"<strong>The run is not whole</strong>, so it proves nothing: {text(why)}"
    if not run.footer:
        found = count(len(run.divergences), "divergence")
        yield f"{found} stand in what there is of it; how much was compared is not known"
        return
    rows = [row for pair in run.footer["pairs"] for row in pair["rows"]]
    total = {name: sum(row[name] for row in rows) for name in ALSO}
    beyond = " beyond the ledger" if total["expected"] else ""
    differ, compared = sum(map(wrong, rows)), sum(row["compared"] for row in rows)
    said = f"{differ:,} of {compared:,} differ{beyond}" if compared else "nothing was compared"
    yield f"<strong>{said}</strong>, over all checks{bound_of(rows)}"
    parts = [f"{number:,} {name}" for name, number in total.items() if number]
    alike = sum(row["failed_alike"] for row in rows if row["judged"] == "both")
    parts += [f"{alike:,} failed alike"] if alike else []
    yield from [", ".join(parts)] if parts else []
    canaries = run.footer["canaries"]
    caught = canaries["planted"] - len(canaries["survived"])
    yield f"canaries: {caught:,} of {canaries['planted']:,} planted faults were caught"


def _warnings(run: RunFile) -> Iterator[str]:
    footer: dict[str, Any] = run.footer
    for name in footer.get("canaries", {}).get("survived", []):
        yield f"<strong>the canary {text(name)} survived</strong>: this run cannot be believed"
    for place in footer.get("stale_entries", []):
        yield (
            f"the ledger's entry {text(place)} selects no case any more that is compared: "
            "take it out"
        )
    for place, date in (footer.get("expired_entries") or {}).items():
        yield f"the ledger's entry {text(place)} expired on {text(date)}"
    for pair in footer.get("pairs", []):
        if pair["problem"]:
            word = "refused" if pair["refused"] else "a problem"
            yield f"{text(pair['name'])}: {word}: {text(pair['problem'])}"
    reasons = run.header.get("not_compared")
    for reason in reasons if isinstance(reasons, list) else ():
        yield f"not compared: {text(str(reason))}"
    limits = footer.get("limits", {"left_out": 0})
    if limits["left_out"]:
        yield (
            f"{count(limits['left_out'], 'divergence')} counted and not written: the run file has "
            f"at most {limits['payloads']:,} of each pair, check and side, and "
            f"{limits['reported_payloads']:,} of what only informs"
        )
