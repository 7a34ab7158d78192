"""The matrix as one static page: no script is needed, nothing is fetched, every text is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from parity.survey import document
from parity.survey.cells import RED, WORDS, Cell, Example, Seen, Survey

PAGE: Final = Path(__file__).with_name("page.html")
LONG: Final = 120
"""Characters of an input that the page shows."""


def render(found: Survey, command: str) -> str:
    """Return the page."""
    template = Template(PAGE.read_text(encoding="utf-8"))
    told = found.environment
    return template.substitute(
        summary=escape("; ".join(document.summary(found))),
        command=escape(command),
        made=escape(f"{told['tool']}, Python {told['python']}, {told['system']}; {found.canaries}"),
        said="".join(f"<li>{escape(line)}</li>\n" for line in document.said(found)),
        legend="".join(_legend()),
        head="".join(_head(found)),
        rows="".join(_rows(found)),
        left_out="".join(
            f"<li><b>{escape(name)}</b>: <code>{escape(why)}</code></li>\n"
            for name, why in found.left_out.items()
        )
        or "<li>nothing</li>\n",
        sections="".join(map("".join, (_section(found, name) for name in found.implementations))),
    )


def _legend() -> Iterator[str]:
    for word, what in WORDS.items():
        sign = document.SIGNS.get(word, word) or word
        yield f'<dt class="{_class(word)}">{escape(sign)}</dt><dd>{escape(what)}</dd>\n'
    yield '<dt class="green">= 2/7</dt>'
    yield "<dd>so many of the checks: it has no call for the others</dd>\n"


def _head(found: Survey) -> Iterator[str]:
    for name in found.vocabularies:
        yield f'<th scope="col">{escape(name)}</th>'


def _rows(found: Survey) -> Iterator[str]:
    for name, row in found.implementations.items():
        yield f'<tr data-of="{escape(name)}"><th scope="row"><a href="#{escape(name)}">'
        yield f"{escape(name)}</a> <small>{escape(row['language'])}</small></th>"
        for vocabulary in found.vocabularies:
            yield _cell(found.cell(name, vocabulary))
        yield "</tr>\n"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    red = cell.word in RED
    parts = [_part(name, seen) for name, seen in cell.checks.items() if seen.word in RED]
    inner = "<br>".join(parts) if red and parts else escape(document.short(cell))
    linked = bool(red or cell.reason)
    text = f'<a href="#{escape(_anchor(cell))}">{inner}</a>' if linked else inner
    return f'<td class="{_class(cell.word)}" title="{escape(_title(cell))}">{text}</td>'


def _part(name: str, seen: Seen) -> str:
    word = "" if seen.word == "differs" else f" {seen.word}"
    return escape(f"{name}{word} {seen.differ:,}")


def _title(cell: Cell) -> str:
    checks = "; ".join(_counted(name, seen) for name, seen in cell.checks.items())
    return f"{cell.implementation} on {cell.vocabulary}: {WORDS[cell.word]}. {checks}"


def _counted(name: str, seen: Seen) -> str:
    lacks = f", {seen.unsupported:,} unsupported" if seen.unsupported else ""
    return f"{name}: {seen.differ:,} of {seen.compared:,} differ{lacks}"


def _section(found: Survey, name: str) -> Iterator[str]:
    """Yield the section of an implementation: a table for each of its cells that says something."""
    row = found.implementations[name]
    told = document.versions(found, name) or ", ".join(row["pip"]) or "comes along"
    yield f'<section id="{escape(name)}" data-of="{escape(name)}"><h3>{escape(name)} '
    yield f"<small>{escape(row['language'])}; {escape(told)}</small></h3>\n"
    cells = [one for one in found.cells if one.implementation == name]
    shown = [one for one in cells if one.reason or any(s.examples for s in one.checks.values())]
    for cell in shown:
        yield from _of_cell(cell)
    if not shown:
        yield "<p>Nothing differs.</p>\n"
    yield "</section>\n"


def _of_cell(cell: Cell) -> Iterator[str]:
    yield f'<div class="cell" id="{escape(_anchor(cell))}"><h4>{escape(cell.vocabulary)} '
    yield f'<span class="{_class(cell.word)}">{escape(cell.word)}</span></h4>\n'
    if cell.reason:
        yield f"<p><code>{escape(cell.reason)}</code></p>\n"
    if cell.checks:
        counts = "; ".join(_counted(name, seen) for name, seen in cell.checks.items()
                           if seen.word != "-")  # fmt: skip
        over = f"; its time was over {cell.left:,} cases before the end" if cell.left else ""
        yield f"<p>{escape(counts)}{over}.</p>\n"
    for check, seen in cell.checks.items():
        yield from (_example(check, one) for one in seen.examples)
    yield "</div>\n"


def _example(check: str, one: Example) -> str:
    proven = "" if one.proven else " <small>(maybe not the smallest)</small>"
    about = f" <small>{escape(one.about)}</small>" if one.about else ""
    return (
        f"<dl><dt>{escape(check)}</dt><dd><b>{escape(one.cause or 'not named')}</b>{about}</dd>"
        f"<dt>smallest</dt><dd><code>{escape(document.payload(one, LONG))}</code>{proven}</dd>"
        f"<dt>reference</dt><dd><code>{escape(one.reference)}</code></dd>"
        f"<dt>candidate</dt><dd><code>{escape(one.candidate)}</code></dd>"
        f"<dt>to see it</dt><dd><pre>{escape(one.reproduce)}</pre></dd></dl>\n"
    )


def _anchor(cell: Cell) -> str:
    return f"{cell.implementation}--{cell.vocabulary}".replace(":", "-").replace(" ", "-")


def _class(word: str) -> str:
    if word in RED:
        return "red"
    return "green" if word in ("same", "itself") else "grey"
