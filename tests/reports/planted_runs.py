"""What small planted runs are made of."""

from parity.compare import Verdict
from parity.types import Case

MARK = {
    "spec": "mock:x", "native": "x.X", "file": "x.so", "file_sha256": "ab" * 32,
    "artefacts": {"tokenizer.json": "cd" * 32}, "packages": {"x": "1.0"}, "facts": {"fact": "f"},
}  # fmt: skip
HOSTILE = "a\u202e\u200b\x1b[31m\x07\r\x00[red]x[/red][/]\\:cat:\ud83d\ufffe\x9b"
"""What a terminal, its markup or XML would act upon, hide or choke on."""

CASE = Case("t/a-00000000", "text", "a")
KINDS = {
    "exact": 0, "as expected": 0, "all expected": 0, "unexpected": 1, "stale": 1, "diverging": 1,
    "refused": 3, "survived": 3, "stopped": 3, "nothing": 3, "says more than it counts": 3,
    "hostile": 3, "cut": 3, "only a header": 3, "locked": 4,
    "no case": 5,
}  # fmt: skip
"""Kinds of runs that the fixture `kinds` makes, with the exit code of each."""


def row(check, judged="both", compared=1, **more):
    """A row of a footer's table."""
    counts = {verdict.value: 0 for verdict in Verdict} | {"same": compared}
    return {
        "check": check, "judged": judged, "compared": compared, **counts, "failed_alike": 0,
        "unsupported_because": {}, "incomparable_because": {}, "seconds": {"reference": 0.25},
        "digests": {}, **more,
    }  # fmt: skip


def footer(rows, problem="", *, refused=False, **more):
    """A footer of one pair."""
    pair = {
        "name": "toy", "problem": problem, "refused": refused, "exit": more.get("exit", 0),
        "untaken": {}, "rows": rows,
    }  # fmt: skip
    return {
        "whole": True, "stopped": "", "verdict": "exact", "exit": 0,
        "canaries": {"planted": 3, "survived": []},
        "pairs": [pair],
        "stale_entries": [], **more,
    }  # fmt: skip
