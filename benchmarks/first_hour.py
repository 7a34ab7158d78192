"""What the first minute costs: `tokparity demo` in processes of its own, best of several.

The goal is 3 s of wall from the start of the process. Beside it stands what any program pays that
imports the library which it compares, `python -c "import tokenizers"`, and their ratio.

    python -m benchmarks.first_hour [ROUNDS]
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Final

import benchmarks
from benchmarks.startup import start

GOAL: Final = 3.0
"""Seconds from the start of the process."""
COMMANDS: Final = {
    "import tokenizers": ["-c", "import tokenizers"],
    "tokparity demo": ["-m", "parity", "demo"],
}


def main(arguments: list[str]) -> None:
    """Start each command `rounds` times, in turn; the first of each warms the disk cache."""
    rounds = int(arguments[0]) if arguments else 5
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, command in COMMANDS.items():
            began = perf_counter()
            start(command)
            if number:
                seconds[name].append(perf_counter() - began)
        benchmarks.say(f"round {number}")
    best = {name: round(min(spent), 3) for name, spent in seconds.items()}
    ratio = round(best["tokparity demo"] / best["import tokenizers"], 1)
    benchmarks.finish(
        "first_hour", ["tokenizers"], seconds=best, ratio=ratio, goal=GOAL, rounds=rounds
    )


if __name__ == "__main__":
    main(sys.argv[1:])
