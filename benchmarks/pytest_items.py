"""One pytest item a case with a syrupy assertion each, against one golden item of a plan.

Both ask the same question of the same tokenizer (tiktoken on a tiny vocabulary), 10,000 times, each
in a pytest process of its own, with snapshots that are there already:

    naive   a parametrized test, `assert encoding.encode(text) == snapshot`
    plan    [tool.parity] with a golden of the ids; beside it only a law that takes no corpus, and
            the canaries, because a plan has them

CPU seconds of the processes, net of a pytest start with the same imports; the goal is a plan that
is 25 times cheaper a case. Both ways encode every text once.

    python -m benchmarks.pytest_items [CASES [ROUNDS]]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

import benchmarks
from parity.types import Case

GOAL: Final = 25
LENGTH: Final = 30
"""Characters of a text: shipped cases are short, most of them below 20."""
TARGET: Final = "tiny:byte-bpe-4096"
NAIVE: Final = f"""
import json, pathlib, pytest
from parity import backends
LINES = pathlib.Path(__file__).with_name("cases.jsonl").read_text("utf-8").splitlines()
CASES = {{case["id"]: case["text"] for case in map(json.loads, LINES)}}
ENCODING = backends.load("tiktoken:{TARGET}").encoding

@pytest.mark.parametrize("id", CASES)
def test_ids(id, snapshot):
    assert ENCODING.encode(CASES[id], disallowed_special=()) == snapshot
"""
PLAN: Final = f"""
[tool.parity]
corpora = ["cases.jsonl"]
[[tool.parity.pairs]]
name = "tiny"
reference = "tiktoken:{TARGET}"
candidate = "hf:{TARGET}"
checks = ["declared_ids"]
golden = ["ids_batched"]
"""
BARE: Final = {
    "naive": "import json, pathlib, pytest, tiktoken\nfrom parity import backends\n",
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
    benchmarks.finish(
        "pytest_items", ["pytest", "syrupy", "tokenizers", "tiktoken"],
        ratio=benchmarks.ratio(net["naive"], net["plan"]), goal=GOAL,
        microseconds_a_case={side: round(median(of) / count * 1e6, 1) for side, of in net.items()},
        cpu_seconds={run: round(median(of), 2) for run, of in spent.items()},
        n=count, rounds=rounds,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
