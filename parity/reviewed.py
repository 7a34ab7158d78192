"""What a person sees of a change of a golden: its input, and both values beside each other."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity import changes, jsonl
from parity.changes import Change
from parity.reports.visible import code_points, printable, value, visible
from parity.trailer import HEADER
from parity.types import AS_JSON, Observation

NARROW: Final = 60
"""Columns below which two sides stand below each other."""
AROUND: Final = 3
"""Tokens that are shown before and behind what differs, and characters of a text."""
MOST: Final = 400
"""Tokens of what differs up to which those that both sides have are found in it."""
LONG: Final = 400
"""Characters of a value or an input that are shown; the rest is counted."""
EXPLAINED: Final = frozenset({"text", "ids"})
"""Kinds of cases that `tokparity explain` takes."""

Row = tuple[int | None, int | None]
"""An id of each side that stand in one line; None where a side has none there."""


def say(text: str, console: Console) -> None:
    """Print lines, with nothing in them that a terminal would act upon; none is cut."""
    console.print(printable(text), soft_wrap=True, markup=False, highlight=False)


def show_list(found: Sequence[Change], console: Console) -> None:
    """Print changes by class, in the order in which the classes come."""
    by_class: dict[str, list[Change]] = {}
    for one in found:
        by_class.setdefault(one.group, []).append(one)
    for group, mine in by_class.items():
        say(f"{group}  {mine[0].says}  ({_counted(len(mine), 'change', 'changes')})", console)
        for one in mine:
            say(f"  {one.identity}  {one.case}  {one.golden}", console)
    say(f"{len(found):,} pending, in {_counted(len(by_class), 'class', 'classes')}", console)


def _counted(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def show(one: Change, console: Console) -> None:
    """Print one change in full."""
    say(f"{one.identity}  {one.case}  {one.golden}", console)
    say(f"class      {one.group}  {one.says}", console)
    if one.kind == HEADER:
        for text in one.details:
            say(f"header     {text}", console)
        return
    for line in _input(one):
        say(line, console)
    if _has_ids(one):
        _show_tokens(one, console)
        return
    for title, seen in (("golden", one.old), ("now", one.new)):
        say(f"{title:<10} {_seen(seen)}", console)
    for line in _points(one):
        say(line, console)


def command(one: Change) -> str:
    """Return the command that says more about a change."""
    case = one.case.partition("#")[0]
    if one.kind in (HEADER, "gone") or ("payload" not in one.input and not one.input):
        return f"tokparity golden check --pair {shlex.quote(one.pair)}"
    word = "explain" if one.input["kind"] in EXPLAINED else "show"
    return f"tokparity {word} {shlex.quote(case)} --pair {shlex.quote(one.pair)}"


def _input(one: Change) -> Iterator[str]:
    if "payload" in one.input:
        payload = one.input["payload"]
        plain = payload if one.input["kind"] in AS_JSON else jsonl.unplain(payload)
        yield f"{one.input['kind']:<10} {value(plain, LONG)}"
        if isinstance(plain, str):
            yield f"           {code_points(plain)}"
    elif one.input:
        yield f"{one.input['kind']:<10} (long; it stands in its corpus)"


def _seen(seen: Observation | None) -> str:
    if seen is None:
        return "no line"
    if seen.failure:
        return seen.failure.kind
    if seen.value is None:
        return f"only its signature is kept: {str(seen.signature)[:12]}"
    return value(seen.value, LONG)


def _has_ids(one: Change) -> bool:
    sides = [seen.value for seen in (one.old, one.new) if seen]
    lists = [side for side in sides if isinstance(side, list)]
    numbers = all(type(item) is int for side in lists for item in side)
    return bool(one.tokens) and len(lists) == len(sides) and numbers


def _points(one: Change) -> Iterator[str]:
    """Yield the code points around where two texts part."""
    old, new = (seen.value if seen else None for seen in (one.old, one.new))
    if not (isinstance(old, str) and isinstance(new, str)):
        return
    start, end = changes.ends(old, new)
    first = max(start - AROUND, 0)
    for title, text in (("golden", old), ("now", new)):
        part = text[first : len(text) - end + AROUND if end > AROUND else len(text)]
        before = f"from {first}: " if first else ""
        yield f"{title:<10} {before}{code_points(part, 24)}"


def rows(old: Sequence[int], new: Sequence[int]) -> list[Row]:
    """Return two lists of ids beside each other, those that both have in one line.

    >>> rows([1, 15, 18, 2], [1, 1819, 2])
    [(1, 1), (15, 1819), (18, None), (2, 2)]
    """
    start, end = changes.ends(old, new)
    one, two = old[start : len(old) - end], new[start : len(new) - end]
    found: list[Row] = [(id, id) for id in old[:start]]
    found += _aligned(one, two)
    return found + [(id, id) for id in old[len(old) - end :]]


def _aligned(one: Sequence[int], two: Sequence[int]) -> list[Row]:
    blocks = [(len(one), len(two), 0)]
    if max(len(one), len(two)) <= MOST:
        matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
        blocks = [(at.a, at.b, at.size) for at in matcher.get_matching_blocks()]
    found: list[Row] = []
    at = (0, 0)
    for left, right, size in blocks:
        apart = one[at[0] : left], two[at[1] : right]
        for place in range(max(map(len, apart))):
            ids = [side[place] if place < len(side) else None for side in apart]
            found.append((ids[0], ids[1]))
        found += [(id, id) for id in one[left : left + size]]
        at = left + size, right + size
    return found


def near(found: Sequence[Row]) -> tuple[int, list[Row], int]:
    """Return the rows that differ with some around them, and how many stand before and behind."""
    differing = [place for place, (one, two) in enumerate(found) if one != two]
    if not differing:
        return 0, list(found), 0
    start = max(differing[0] - AROUND, 0)
    end = min(differing[-1] + AROUND + 1, len(found))
    return start, list(found[start:end]), len(found) - end


def _show_tokens(one: Change, console: Console) -> None:
    old, new = (seen.value if seen else [] for seen in (one.old, one.new))
    before, shown, behind = near(rows(old, new))
    if before:
        say(f"  {before:,} tokens alike before", console)
    if console.width < NARROW:
        _stacked(one, shown, console)
    else:
        console.print(_table(one, shown))
    if behind:
        say(f"  {behind:,} tokens alike behind", console)
    if one.other_files:
        say("? is a token of the golden's own files, which are not here", console)


def _table(one: Change, shown: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="")
    table.add_column("")
    for title in ("golden", "now"):
        table.add_column(title, justify="right", no_wrap=True)
        table.add_column("", overflow="fold")
    for old, new in shown:
        pieces = Text(_piece(one, old, then=True)), Text(_piece(one, new))
        mark = "" if old == new else "»"
        table.add_row(mark, _number(old), pieces[0], _number(new), pieces[1])
    return table


def _stacked(one: Change, shown: Sequence[Row], console: Console) -> None:
    for title, side in (("golden", 0), ("now", 1)):
        say(title, console)
        for row in shown:
            mark = " " if row[0] == row[1] else "»"
            if row[side] is not None:
                say(f"{mark} {row[side]} {_piece(one, row[side], then=not side)}", console)


def _number(id: int | None) -> str:
    return "" if id is None else str(id)


def _piece(one: Change, id: int | None, *, then: bool = False) -> str:
    """Return the token string of an id; `?` where nobody knows it, or knew it then."""
    if id is None:
        return ""
    token = None if then and one.other_files else one.tokens.get(str(id))
    return "?" if token is None else visible(token)
