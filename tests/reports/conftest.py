"""Small planted runs, for reports to tell of."""

import pytest
from planted_runs import CASE, HOSTILE, KINDS, MARK, footer, row

from parity import runfile
from parity.compare import Verdict, compare
from parity.types import Case, Failure, Observation


@pytest.fixture
def planted(tmp_path):
    """A function that makes the run file of one pair, and reads it."""

    def make(rows, found=(), tokens=None, mark=None, plan="built-in", **more):
        header = {"tool": "tokparity 0", "plan": plan}
        writer = runfile.Writer(tmp_path / "run.jsonl", header)
        sides = {"reference": MARK | (mark or {}), "candidate": MARK}
        writer.line({"type": "pair", "name": "toy", **sides})
        for one in found:
            writer.divergence("toy", one, tokens or {})
        writer.finish(footer(rows, **more))
        return runfile.read(tmp_path / "run.jsonl")

    return make


@pytest.fixture
def diverging(planted):
    """A run in which one list of ids differs at its fourth place."""
    case = Case("cjk/trap-0a1b2c3d", "text", "語\u202e", {"specials": "plain"})
    found = compare(case, "ids", Observation([1, 2, 3, 4, 9]), Observation([1, 2, 3, 5, 9]))
    rows = [row("ids", compared=7, same=6, diverged=1), row("repeatable", "candidate")]
    tokens = {4: "\u0120four", 5: "five\u0301"}
    return planted(rows, [found], tokens, verdict="diverged", exit=1)


@pytest.fixture
def hostile(planted):
    """A run in which every text that came from outside is hostile."""
    case = Case("t/a-00000000", "text", HOSTILE, {"specials": HOSTILE})
    failed = Observation(failure=Failure("E" + HOSTILE, HOSTILE))
    found = [
        compare(case, "ids", Observation([1]), failed),
        compare(case, "text", Observation(HOSTILE), Observation(HOSTILE + "b")),
        compare(case, "text", Observation([1, HOSTILE]), Observation([2, HOSTILE])),
        compare(case, "ids", Observation([1]), Observation([2]))._replace(note=HOSTILE),
    ]
    rows = [
        row("ids", diverged=2, same=0, compared=2),
        row("text", compared=2, diverged=2, same=0, unsupported_because={HOSTILE: 1}),
        row("offsets", compared=0, same=0, unsupported=1, unsupported_because={HOSTILE: 1}),
    ]
    mark = {"spec": HOSTILE, "native": HOSTILE, "facts": {HOSTILE: HOSTILE}}
    return planted(
        rows, found, {1: HOSTILE}, mark, problem=HOSTILE, verdict="inconclusive",
        canaries={"planted": 3, "survived": [HOSTILE]},
    )  # fmt: skip


@pytest.fixture
def kinds(planted, diverging, hostile):
    """A function that returns a run of a kind of `KINDS`."""
    rows = [row("ids", compared=7, same=4, expected=3), row("text", compared=2)]
    known = compare(CASE, "ids", Observation([1]), Observation([2]))._replace(
        verdict=Verdict.EXPECTED, note="known since | `2020` <b>"
    )
    agrees = known._replace(verdict=Verdict.UNEXPECTED, difference=None)
    stale = {"stale_entries": ["golden/expected.toml: entry 2"],
             "expired_entries": {"golden/expected.toml: entry 3": "2020-01-01"}}  # fmt: skip
    made = {
        "exact": lambda: planted([row("ids", compared=44_112)]),
        "as expected": lambda: planted(rows, [known], verdict="as expected"),
        "all expected": lambda: planted(
            [row("ids", compared=3, same=0, expected=3)], [known], verdict="as expected"
        ),
        "unexpected": lambda: planted(
            [row("ids", compared=7, same=6, unexpected=1)], [agrees], verdict="diverged", exit=1
        ),
        "stale": lambda: planted([row("ids")], verdict="diverged", exit=1, **stale),
        "refused": lambda: planted(
            [row("ids", compared=0, same=0)], problem="lib takes no a.json", refused=True,
            verdict="inconclusive", exit=3,
        ),
        "survived": lambda: planted(
            [row("ids")], canaries={"planted": 3, "survived": ["x"]}, verdict="inconclusive", exit=3
        ),
        "stopped": lambda: planted([row("ids")], whole=False, stopped="interrupted"),
        "nothing": lambda: planted([row("ids", compared=0, same=0)]),
        "says more than it counts": lambda: planted([row("ids", compared=2, same=1, diverged=1)]),
        "locked": lambda: planted(
            [row("ids")], problem="the lock names another", verdict="golden or lock problem", exit=4
        ),
        "no case": lambda: planted(
            [], verdict="nothing changed since `main`, x: nothing was compared", exit=5
        ),
        "diverging": lambda: diverging,
        "hostile": lambda: hostile,
        "cut": lambda: diverging._replace(footer={}),
        "only a header": lambda: diverging._replace(footer={}, pairs=[], divergences=[]),
    }  # fmt: skip
    assert made.keys() == KINDS.keys()
    return lambda name: made[name]()
