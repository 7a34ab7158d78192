"""`tokparity detokenizers`: every named algorithm against every law, and the smallest it breaks.

One tokenizer, one list of scripts; each algorithm streams them all, and each law judges what came
of it on that side alone. So an algorithm's own faults are seen, which no second copy of it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from parity import artefact, backends, corpus, generate, terms
from parity.app import Flags, progress, terms_for
from parity.backend import Backend
from parity.checks import LAWS
from parity.compare import Comparison, Verdict
from parity.detokenizers import DETOKENIZERS
from parity.errors import NothingSelected, UsageError
from parity.jobs import jobs_for
from parity.minimise import minimise, size
from parity.reducing import Tries
from parity.reports.visible import value
from parity.run import Observer, live, run
from parity.streaming import table_of
from parity.streams import Script, Step
from parity.types import Case

TRIES: Final = 400
"""Smaller scripts that are tried, at most, for one example."""
ON_STREAMS: Final = tuple(name for name, law in LAWS.items() if law.grounded == "script")
"""The laws that judge one stream."""


@dataclass
class Cell:
    """What an algorithm made of a law: scripts, those that break it, the smallest of these."""

    compared: int = 0
    broken: int = 0
    smallest: Comparison | None = None


Row = dict[str, Cell]


class Found(NamedTuple):
    """What came of all algorithms over a tokenizer: for each a row of cells, by law."""

    tokenizer: str
    rows: dict[str, Row]


def main(
    console: Console, *, tokenizer: str, network: bool = False, moving: bool = False, **asked: Any
) -> int:
    """Judge and print; what is broken is a finding about an algorithm, so the exit code is 0."""
    with terms.under(terms_for(Flags(network=network, moving=moving), tokenizer)):
        return _main(console, tokenizer=tokenizer, **asked)


def _main(
    console: Console, *, tokenizer: str, names: Sequence[str], count: int | None, seed: int,
    markdown: bool,
) -> int:  # fmt: skip
    unknown = [name for name in names if name not in DETOKENIZERS]
    if unknown:
        known = ", ".join(DETOKENIZERS)
        raise UsageError(f"no detokenizer {unknown[0]!r}; known: {known}")
    cases = random_cases(tokenizer, count, seed) if count else shipped_cases()
    chosen = names or tuple(DETOKENIZERS)
    with progress(len(cases) * len(chosen), "streaming") as advance:
        found = judge(tokenizer, cases, chosen, advance)
    if markdown:
        console.print(Text(as_markdown(found)), soft_wrap=True)
    else:
        show(found, console)
    return 0


def judge(
    spec: str,
    cases: Sequence[Case],
    names: Iterable[str] = tuple(DETOKENIZERS),
    seen: Callable[[int], None] = lambda _: None,
) -> Found:
    """Run the cases through every algorithm over a tokenizer, and judge each by every law."""
    rows = {
        name: _row(backends.load(f"pipeline:{name},encode={spec}"), cases, seen) for name in names
    }
    if not any(cell.compared for row in rows.values() for cell in row.values()):
        raise NothingSelected(f"none of {len(cases):,} cases is a stream for {spec}")
    return Found(spec, rows)


def random_cases(spec: str, count: int, seed: int) -> list[Case]:
    """Return random streams for a tokenizer's vocabulary."""
    return list(generate.streams(table_of(backends.load(spec)), count, seed))


def shipped_cases() -> list[Case]:
    """Return the streams that tokparity ships."""
    return list(corpus.read(artefact.shipped() / "streams.jsonl"))


def _row(backend: Backend, cases: Sequence[Case], seen: Callable[[int], None]) -> Row:
    found: Row = {name: Cell() for name in ON_STREAMS}
    sides: dict[str, Observer] = {"reference": live(backend)}
    for job, tally, differing in run(cases, jobs_for(ON_STREAMS, ["reference"]), sides, seen=seen):
        cell = found[job.name]
        cell.compared += tally.compared
        cell.broken += tally.counts[Verdict.DIVERGED]
        for one in differing:
            if one.verdict is Verdict.DIVERGED and _is_smaller(one, cell.smallest):
                cell.smallest = one
    for job in jobs_for(ON_STREAMS, ["reference"]):
        cell = found[job.name]
        if cell.smallest is not None:
            least = minimise(job, cell.smallest, sides, lambda _: True, tries=Tries(TRIES))
            cell.smallest = least.found or cell.smallest
    return found


def _is_smaller(one: Comparison, other: Comparison | None) -> bool:
    return other is None or size(one.case.payload) < size(other.case.payload)


def show(found: Found, console: Console) -> None:
    """Print the table, and under it the smallest script for each law that is broken."""
    console.print(Text(f"\n{found.tokenizer}: how many scripts break which law", style="bold"))
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in ON_STREAMS:
        table.add_column(name.replace("_", " "), justify="right")
    for name, row in found.rows.items():
        table.add_row(name, *map(_cell, row.values()))
    whole = Measurement.get(console, console.options.update(width=10_000), table).maximum
    if whole <= console.width:
        console.print(table)
    else:
        for name, row in found.rows.items():
            console.print(Text(f"{name}: {_counted(row)}"), soft_wrap=True)
    for line in examples(found):
        console.print(Text(line), soft_wrap=True)


def _counted(row: Row) -> str:
    """Return the counts of an algorithm in a line, for a terminal too narrow for the table."""
    broken = [f"{cell.broken:,} {law}" for law, cell in row.items() if cell.broken]
    return ", ".join(broken) or "breaks none"


def _cell(cell: Cell) -> Text:
    if not cell.compared:
        return Text("-", style="dim")
    return Text(f"{cell.broken:,}", style="red" if cell.broken else "dim")


def as_markdown(found: Found) -> str:
    """Return the table and the examples as Markdown."""
    rows = [f"| | {' | '.join(f'`{name}`' for name in ON_STREAMS)} |"]
    rows.append(f"|---|{'---:|' * len(ON_STREAMS)}")
    for name, row in found.rows.items():
        cells = (f"{cell.broken:,}" if cell.compared else "-" for cell in row.values())
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join([*rows, "", "```", *examples(found), "```"])


def examples(found: Found) -> Iterator[str]:
    """Yield a few lines for each algorithm and law that it breaks."""
    tokens = backends.load(found.tokenizer).vocabulary().tokens
    for name, row in found.rows.items():
        for law, cell in row.items():
            if cell.smallest is not None:
                one = cell.smallest
                yield f"{name} breaks {law} in {cell.broken:,} of {cell.compared:,}; the smallest:"
                yield from (f"    {line}" for line in spelt(one.case.payload, tokens))
                yield f"    should be {value(one.reference.value)}"
                yield f"    is        {value(one.candidate.value)}"


def spelt(script: Script, tokens: Mapping[int, str]) -> Iterator[str]:
    """Yield a line a request, with its prompt; then the calls, a `|` between two of them."""
    several = len(script.prompts) > 1
    for number, prompt in enumerate(script.prompts):
        if prompt:
            yield f"prompt {f'{number} ' if several else ''}{_named(prompt, tokens)}"
    calls = (" + ".join(_step(step, tokens, several) for step in call) for call in script.batches)
    yield " | ".join(calls)


def _step(step: Step, tokens: Mapping[int, str], several: bool) -> str:  # noqa: FBT001
    whose = f"{step.request}: " if several else ""
    finish = f" ({step.finish})" if step.finish else ""
    return f"{whose}{_named(step.ids, tokens)}{finish}"


def _named(ids: Sequence[int], tokens: Mapping[int, str]) -> str:
    return " ".join(f"{id} {value(tokens.get(id, '?'))}" for id in ids) or "no ids"
