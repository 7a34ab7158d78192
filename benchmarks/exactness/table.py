"""What was found, as Markdown: a row for each search, and one for each cause that it showed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from benchmarks.exactness.lock import Library
from benchmarks.exactness.searching import Searched
from parity.reports.divergence import shown

LONG: Final = 64
"""Characters of an answer that are printed; the rest is counted."""
NAMES: Final = {"ids_batched": "ids", "offsets_batched": "offsets"}
"""How a search's checks are called here: there is one of each."""


class Row(NamedTuple):
    """A library on a vocabulary; found: None where it was not searched, for `why`."""

    library: Library
    reference: str
    found: Searched | None
    why: str = ""


def claims(libraries: Sequence[Library]) -> Iterator[str]:
    """Yield the table of libraries and what they say of themselves."""
    yield "| library | version | calls like | its claim | said in |"
    yield "|---|---|---|---|---|"
    for one in libraries:
        claim = _cell(f'"{one.claim}"') if one.claim else "none found"
        yield f"| {one.name} | {one.version} | {one.shape} | {claim} | {one.place or '-'} |"


def searches(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the table of searches, with counts."""
    yield "| library | against | cases | that differ, of comparisons | causes of those examined |"
    yield "|---|---|---|---|---|"
    for row in rows:
        start = f"| {row.library.name} | `{row.reference}` |"
        if row.found is None or not row.found.rows:
            why = row.found.problem if row.found else row.why
            yield f"{start} - | - | {_cell(why)} |"
            continue
        cells = f"{row.found.cases:,} | {_counts(row.found.rows)} | {_causes(row.found.causes)}"
        problem = f"; {_cell(row.found.problem)}" if row.found.problem else ""
        yield f"{start} {cells}{problem} |"


def examples(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the table of smallest examples, one for each check and cause of a library.

    Of several vocabularies that show the same cause the shortest example is taken.
    """
    yield "| library | cause | on | input | reference | candidate |"
    yield "|---|---|---|---|---|---|"
    least: dict[tuple[str, str, str], tuple[int, str]] = {}
    for row in rows:
        for (check, cause), seen in (row.found.examples if row.found else {}).items():
            name = row.library.name
            key = name, NAMES.get(check, check), cause or "-"
            minimal = seen.get("minimal") or seen
            on = row.reference.partition(":")[2]
            cells = [name, f"{key[1]}: {key[2]}", f"`{on}`", _input(seen), *_answers(minimal)]
            made = len(ascii(minimal["case"]["payload"])), f"| {' | '.join(cells)} |"
            least[key] = min(least.get(key, made), made)
    yield from (text for _, text in least.values())


def _counts(rows: Mapping[str, tuple[int, int]]) -> str:
    told = [
        f"{NAMES.get(check, check)} {differ:,} of {compared:,}"
        for check, (compared, differ) in sorted(rows.items())
        if compared
    ]
    return ", ".join(told) or "nothing compared"


def _causes(causes: Mapping[tuple[str, str], int]) -> str:
    found = sorted(causes.items(), key=lambda item: (item[0][0], -item[1]))
    told = [f"{NAMES.get(check, check)}: {cause or '-'} {n:,}" for (check, cause), n in found]
    return ", ".join(told) or "nothing found"


def _input(seen: Mapping[str, Any]) -> str:
    """Return the smallest case; how special tokens are read where that is not the default."""
    minimal = seen.get("minimal") or seen
    case = minimal["case"]
    parts = [_code(shown(case["payload"]))]
    others = [_code(shown(one["payload"])) for one in minimal.get("batch", [])]
    mode = case["options"].get("specials", "")
    parts += [f"in the batch {', '.join(others)}"] if others else []
    parts += [f"({mode})"] if mode else []
    parts += [] if seen.get("minimal") and minimal["proven"] else ["(not proven smallest)"]
    return " ".join(parts)


def _answers(seen: Mapping[str, Any]) -> list[str]:
    return [_answer(seen[side]) for side in ("reference", "candidate")]


def _answer(seen: Mapping[str, Any]) -> str:
    if "failure" in seen:
        return f"fails: {seen['failure']['kind']}"
    return _code(seen.get("value"))


def _code(found: Any) -> str:
    """Return a value as Python would write it, in ASCII, for a cell."""
    text = ascii(re.sub(r"[\ud800-\udbff][\udc00-\udfff]", _joined, found)
                 if isinstance(found, str) else found)  # fmt: skip
    cut = f"{text[:LONG]}... +{len(text) - LONG}" if len(text) > LONG else text
    fence = "``" if "`" in cut else "`"
    pad = " " if fence == "``" else ""
    return _cell(f"{fence}{pad}{cut}{pad}{fence}")


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
