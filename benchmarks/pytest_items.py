"""One pytest item a case with a syrupy assertion each, against three items of a plan.

Both verify 10,000 cases in a pytest process of its own, with snapshots that are there already:

    naive   a parametrized test, `assert tokenizer.encode(text).ids == snapshot`
    plan    [tool.parity] with a pair (tokenizers, tiktoken) and a golden of its ids: the same
            golden question, and the comparison of the two sides on top of it

CPU seconds of the processes, net of a pytest start with the same imports; the goal is a plan that
is 25 times cheaper a case. The naive way encodes every text once, the plan three times (golden,
reference, candidate): `without_encoding` is the ratio with those calls taken off, too.

    python -m benchmarks.pytest_items [CASES [ROUNDS]]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import benchmarks
from parity import backends
from parity.types import Case

GOAL: Final = 25
LENGTH: Final = 30
"""Characters of a text: shipped cases are short, most of them below 20."""
TARGET: Final = "tiny:byte-bpe-4096"
NAIVE: Final = f"""
import json, pathlib, pytest, tokenizers
from parity import artefact
PATH, _ = artefact.tokenizer_json({TARGET!r})
LINES = pathlib.Path(__file__).with_name("cases.jsonl").read_text("utf-8").splitlines()
CASES = {{case["id"]: case["text"] for case in map(json.loads, LINES)}}
TOKENIZER = tokenizers.Tokenizer.from_file(str(PATH))

@pytest.mark.parametrize("id", CASES)
def test_ids(id, snapshot):
    assert TOKENIZER.encode(CASES[id], add_special_tokens=False).ids == snapshot
"""
PLAN: Final = f"""
[tool.parity]
corpora = ["cases.jsonl"]
[[tool.parity.pairs]]
name = "tiny"
reference = "hf:{TARGET}"
candidate = "tiktoken:{TARGET}"
checks = ["ids_batched"]
golden = ["ids_batched"]
"""
BARE: Final = {
    "naive": "import json, pathlib, pytest, tokenizers\nfrom parity import artefact\n",
    "plan": "import tokenizers, tiktoken\nfrom parity import app, session, snapshot\n",
}
NOTHING: Final = "def test_nothing():\n    pass\n"


def pytest(folder: Path, wanted: str, *flags: str) -> float:
    """Run pytest in a folder; return its CPU seconds. Raises SystemExit if a test fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 (ourselves)
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *flags],
        check=False, capture_output=True, text=True, cwd=folder,
        env=benchmarks.subprocess_environment(),
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or wanted not in done.stdout:
        raise SystemExit(f"{folder.name}: pytest {flags} ended with:\n{done.stdout[-3000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def prepare(root: Path, cases: list[Case]) -> dict[str, tuple[Path, str]]:
    """Return a folder for each kind of run, snapshots written, and what pytest must say there."""
    files = {
        "naive": ("test_naive.py", NAIVE, f"{len(cases)} passed"),
        "plan": ("pyproject.toml", PLAN, "3 passed"),
        **{f"bare {side}": ("test_bare.py", f"{imports}\n{NOTHING}", "1 passed")
           for side, imports in BARE.items()},
    }  # fmt: skip
    found = {}
    for name, (file, content, wanted) in files.items():
        folder = root / name
        folder.mkdir()
        (folder / "pytest.ini" if file != "pyproject.toml" else folder / file).write_text(
            "[pytest]\n"
        )
        (folder / file).write_text(content)
        if not name.startswith("bare"):
            (folder / "cases.jsonl").write_text("".join(map(benchmarks.line, cases)))
            pytest(folder, wanted, "--snapshot-update")
        found[name] = folder, wanted
    return found


def encoding(cases: list[Case]) -> dict[str, float]:
    """Return the CPU seconds of the calls alone, one text a call."""
    seconds = {}
    for kind in ("hf", "tiktoken"):
        encode = backends.load(f"{kind}:{TARGET}").encode
        call = partial(_each, encode, cases)
        seconds[kind] = round(median(benchmarks.spend(call).cpu for _ in range(3)), 3)
    return seconds


def _each(encode: Callable[[str], object], cases: list[Case]) -> None:
    for case in cases:
        encode(case.payload)


def main(arguments: list[str]) -> None:
    """Verify both, and start both with nothing to do, in turn."""
    count, rounds = [*map(int, arguments), *(10_000, 5)[len(arguments) :]]
    cases = list(benchmarks.cases(count, (text[:LENGTH] for text in benchmarks.texts())))
    spent: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folders = prepare(Path(name), cases)
        for number in range(rounds):
            for run, (folder, wanted) in folders.items():
                spent.setdefault(run, []).append(pytest(folder, wanted))
                benchmarks.say(f"round {number} {run}: {spent[run][-1]:.2f} s CPU")
    net = {
        side: [whole - bare for whole, bare in zip(spent[side], spent[f"bare {side}"], strict=True)]
        for side in BARE
    }
    calls = encoding(cases)
    ours = [cpu - 2 * calls["hf"] - calls["tiktoken"] for cpu in net["plan"]]
    benchmarks.finish(
        "pytest_items", ["pytest", "syrupy", "tokenizers", "tiktoken"],
        ratio=benchmarks.ratio(net["naive"], net["plan"]), goal=GOAL,
        without_encoding=benchmarks.ratio([cpu - calls["hf"] for cpu in net["naive"]], ours),
        microseconds_a_case={side: round(median(of) / count * 1e6, 1) for side, of in net.items()},
        cpu_seconds={run: round(median(of), 2) for run, of in spent.items()},
        encoding_seconds=calls, n=count, rounds=rounds,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
