"""`tokparity corpus list`, `show` and `why`: which corpora there are, and what is in them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity import artefact, corpus
from parity.errors import NothingSelected
from parity.reports.visible import code_points, value
from parity.select import select
from parity.showing import TAG_ROW, line, the_one
from parity.types import Case

TOP: Final = 3
"""Tags of a corpus that the table names."""
LONG: Final = 2000
"""Characters of a payload that are shown."""
LINK: Final = re.compile(r"\]\((https?://[^)\s]+)\)")
REPORT: Final = re.compile(r"\b([\w.-]+/[\w.-]+)#(\d+)")


class Explained(NamedTuple):
    """What TAGS.md says of a tag."""

    trap: str = "not explained in TAGS.md"
    effect: str = ""
    links: tuple[str, ...] = ()


def paths_of(names: Sequence[str]) -> list[Path]:
    """Return the corpus files that names and globs mean; all shipped ones where there are none."""
    return corpus.find(names or ["all"], artefact.shipped(), Path())


def list_corpora(names: Sequence[str], console: Console, *, as_json: bool) -> int:
    """Print a table of corpora, a row a file."""
    rows = [_summary(path) for path in paths_of(names)]
    if as_json:
        console.out(json.dumps(rows, indent=1), highlight=False)
        return 0
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for name, side in (("corpus", "left"), ("cases", "right"), ("bytes", "right"),
                       ("kinds", "left"), ("tags", "left"), ("licences", "left")):  # fmt: skip
        table.add_column(name, justify=side, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        tags = ", ".join(list(row["tags"])[:TOP]) + (" …" if len(row["tags"]) > TOP else "")
        cells = (row["name"], f"{row['cases']:,}", f"{row['bytes']:,}", ", ".join(row["kinds"]),
                 tags or "-", ", ".join(row["licences"]) or "-")  # fmt: skip
        table.add_row(*map(Text, cells))
    console.print(table)
    line(console, f"{len(rows):,} corpora, {sum(row['cases'] for row in rows):,} cases")
    return 0


def _summary(path: Path) -> dict[str, Any]:
    kinds, tags, licences = Counter[str](), Counter[str](), Counter[str]()
    for case in corpus.read(path):
        kinds[case.kind] += 1
        tags.update(case.tags)
        licences[case.licence or "none stated"] += 1
    return {
        "name": path.stem, "path": str(path), "cases": kinds.total(), "bytes": path.stat().st_size,
        "kinds": dict(kinds.most_common()), "tags": dict(tags.most_common()),
        "licences": dict(licences.most_common()),
    }  # fmt: skip


def show(name: str, expression: str, limit: int, console: Console, *, as_json: bool) -> int:
    """Print the cases of corpora, or their lines as they stand in the files."""
    fits = select(expression) if expression else lambda _: True
    shown = more = 0
    for path in paths_of([name]):
        for read, case in corpus.read_placed(path):
            if not fits(case):
                continue
            if limit and shown == limit:
                more += 1
                continue
            shown += 1
            if as_json:
                console.out(read.content.decode("utf-8").rstrip("\r\n"), highlight=False)
            else:
                _brief(console, case)
    if not shown:
        what = f"--select {expression!r} fits" if expression else "there is"
        raise NothingSelected(f"{what} no case in {name!r}")
    if more and not as_json:
        line(console, f"… and {more:,} more")
    return 0


def _brief(console: Console, case: Case) -> None:
    line(console, f"{case.id}  {' '.join(case.tags)}".rstrip())
    line(console, f"  {case.kind:<9} {value(case.payload)}")
    for name, option in case.options.items():
        line(console, f"  {name:<9} {value(option)}")


def why(wanted: str, names: Sequence[str], console: Console) -> int:
    """Print everything that is known of a case."""
    paths = paths_of(names)
    rows = (
        (case, (path, read.number, read.content))
        for path in paths
        for read, case in corpus.read_placed(path)
    )
    case, (path, number, content) = the_one(wanted, rows, "the corpora; --corpus names another")
    line(console, f"{case.id}  {path}:{number}")
    line(console, f"  {case.kind:<9} {value(case.payload, LONG)}")
    if isinstance(case.payload, str):
        line(console, f"  {'':<9} {code_points(case.payload, 40)}")
    for name, option in case.options.items():
        line(console, f"  {name:<9} {value(option)}")
    explained = explanations(path)
    for tag in case.tags:
        _tag(console, tag, explained.get(tag, Explained()))
    for name, text in _origin(case):
        line(console, f"  {name:<9} {text}")
    line(console, f"  {'line':<9} {_cut(content.decode('utf-8').rstrip())}")
    return 0


def _tag(console: Console, tag: str, found: Explained) -> None:
    line(console, f"  {'tag':<9} {tag}")
    line(console, f"    {'trap':<7} {found.trap}")
    if found.effect:
        line(console, f"    {'effect':<7} {found.effect}")
    for link in found.links:
        line(console, f"    {'bit':<7} {link}")


def _origin(case: Case) -> Iterator[tuple[str, str]]:
    yield "source", case.source or "not stated"
    for name, number in REPORT.findall(case.source):
        yield "", f"https://github.com/{name}/issues/{number}"
    yield "licence", case.licence or "not stated"


def explanations(path: Path) -> dict[str, Explained]:
    """Return tags and what is said of them: in our TAGS.md, and in one beside the corpus."""
    found = {}
    for folder in dict.fromkeys((artefact.shipped(), path.parent)):
        page = folder / "TAGS.md"
        text = page.read_text(encoding="utf-8", errors="replace") if page.is_file() else ""
        for tag, rest in TAG_ROW.findall(text):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", rest)]
            trap, effect, where = [*cells, "", ""][:3]
            found[tag] = Explained(trap, effect, tuple(LINK.findall(where)))
    return found


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}… +{len(text) - LONG}"
