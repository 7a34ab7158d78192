"""An issue to paste: what differs, on how little, between what, and how to see it.

Nothing of a run file stands in it but as code, with what the eye cannot see escaped: a renderer of
Markdown can be fooled by none of it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final

from parity.emitting.subject import Subject
from parity.reports.visible import code_points, cut, printable, value, visible

LONG: Final = 2000
"""Characters of the input that are shown; the script has all of it."""
ROWS: Final = 40
"""Rows of the table of answers."""
SCRIPT: Final = 30_000
"""Characters of a script beyond which it is not pasted: forges take about 65,000 in all."""
SIDES: Final = ("reference", "candidate")


def written(found: Subject, script: str) -> str:
    """Return Markdown with a title, in which `script` is what reproduces the divergence."""
    kinds = [spec.partition(":")[0] for spec in _specs(found)]
    return "\n".join(
        [
            f"# {code(found.row['check'])} of {code(kinds[0])} and {code(kinds[1])} differs"
            + (f": {code(found.row['cause'])}" if found.row["cause"] else ""),
            "", *_what(found),
            "", "## Smallest input" if found.least else "## Input",
            "", *_input(found),
            "", "## Answers",
            "", *_answers(found),
            "", "## Sides",
            "", *_sides(found),
            "", "## Where it was seen",
            "", *_where(found),
            "", "## How to see it",
            "", *_how(found, script),
        ]
    ) + "\n"  # fmt: skip


def code(text: str) -> str:
    r"""Return text as code on one line, whatever is in it.

    >>> print(code("a`|\n"))
    ``a`\|\n``
    """
    shown = printable(cut(text, LONG)).replace("\n", "\\n").replace("|", "\\|") or " "
    marks = _longer_than_within(shown, 1)
    edge = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{marks}{edge}{shown}{edge}{marks}"


def fenced(text: str, language: str = "text") -> str:
    """Return text as a block of code that nothing in it can end."""
    fence = _longer_than_within(text, 3)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _longer_than_within(text: str, least: int) -> str:
    runs = [len(run) + 1 for run in re.findall("`+", text)]
    return "`" * max([least, *runs])


def _specs(found: Subject) -> list[str]:
    return [found.mark[side]["spec"] for side in SIDES]


def _what(found: Subject) -> Iterator[str]:
    yield f"Both were given the same, and {code(found.title)}."
    yield ""
    yield f"- divergence {code(found.name)}, case {code(found.row['case']['id'])}"
    if found.row["where"]:
        yield f"- where: {code(found.row['where'])}"
    if found.row["note"]:
        yield f"- note: {code(found.row['note'])}"


def _input(found: Subject) -> Iterator[str]:
    for one in found.cases:
        here = " (this one differs)" if len(found.cases) > 1 and one.id == found.of else ""
        payload = list(one.payload) if one.kind == "ids" else one.payload
        lines = [value(payload.hex() if isinstance(payload, bytes) else payload, LONG)]
        lines += [code_points(payload, 60)] if isinstance(payload, str) else []
        yield (
            f"{code(one.kind)}{here}:"
            if not one.options
            else (f"{code(one.kind)} with {code(ascii(dict(one.options)))}{here}:")
        )
        yield ""
        yield fenced("\n".join(lines))
        yield ""


def _answers(found: Subject) -> Iterator[str]:
    one, two = (found.seen[side] for side in SIDES)
    cells = [_cells(found, seen) for seen in (one, two)]
    yield from _table(("", *SIDES), _aligned(*cells))


def _cells(found: Subject, seen: Mapping[str, Any]) -> list[str]:
    if "failure" in seen:
        return [f"{seen['failure']['kind']}: {printable(seen['failure']['message'])}"]
    if "value" not in seen:
        return [f"too large for the run file; its signature is {seen['signature']}"]
    answer = seen["value"]
    if not isinstance(answer, list):
        return [value(answer, LONG)]
    pieces = _pieces(found)
    named = all(type(item) is int for item in answer) and found.row["check"] != "text"
    return [
        f"{item} {visible(pieces[item])}" if named and item in pieces else value(item)
        for item in answer
    ]


def _pieces(found: Subject) -> dict[int, str]:
    window = found.row["window"] or {}
    rows = [row for side in SIDES for row in window.get(side, ())]
    return {id: piece for id, piece in rows if piece is not None}


def _aligned(one: Sequence[str], two: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield rows with what is the same in one, as far as there is room."""
    rows: list[tuple[str | None, str | None]] = []
    for _, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        rows += zip_longest(one[a:b], two[c:d])
    for number, row in enumerate(rows[:ROWS]):
        yield str(number), *("" if cell is None else code(cell) for cell in row)  # type: ignore[misc]
    if len(rows) > ROWS:
        yield f"+{len(rows) - ROWS}", "", ""


def _table(names: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _sides(found: Subject) -> Iterator[str]:
    marks = [found.mark[side] for side in SIDES]
    yield from _table(("", *SIDES), ((name, *map(of, marks)) for name, of in ABOUT))


def _pairs(key: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda mark: "<br>".join(code(f"{name} {it}") for name, it in mark[key].items())


ABOUT: Final[Sequence[tuple[str, Callable[[Mapping[str, Any]], str]]]] = (
    ("spec", lambda mark: code(mark["spec"])),
    ("class", lambda mark: code(mark["native"])),
    ("made from", lambda mark: code(f"{mark['file']} sha256 {mark['file_sha256']}")),
    ("versions", _pairs("packages")),
    ("files, SHA-256", _pairs("artefacts")),
    ("facts", _pairs("facts")),
)


def _where(found: Subject) -> Iterator[str]:
    header = found.run.header
    for name, key in (
        ("platform", "platform"), ("Python", "python"), ("Unicode", "unicode"), ("tool", "tool"),
    ):  # fmt: skip
        yield f"- {name}: {code(str(header.get(key, 'not said')))}"


def _how(found: Subject, script: str) -> Iterator[str]:
    if len(script) <= SCRIPT:
        yield fenced(script, "python")
    else:
        yield f"The script is long: `tokparity explain {found.name} --emit python` writes it."
    specs = [
        f"--{side} {shlex.quote(spec)}" for side, spec in zip(SIDES, _specs(found), strict=True)
    ]
    path = shlex.quote(str(found.run.path))
    yield ""
    yield "With tokparity, from its run file or from the start:"
    yield ""
    yield fenced(
        printable(f"tokparity replay {found.name} --run {path}".replace("\n", "\\n"))
        + "\n"
        + printable(f"tokparity run {' '.join(specs)} --checks {shlex.quote(found.row['check'])}"
                    .replace("\n", "\\n")),
        "sh",
    )  # fmt: skip
