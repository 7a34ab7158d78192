"""Plots of what differs: how long the inputs are, and where the first difference is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.reports.divergence import shown
from parity.reports.page.marking import count

WIDTH: Final = 360
HEIGHT: Final = 210
MOST: Final = 10
"""Buckets of one power of two each that a picture has room for."""
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 18, 46
"""The margins of the axes, in the picture's own units."""


class Plot(NamedTuple):
    """A distribution: title; unit of the axis; what was counted; the numbers."""

    title: str
    unit: str
    of: str
    numbers: Sequence[int]


def section(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the plots of rows that have something to show."""
    found = [plot for plot in _plots(rows) if plot.numbers]
    drawn = "".join(_figure(plot, number) for number, plot in enumerate(found))
    return (
        f'<div class="plots">\n{drawn}</div>\n' if drawn else "<p>There is nothing to plot.</p>\n"
    )


def _plots(rows: Sequence[Mapping[str, Any]]) -> Iterator[Plot]:
    inputs = [(row["case"]["kind"], shown(row["case"]["payload"])) for row in rows]
    texts = [len(found) for _, found in inputs if isinstance(found, str)]
    ids = [len(found) for kind, found in inputs if kind == "ids" and isinstance(found, list)]
    yield Plot("Lengths of texts that differ", "length in code points", "comparisons", texts)
    yield Plot("Lengths of ids that differ", "length in ids", "comparisons", ids)
    for title, unit, wanted in (
        ("First differences in ids", "place in the ids, from 0", _of_ids),
        ("First differences in texts", "place in code points, from 0", _of_text),
        ("First differences in other lists", "place in the outermost list, from 0", _of_lists),
    ):
        places = [place for row in rows if wanted(row) for place in _place(row)]
        yield Plot(title, unit, "comparisons", places)


def _place(row: Mapping[str, Any]) -> list[int]:
    """Return the outermost place of the first difference, if it has one."""
    path = (row["difference"] or {}).get("path") or [""]
    return [place for place in path[:1] if type(place) is int]


def _of_ids(row: Mapping[str, Any]) -> bool:
    return bool(row["window"])


def _of_text(row: Mapping[str, Any]) -> bool:
    return isinstance(shown(row["reference"].get("value")), str)


def _of_lists(row: Mapping[str, Any]) -> bool:
    return not _of_ids(row) and not _of_text(row)


def buckets(numbers: Sequence[int]) -> list[tuple[str, int]]:
    """Return how many numbers are 0, 1, 2 to 3, 4 to 7 and so on, without gaps.

    Where that would be many buckets they are twice as wide: 0, 1 to 3, 4 to 15.

    >>> buckets([0, 3, 3, 9])
    [('0', 1), ('1', 0), ('2–3', 2), ('4–7', 0), ('8–15', 1)]
    """
    bits = [number.bit_length() for number in numbers]
    wide = 1 if max(bits) - min(bits) < MOST else 2
    counted = Counter(-(-each // wide) for each in bits)
    span = range(min(counted), max(counted) + 1)
    return [(_range(each * wide, wide), counted[each]) for each in span]


def _range(bits: int, wide: int) -> str:
    low, high = (1 << bits) >> wide, (1 << bits) - 1
    return f"{low:,}" if low >= high else f"{low:,}–{high:,}"


def _figure(plot: Plot, number: int) -> str:
    found = buckets(plot.numbers)
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td class="n">{size:,}</td></tr>\n' for name, size in found
    )
    return (
        f'<figure><figcaption id="plot{number}"><b>{plot.title}</b>, '
        f"{count(len(plot.numbers), 'point')}</figcaption>\n"
        f"{_drawing(plot, found, number)}"
        f"<details><summary>The same as a table</summary>\n<table>\n<thead><tr>"
        f'<th scope="col">{plot.unit}</th><th scope="col">{plot.of}</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table></details></figure>\n"
    )


def _drawing(plot: Plot, found: Sequence[tuple[str, int]], number: int) -> str:
    """Return the bars, with each count above its bar, and both axes with their units."""
    highest = max(size for _, size in found)
    step = (WIDTH - LEFT - RIGHT) / len(found)
    floor, tall = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    parts = []
    for place, (name, size) in enumerate(found):
        x, high = LEFT + place * step, size / highest * tall
        middle = x + step / 2
        parts.append(
            f'<rect class="bar" x="{x + 1:.1f}" y="{floor - high:.1f}" width="{step - 2:.1f}" '
            f'height="{high:.1f}"/>\n'
        )
        low = name.partition("–")[0]
        parts.append(f'<text x="{middle:.1f}" y="{floor + 14}">{low}</text>\n')
        if size:
            parts.append(f'<text x="{middle:.1f}" y="{floor - high - 4:.1f}">{size:,}</text>\n')
    axes = f'<path class="axis" d="M{LEFT} {TOP}V{floor}H{WIDTH - RIGHT}"/>\n'
    along = (
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 8}">{plot.unit} (from)</text>\n'
    )
    turned = f"rotate(-90 14 {TOP + tall / 2:.1f})"
    up = f'<text x="14" y="{TOP + tall / 2:.1f}" transform="{turned}">{plot.of}</text>\n'
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="plot{number}">\n'
        f"{axes}{''.join(parts)}{along}{up}</svg>\n"
    )
