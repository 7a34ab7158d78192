"""How many generated inputs a second `fuzz` draws and compares, on one core, a strategy at a time.

    python -m benchmarks.fuzzing [TURNS]     default: 12 batches of each strategy

In seconds of CPU time of all threads. Of two tokenizers what they differ on is another matter: it
is classified and minimised, which costs hundreds of questions. So the share that differs is told
beside each speed, and the goal is for strategies on which the pair agrees: 20,000 texts a second
with `ids_batched` alone, for each cheap strategy of short texts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from benchmarks import finish, say, spend
from parity import session
from parity.generators import GENERATORS
from parity.hunt import Hunt, compared
from parity.plan import Pair

GOAL: Final = 20_000
TURNS: Final = 12
TINY: Final = "tiny:byte-bpe-600"
PAIRS: Final = (
    ("hf", "tiktoken", ("ids_batched",)),
    ("hf", "tiktoken", ()),
    ("hf", "reference", ("ids_batched",)),
    ("hf", "reference", ()),
)
"""Kinds of both sides, and what is compared; what `fuzz` compares by itself where none is named."""
STRATEGIES: Final = [
    name for name, one in GENERATORS.items() if one.kind in ("text", "ids") and name != "long_runs"
]
AGREE: Final = ("whitespace", "digits", "contractions", "code", "vocabulary_texts")
"""Cheap strategies on which hf and tiktoken differ by nothing, or by next to nothing."""


def measured(
    loaded: session.Loaded, name: str, checks: Sequence[str], turns: int
) -> dict[str, Any]:
    """Return inputs a second, of the median turn and of all, and the share that differs."""
    search = Hunt(loaded, (name,), checks, 1)
    list(search.turn())  # what is loaded at first use
    before, spent = search.state.cases, []
    for _ in range(turns):
        start = search.state.cases
        found = spend(lambda: list(search.turn()))
        spent.append((search.state.cases - start) / found.cpu)
    cases = search.state.cases - before
    whole = sum(cases / turns / rate for rate in spent)
    return {
        "a_second": round(median(spent)),
        "of_all": round(cases / whole),
        "differ_percent": round(100 * search.state.differing / compared(search.result), 3),
    }


def main(turns: int) -> None:
    """Measure each pair; see the module."""
    found: dict[str, Any] = {}
    for reference, candidate, checks in PAIRS:
        pair = Pair("benchmark", f"{reference}:{TINY}", f"{candidate}:{TINY}")
        rows = found[f"{reference}/{candidate} {','.join(checks) or 'default'}"] = {}
        with session.opened(pair) as loaded:
            for name in STRATEGIES:
                if checks and GENERATORS[name].kind == "ids":
                    continue
                rows[name] = measured(loaded, name, checks, turns)
                say(f"{candidate} {checks or 'default'} {name}: {rows[name]}")
    first = next(iter(found.values()))
    met = {name: first[name]["a_second"] >= GOAL for name in AGREE}
    finish("fuzzing", ["tokenizers", "tiktoken"], goal=GOAL, met=met, found=found)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else TURNS)
