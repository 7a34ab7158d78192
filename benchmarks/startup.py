"""What it costs to start: `tokparity --help` and `import parity`, over the bare interpreter.

Wall seconds of fresh processes, in turn, medians; the goal is 0.25 s above `python -c pass`.
No backend's library and no array library may be imported by either.

    python -m benchmarks.startup [ROUNDS]
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import Final

import benchmarks

GOAL: Final = 0.25
"""Seconds above the bare interpreter."""
HEAVY: Final = ("numpy", "torch", "transformers", "tokenizers", "tiktoken")
COMMANDS: Final = {
    "bare": ["-c", "pass"],
    "import parity": ["-c", "import parity"],
    "tokparity --help": ["-m", "parity", "--help"],
}
SEEN: Final = f"; import sys, json; print(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
IMPORTED: Final = {
    "import parity": "import parity",
    "tokparity --help": "import parity.cli as c; c.cli.main(['--help'], standalone_mode=False)",
}


def start(arguments: list[str]) -> str:
    """Run Python in a process of its own; return what it prints."""
    done = subprocess.run(  # noqa: S603 (ourselves)
        [sys.executable, *arguments],
        check=True, capture_output=True, text=True, env=benchmarks.subprocess_environment(),
    )  # fmt: skip
    return done.stdout


def main(arguments: list[str]) -> None:
    """Start each command `rounds` times."""
    rounds = int(arguments[0]) if arguments else 15
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, command in COMMANDS.items():
            began = perf_counter()
            start(command)
            if number:  # the first one warms the disk cache
                seconds[name].append(perf_counter() - began)
        benchmarks.say(f"round {number}")
    found = {name: round(median(spent), 3) for name, spent in seconds.items()}
    heavy = {
        name: json.loads(start(["-c", code + SEEN]).splitlines()[-1])
        for name, code in IMPORTED.items()
    }
    above = {name: round(found[name] - found["bare"], 3) for name in IMPORTED}
    benchmarks.finish(
        "startup", ["click"], seconds=found, above_bare=above, goal=GOAL, heavy=heavy, rounds=rounds
    )


if __name__ == "__main__":
    main(sys.argv[1:])
