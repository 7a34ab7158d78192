"""Who was compared: both sides of each pair, with versions and digests, and every count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from parity.bounds import told
from parity.compare import Verdict
from parity.reports.outcome import bound_of, is_sample
from parity.reports.page.groups import column, wrong
from parity.reports.page.marking import cells, code, count, text
from parity.runfile import RunFile

SIDES: Final = ("reference", "candidate")
COUNTS: Final = ("compared", *(verdict.value for verdict in Verdict), "failed_alike")
Pair = Mapping[str, Any]


def section(run: RunFile) -> str:
    """Return all pairs; one alone is open."""
    footers = {pair["name"]: pair for pair in run.footer.get("pairs", [])}
    marks = {pair["name"]: pair for pair in run.pairs}
    names = list(dict.fromkeys([*marks, *footers]))
    return "".join(
        _pair(name, marks.get(name), footers.get(name), whole=run.whole, alone=len(names) == 1)
        for name in names
    )


def _pair(name: str, mark: Pair | None, counts: Pair | None, *, whole: bool, alone: bool) -> str:
    tint, word = _verdict(counts, whole=whole)
    body = [_marks(mark)] if mark else []
    specs = (
        f"<br>{code(mark['reference']['spec'])} against {code(mark['candidate']['spec'])}"
        if mark
        else ""
    )
    if counts:
        body += [*_coverage(counts), _table(counts), *_reasons(counts)]
    return (
        f'<details class="pair"{" open" * alone}><summary><h3>{text(name)}</h3> '
        f'<span class="chip {tint}">{word}</span>{specs}</summary>\n{"".join(body)}</details>\n'
    )


def _verdict(counts: Pair | None, *, whole: bool) -> tuple[str, str]:
    """Return a colour and words; no pair is green in a run that is not whole."""
    if counts is None:
        return "amber", "it did not reach its end"
    total, compared = (
        sum(map(wrong, counts["rows"])),
        sum(row["compared"] for row in counts["rows"]),
    )
    words = f"{total:,} of {compared:,} differ" if compared else "nothing was compared"
    words += bound_of(counts["rows"])
    if counts["refused"]:
        return "amber", f"refused; {words}"
    if counts["problem"]:
        return "amber", f"inconclusive; {words}"
    if total:
        return "red", words
    return ("green" if whole and compared and counts["exit"] == 0 else "amber"), words


def _marks(mark: Pair) -> str:
    resolved = mark.get("resolved")
    led = "".join(
        f"<p>{code(name)} is {text(str(words))}</p>\n"
        for name, words in (resolved if isinstance(resolved, dict) else {}).items()
    )
    rows = "".join(
        f'<tr><th scope="row">{name}</th>{cells(get(mark[side]) for side in SIDES)}</tr>\n'
        for name, get in _FACTS.items()
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in SIDES)
    return (
        f'{led}<div class="scroll" role="group" aria-label="Both sides" tabindex="0">'
        f"<table><thead><tr><td></td>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )


def _named(table: Mapping[str, str]) -> str:
    return "<br>".join(f"{text(name)} {code(words)}" for name, words in table.items()) or "none"


_FACTS: Final[Mapping[str, Callable[[Pair], str]]] = {
    "spec": lambda mark: code(mark["spec"]),
    "class": lambda mark: code(mark["native"]),
    "its file": lambda mark: f"{text(mark['file'])}<br>sha256 {code(mark['file_sha256'])}",
    "packages": lambda mark: _named(mark["packages"]),
    "artefacts (sha256)": lambda mark: _named(mark["artefacts"]),
    "facts": lambda mark: _named(mark["facts"]),
}


def _coverage(counts: Pair) -> Iterator[str]:
    for name, (seen, of) in (counts.get("coverage") or {}).items():
        yield f"<p>Coverage: {seen:,} of {of:,} of the {text(name)}.</p>\n"


def _said(row: Mapping[str, Any]) -> str:
    """Return what a row's counts say; a check that looks at all there is bounds nothing else."""
    if not is_sample(row) and row["compared"]:
        return f"{wrong(row):,} of {row['compared']:,} differ; that is all there is"
    return told(wrong(row), row["compared"])


def _table(counts: Pair) -> str:
    """Return every count of a pair, a row a check and side, with the bound."""
    rows = counts["rows"]
    kept = [name for name in COUNTS if name in COUNTS[:3] or any(row[name] for row in rows)]
    head = "".join(f'<th scope="col">{name.replace("_", " ")}</th>' for name in kept)
    body = "".join(
        f'<tr><th scope="row">{text(column(row))}</th>'
        f"{''.join(f'<td class=n>{row[name]:,}</td>' for name in kept)}"
        f"<td>{_said(row)}</td></tr>\n"
        for row in rows
    )
    return (
        '<div class="scroll tall" role="group" aria-label="Every count" tabindex="0">'
        '<table class="counts"><thead><tr>'
        f'<th scope="col">check</th>{head}<th scope="col">what that bounds</th></tr>'
        f"</thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )


def _reasons(counts: Pair) -> Iterator[str]:
    """Yield why something was not compared, each reason once."""
    lines = []
    for what in ("unsupported", "incomparable"):
        found: dict[str, int] = {}
        for row in counts["rows"]:
            for reason, number in row[f"{what}_because"].items():
                found[reason] = found.get(reason, 0) + number
        lines += [f"{what}, {number:,}: {text(reason)}" for reason, number in found.items()]
    lines += [
        f"{count(number, 'case')} of kind {text(kind)}: none of these checks is about it"
        for kind, number in counts["untaken"].items()
    ]
    if lines:
        items = "".join(f"<li>{line}</li>\n" for line in lines)
        title = "What was not compared, and why"
        yield f"<details><summary>{title}</summary><ul>\n{items}</ul></details>\n"
