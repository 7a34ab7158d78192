"""One pair, searched by a process of its own, and what that process left."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import subprocess_environment
from parity import fuzzing, runfile
from parity.app import RUNS
from parity.errors import ParityError
from parity.generators import GENERATORS

FACTOR, PATIENCE = 4, 240
"""A process that takes longer than so many times its time, and so many seconds, hangs."""
WHOLE: Final = (0, 1, 3)
"""Exit codes of a search that came to its end: nothing found, diverged, inconclusive."""

LEFT_OUT: Final = ("surrogates",)
"""Half of a surrogate pair is no text: every side refuses it, and each by another exception."""


def strategies() -> list[str]:
    """Return the names of the generators that are searched: of texts and ids, less LEFT_OUT."""
    return [
        name
        for name, one in GENERATORS.items()
        if one.kind in ("text", "ids") and name not in LEFT_OUT
    ]


class Searched(NamedTuple):
    """What one search came to.

    cases: how many texts and lists of ids. rows: how many comparisons of each check there were,
        and how many of them differ. causes: of those that were examined, by check and cause.
    examples: the smallest divergence of each check and cause, as the run file has it.
    problem: why there is no result, or what the command says of it, or "".
    """

    seconds: float
    cases: int = 0
    rows: Mapping[str, tuple[int, int]] = {}
    causes: Mapping[tuple[str, str], int] = {}
    examples: Mapping[tuple[str, str], Mapping[str, Any]] = {}
    problem: str = ""


def search(reference: str, candidate: str, work: Path, time: str, seed: int) -> Searched:
    """Search one pair in the empty folder `work`."""
    work.mkdir(parents=True)
    command = [
        sys.executable, "-m", "parity", "fuzz", "--reference", reference, "--candidate", candidate,
        "--time", time, "--seed", str(seed),
    ]  # fmt: skip
    for name in strategies():
        command += ["--strategy", name]
    seconds = fuzzing.seconds(time)
    code, said = _outcome(command, work, FACTOR * seconds + PATIENCE)
    if code not in WHOLE:
        return Searched(seconds, problem=said)
    try:
        return _left(work, seconds)
    except (ParityError, OSError, ValueError, IndexError) as error:
        return Searched(seconds, problem=said or f"it left no whole run file: {error}")


def _outcome(command: Sequence[str], work: Path, limit: float) -> tuple[int | None, str]:
    """Run the command; return its exit code and, in a line, what it said of a failure."""
    environment = subprocess_environment()
    try:
        done = subprocess.run(  # noqa: S603 (ourselves)
            command, cwd=work, env=environment, capture_output=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer after {limit:.0f} s: ended"
    lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    if done.returncode < 0:
        return done.returncode, f"ended by signal {-done.returncode}"
    error = next((one for one in lines[::-1] if one.startswith("error: ")), "")
    return done.returncode, _of_a_library(error.removeprefix("error: "))


def _of_a_library(error: str) -> str:
    """Return what a library itself said, where an error of ours quotes one."""
    return error.rpartition("; its library says ")[2]


def _left(work: Path, seconds: float) -> Searched:
    run = runfile.read(max((work / RUNS).glob("*.jsonl")))
    (pair,) = run.footer["pairs"]
    states = list((work / fuzzing.STATES).glob("*.json"))
    if not states and pair["problem"]:
        word = "refused: " if pair["refused"] else ""
        return Searched(seconds, problem=f"{word}{_of_a_library(pair['problem'])}")
    state = json.loads(states[0].read_bytes())
    examples: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in run.divergences:
        key = row["check"], row.get("cause", "")
        if key not in examples or size(row) < size(examples[key]):
            examples[key] = row
    return Searched(
        seconds,
        state["cases"],
        {row["check"]: (row["compared"], _differing(row)) for row in pair["rows"]},
        {(check, cause): count for check, cause, count in state["causes"]},
        examples,
        pair["problem"],
    )


def _differing(row: Mapping[str, Any]) -> int:
    return int(row["diverged"]) + int(row["nondeterministic"])


def size(row: Mapping[str, Any]) -> tuple[bool, int]:
    """Order divergences of one cause: those with a smallest case first, the shorter before."""
    minimal = row.get("minimal")
    return minimal is None, len(json.dumps((minimal or row)["case"]["payload"]))
