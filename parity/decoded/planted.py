"""The table of mutants, printed: what each is, on how many prompts it was seen, and as what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity import files
from parity.decoding.budgets import Budget
from parity.decoding.mutants import Row, Sides, named, run


def table(console: Console, names: Sequence[str], json: Path | None, model: str = "tiny") -> int:
    """Try the judge on every mutant, or on those of some names, and print what came of each.

    Returns 0 where all is as it must be, else 1. Raises UsageError, Inconclusive, MissingPackage.
    """
    named(names)
    sides, rows = Sides(model), list[Row]()
    with console.status("the model as it is") as status:
        for row in run(sides, names):
            rows.append(row)
            status.update(row.mutant.name)
    code = int(any(row.wrong for row in rows))
    if json is not None:
        with files.whole(json) as file:
            data = document(rows, sides.budget(), model, code)
            file.write(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    _print(console, rows)
    for line in _summary(rows, sides.budget()):
        console.print(Text(line), soft_wrap=True)
    return code


def document(rows: Sequence[Row], budget: Budget, model: str, code: int) -> dict[str, Any]:
    """Return the table as JSON can hold it."""
    return {
        "model": model,
        "exit": code,
        "budget": budget._asdict() | {"key": budget.key._asdict()},
        "mutants": [_as_data(row) for row in rows],
    }


def _as_data(row: Row) -> dict[str, Any]:
    found = row._asdict()
    del found["mutant"]
    return {**row.mutant._asdict(), "must_be_found": row.mutant.fault, **found}


def _print(console: Console, rows: Sequence[Row]) -> None:
    found = Table(box=None, padding=(0, 2), pad_edge=False)
    found.add_column("mutant")
    found.add_column("by ids", justify="right")
    found.add_column("by shifts", justify="right")
    found.add_column("classes", no_wrap=True)
    found.add_column("", overflow="fold")
    for row in rows:
        counts = (f"{seen}/{row.prompts}" for seen in (row.ids, row.shifts))
        kinds = "\n".join(f"{kind} {count}" for kind, count in sorted(row.kinds.items()))
        right = "found" if row.mutant.fault else "passes"
        name = Text.assemble((row.mutant.name, "bold"), f"\n{row.mutant.about}")
        others = map(Text, (*counts, kinds, row.wrong or right))
        found.add_row(name, *others, style="red" if row.wrong else "")
    console.print(found)


def _summary(rows: Sequence[Row], budget: Budget) -> Iterator[str]:
    for words, fault in (("faults found", True), ("changes that are none let pass", False)):
        some = [row for row in rows if row.mutant.fault is fault]
        yield f"{sum(not row.wrong for row in some)} of {len(some)} {words}"
    silent = [row.mutant.name for row in rows if row.mutant.fault and row.shifts and not row.ids]
    yield f"faults that show in no id: {', '.join(silent) or 'none'}"
    controls = " and ".join(budget.controls)
    yield (
        f"budget {budget.nats:.2e} nats: {budget.factor:g} times the greatest shift of the model "
        f"as it is against itself with {controls}"
    )
