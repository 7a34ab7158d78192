"""The section of a cause: what it is, its smallest input, both sides' answers, its cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from parity.causes import about
from parity.identities import identity
from parity.reports.divergence import shown
from parity.reports.page import marking, sides
from parity.reports.page.groups import NO_CAUSE, NOT_EXAMINED, Group, Row, tags
from parity.reports.page.marking import code, count, payload, text
from parity.reports.visible import code_points

LISTED: Final = 50
"""Cases of a cause that are listed; all are counted."""
FULL: Final = 300
"""Causes that have tables and lists; of those after them the first case stands there."""
BRIEF: Final = 80
"""Characters of an input in a list."""
POINTS: Final = 40
"""Code points of an input that are named."""


def section(group: Group, pieces: sides.Pieces, *, full: bool) -> str:
    """Return the section of a group, closed."""
    row, size = group.first, len(group.rows)
    names = {"pair": row["pair"], "check": group.check, "cause": group.cause}
    minimal = row.get("minimal")
    small = payload((minimal["case"] if minimal else row["case"])["payload"], BRIEF)
    word = "smallest" if minimal else "such as"
    body = "".join(_body(group, pieces, full=full))
    return (
        f'<details class="cause" id="{group.anchor}" data-count="{size}"'
        f"{marking.data(**names)}{marking.tags(group.tags)}>\n"
        f"<summary><h4>{text(group.cause)}</h4> {count(size, 'case')}"
        f'<span class="fits"></span> of <b>{text(group.check)}</b>, {word} {small} '
        f'<code class="name">{identity(row)}</code></summary>\n{body}</details>\n'
    )


_OURS: Final = {
    NOT_EXAMINED: "no cause was looked for: a run examines so many cases and no more",
    NO_CAUSE: "it was made small; there are no named causes for this check",
}


def _body(group: Group, pieces: sides.Pieces, *, full: bool) -> Iterator[str]:
    row = group.first
    told = about(group.cause)
    if told := _OURS.get(group.cause, told):
        yield f"<p>{text(told)}.</p>\n"
    yield f"<dl>\n{''.join(_facts(row))}</dl>\n"
    yield _commands(identity(row))
    if full:
        yield _answers(row, pieces)
    yield _cases(group.rows, LISTED if full else 1)


def _facts(row: Row) -> Iterator[str]:
    """Yield what is known of the case that speaks for all, as terms and their descriptions."""
    minimal = row.get("minimal")
    if minimal:
        for case in minimal["batch"]:
            yield _fact("in a batch", payload(case["payload"]) + _options(case))
        proven = (
            "" if minimal["proven"] else f" (not proven: {count(minimal['tries'], 'try', 'tries')})"
        )
        yield _fact("smallest input", _input(minimal["case"]) + proven)
    yield _fact("case", code(row["case"]["id"]))
    yield _fact(row["case"]["kind"], _input(row["case"]))
    yield _fact("first difference", _where(row["difference"]))
    if row.get("place"):
        yield _fact("corpus", code(_place(row["place"])))
    if row.get("where"):
        yield _fact("where", text(row["where"]))
    yield _fact("verdict", text(row["verdict"]))
    if row["note"]:
        yield _fact("note", text(row["note"]))
    chips = " ".join(f'<a class="tag" href="#causes"{marking.data(tag=tag)}>{text(tag)}</a>'
                     for tag in tags(row))  # fmt: skip
    if chips:
        yield _fact("tags", chips)


def _fact(name: str, words: str) -> str:
    return f"<dt>{text(name)}</dt><dd>{words}</dd>\n"


def _input(case: Mapping[str, Any]) -> str:
    found = shown(case["payload"])
    points = f"<br><small>{code_points(found, POINTS)}</small>" if isinstance(found, str) else ""
    return payload(found) + _options(case) + points


def _options(case: Mapping[str, Any]) -> str:
    named = "".join(
        f" {marking.inner(key)}={item!a:.{BRIEF}}" for key, item in case["options"].items()
    )
    return code(named) if named else ""


def _where(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "it no longer differs"
    if not found["path"]:
        return text(f"the {found['kind']} differs")
    ends = {"missing": ", the candidate ends first", "extra": ", the reference ends first"}
    lengths = found.get("lengths")
    size = f" of {lengths[0]:,} and {lengths[1]:,}" if lengths else ""
    path = "".join(f"[{marking.inner(str(step))}]" for step in found["path"])
    return f"{code(path)}{size}{ends.get(found['kind'], '')}"


def _place(place: Mapping[str, Any]) -> str:
    return f"{place.get('file') or place['corpus']}:{place['line']}"


def _commands(name: str) -> str:
    lines = "".join(
        f"<li><code>{command}</code>"
        f'<button type="button" class="copy" data-copy="{command}" hidden>copy</button></li>\n'
        for command in (f"tokparity explain {name}", f"tokparity replay {name}")
    )
    return f'<ul class="commands">\n{lines}</ul>\n'


def _answers(row: Row, pieces: sides.Pieces) -> str:
    """Return what both sides make of the smallest input, and of the case itself."""
    minimal, made = row.get("minimal"), list[tuple[str, str]]()
    if minimal:
        found = sides.beside(minimal["reference"], minimal["candidate"], pieces)
        made.append(("Both sides on the smallest input", found))
    found = sides.beside(row["reference"], row["candidate"], pieces)
    if found and (row["window"] or not minimal):
        made.append(("Both sides on the case", found))
    elif not found and row["window"]:
        title = "Ids around the first difference of the case: there are too many for the run file"
        made.append((title, sides.window(row)))
    elif not any(found for _, found in made) and row["difference"]:
        title = "At the first difference: the values are too large for the run file"
        made.append((title, sides.difference(row["difference"])))
    return "".join(f"<h5>{title}</h5>\n{found}\n" for title, found in made if found)


def _cases(rows: Sequence[Row], limit: int) -> str:
    if len(rows) == 1:
        return ""
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("divergence", "case", "input", "first difference", "tags")
    )
    body = "".join(
        f'<tr><th scope="row"><code>{identity(row)}</code></th>'
        + marking.cells(
            [
                code(row["case"]["id"]),
                payload(row["case"]["payload"], BRIEF),
                _where(row["difference"]),
                ", ".join(map(text, tags(row))),
            ]
        )
        + "</tr>\n"
        for row in rows[:limit]
    )
    left = len(rows) - limit
    more = (
        f"<p>{count(left, 'more case')} of this cause: not listed here, but in the run file.</p>"
        if left > 0
        else ""
    )
    title = f"{count(len(rows), 'case')}" + (f", the first {limit} listed" if left > 0 else "")
    return (
        f"<details><summary>{title}</summary>\n"
        '<div class="scroll" role="group" aria-label="Cases of this cause" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>{more}\n"
        "</details>\n"
    )
