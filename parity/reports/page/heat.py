"""Heat maps: pair by check, from the footer's counts; tag by pair and check, from what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from parity.reports.page import marking
from parity.reports.page.groups import Group, column, tags, wrong
from parity.reports.page.marking import text
from parity.runfile import RunFile

SCALE: Final = ((0.0, "none"), (0.001, "to 0.1 %"), (0.01, "to 1 %"), (0.1, "to 10 %"),
                (0.5, "to 50 %"), (1.0, "more"))  # fmt: skip
"""Shares up to which each shade goes, with their words."""
TAGS: Final = 400
"""Tags that have a row."""
ALSO: Final = ("expected", "reported", "unsupported", "incomparable")


def shade(part: int, whole: int) -> int:
    """Return the shade of a share, 0 for none to 5; by whole numbers, so that no edge is rounded.

    >>> [shade(part, 1000) for part in (0, 1, 2, 100, 500, 501, 1000)]
    [0, 1, 2, 3, 4, 5, 5]
    """
    for number, (limit, _) in enumerate(SCALE):
        if part * 1000 <= round(limit * 1000) * whole:
            return number
    return len(SCALE) - 1


def legend() -> str:
    """Return what the shades mean."""
    chips = "".join(
        f'<li><span class="heat h{number}">{words}</span></li>\n'
        for number, (_, words) in enumerate(SCALE)
    )
    return (
        '<ul class="legend" aria-label="Shades">\n<li>share that differs:</li>\n'
        f'{chips}<li><span class="heat nothing">nothing compared</span></li>\n</ul>\n'
    )


def by_check(run: RunFile, groups: Sequence[Group]) -> str:
    """Return the map of pairs and checks: those that differ stand first."""
    table = {
        (pair["name"], column(row)): row
        for pair in run.footer.get("pairs", [])
        for row in pair["rows"]
    }
    names, columns, idle = _columns(table)
    if not columns:
        return f"<p>Nothing was counted.</p>\n{_idle(idle)}"
    first = _first(groups)
    head = "".join(f'<th scope="col"><span>{text(name)}</span></th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{text(pair)}</th>'
        f"{''.join(_cell(table.get((pair, name)), pair, name, first) for name in columns)}</tr>\n"
        for pair in names
    )
    return (
        '<div class="scroll" role="group" aria-label="Pairs and checks" tabindex="0">'
        '<table class="map"><caption>How many comparisons differ, of how many. '
        "A cell filters the causes below.</caption>\n"
        f'<thead><tr><th scope="col">pair</th>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody></table></div>\n{_idle(idle)}"
    )


def _columns(
    table: Mapping[tuple[str, str], Mapping[str, Any]],
) -> tuple[list[str], list[str], list[str]]:
    """Return the pairs, the checks that compared something, and those that compared nothing."""
    differ, compared = Counter[str](), Counter[str]()
    for (_, name), row in table.items():
        differ[name] += wrong(row)
        compared[name] += row["compared"] + wrong(row)
    names = list(dict.fromkeys(pair for pair, _ in table))
    checks = sorted(compared, key=lambda name: -differ[name])
    return (
        names,
        [one for one in checks if compared[one]],
        [one for one in checks if not compared[one]],
    )


def _idle(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f"<p>Compared nothing on any pair: {', '.join(map(text, names))}.</p>\n"


def _cell(
    row: Mapping[str, Any] | None, pair: str, name: str, first: Mapping[tuple[str, ...], str]
) -> str:
    if row is None:
        return '<td class="heat nothing">not asked</td>'
    differ, compared = wrong(row), row["compared"]
    also = "".join(f"<small>{row[one]:,} {one}</small>" for one in ALSO if row[one])
    if not compared and not differ:
        return f'<td class="heat nothing"><b>nothing compared</b>{also}</td>'
    counted = f"<b>{differ:,}</b> <small>of {compared:,}</small>"
    anchor = first.get((pair, name))
    if anchor:
        filters = marking.data(pair=pair, check=name)
        counted = f'<a href="#{anchor}"{filters}>{counted}</a>'
    return f'<td class="heat h{shade(differ, compared)}">{counted}{also}</td>'


def _first(groups: Sequence[Group]) -> dict[tuple[str, ...], str]:
    """Return the anchor of the first group of each pair and check, and of each tag of them."""
    found: dict[tuple[str, ...], str] = {}
    for group in groups:
        pair = group.first["pair"]
        found.setdefault((pair, group.check), group.anchor)
        for tag in group.tags:
            found.setdefault((pair, group.check, tag), group.anchor)
    return found


def by_tag(groups: Sequence[Group]) -> str:
    """Return the map of tags: of the cases of a pair and check that differ, those with the tag."""
    failing = [group for group in groups if not group.quiet]
    counts, total = Counter[tuple[str, str, str]](), Counter[tuple[str, str]]()
    each = Counter[str]()
    for group in failing:
        pair = group.first["pair"]
        total[pair, group.check] += len(group.rows)
        for row in group.rows:
            each.update(tags(row))
            counts.update((pair, group.check, tag) for tag in tags(row))
    if not each:
        return "<p>No case that differs has a tag.</p>\n"
    first = _first(failing)
    names = [name for name, _ in each.most_common(TAGS)]
    body = "".join(_tag(name, total, counts, first) for name in names)
    head = "".join(
        f'<th scope="col"><span>{text(pair)}<br>{text(check)}</span></th>' for pair, check in total
    )
    left = len(each) - len(names)
    more = f"<p>{left:,} rarer tags have no row here; the run file has them.</p>\n" if left else ""
    return (
        '<div class="scroll tall" role="group" aria-label="Tags" tabindex="0"><table class="map">'
        "<caption>Of the cases that differ and stand in the run file, those with the tag. "
        "The shade is their share of these cases.</caption>\n"
        f'<thead><tr><th scope="col">tag</th>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>'
        f"</div>\n{more}"
    )


def _tag(
    tag: str,
    total: Mapping[tuple[str, str], int],
    counts: Mapping[tuple[str, str, str], int],
    first: Mapping[tuple[str, ...], str],
) -> str:
    made = []
    for (pair, check), whole in total.items():
        part = counts[pair, check, tag]
        counted = f"<b>{part:,}</b> <small>of {whole:,}</small>"
        if part:
            filters = marking.data(pair=pair, check=check, tag=tag)
            counted = f'<a href="#{first[pair, check, tag]}"{filters}>{counted}</a>'
        made.append(f'<td class="heat h{shade(part, whole)}">{counted}</td>')
    name = f'<a href="#causes"{marking.data(tag=tag)}>{text(tag)}</a>'
    return f'<tr><th scope="row">{name}</th>{"".join(made)}</tr>\n'
