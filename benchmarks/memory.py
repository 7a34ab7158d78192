"""Whether memory grows with a corpus: peak RSS of `tokparity run` on 10,000 and on 1,000,000 cases.

Each run is a process of its own, and streams a file of plain ASCII texts through one check
(ids_batched) of two backends on one tiny vocabulary, tokenizers and tiktoken. The goal: 50 MB more
for a hundred times the cases. What must grow is the survey for ids that come twice, 8 bytes a case.

    python -m benchmarks.memory [CASES [ROUNDS]]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

import benchmarks

FEW: Final = 10_000
GOAL: Final = 50
"""MB of growth."""
TARGET: Final = "tiny:byte-bpe-600"
PROGRAM: Final = """
import resource, sys
from parity.cli import cli
code = cli.main(sys.argv[1:], standalone_mode=False)
peak = resource.getrusage(resource.RUSAGE_SELF)
print("peak", code, peak.ru_maxrss, peak.ru_utime + peak.ru_stime)
"""


def plain(count: int) -> Iterator[str]:
    """Yield short ASCII texts, each another one."""
    words = ["one", "more", "case", "that", "is", "as", "plain", "as", "any", "other", "can", "be"]
    for number in range(count):
        first = number % len(words)
        yield " ".join([str(number), *words[first:], *words[:first]])[: 20 + number % 20]


def peak(corpus: Path, folder: Path) -> tuple[float, float, int]:
    """Return MB, CPU seconds and cases compared of a run in a process of its own."""
    output = folder / "run.jsonl"
    flags = ["--reference", f"hf:{TARGET}", "--candidate", f"tiktoken:{TARGET}"]
    flags += ["--checks", "ids_batched", "--corpus", str(corpus), "--output", f"jsonl={output}"]
    done = subprocess.run(  # noqa: S603 (ourselves)
        [sys.executable, "-c", PROGRAM, "run", *flags],
        check=True, capture_output=True, text=True, cwd=folder,
        env=benchmarks.subprocess_environment(),
    )  # fmt: skip
    _, code, kilobytes, seconds = done.stdout.splitlines()[-1].split()
    if code != "0":
        raise SystemExit(f"the run was not exact: exit code {code}\n{done.stdout}")
    footer = json.loads(output.read_text().splitlines()[-1])
    return int(kilobytes) / 1024, float(seconds), footer["pairs"][0]["rows"][0]["compared"]


def main(arguments: list[str]) -> None:
    """Run both sizes in turn."""
    many, rounds = [*map(int, arguments), *(1_000_000, 1)[len(arguments) :]]
    megabytes: dict[int, list[float]] = {FEW: [], many: []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in megabytes:
            with (folder / f"{count}.jsonl").open("w") as file:
                file.writelines(map(benchmarks.line, benchmarks.cases(count, plain(count))))
        for number in range(rounds):
            for count, found in megabytes.items():
                size, seconds, compared = peak(folder / f"{count}.jsonl", folder)
                if compared != count:
                    raise SystemExit(f"{compared} cases compared, not {count}")
                found.append(size)
                benchmarks.say(
                    f"round {number}: {count:,} cases, {size:.1f} MB, {seconds:.1f} s CPU"
                )
    peaks = {count: round(median(found), 1) for count, found in megabytes.items()}
    benchmarks.finish(
        "memory", ["tokenizers", "tiktoken"],
        peak_mb=peaks, growth_mb=round(peaks[many] - peaks[FEW], 1), goal=GOAL,
        n=many, rounds=rounds,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
