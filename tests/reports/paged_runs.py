"""Runs with causes, tags, ledger and several pairs, for a page to show."""

from planted_runs import HOSTILE, MARK, footer, row

from parity import runfile
from parity.compare import Verdict, compare
from parity.runfile import as_case, as_seen
from parity.types import Case, Failure, Observation, case_digest

ATTACK = f"</script><img src=x onerror=alert(1)>\"'&lt;<!--{HOSTILE}\u2028"
"""What a page would run, load or break at."""


CHECK = "".join(character for character in ATTACK if character.isascii())
"""The same as a name of a check, which are ASCII."""


def differs(  # noqa: PLR0913 -- a row has so many parts
    payload, one, two, *, kind="text", check="ids", tags=(), cause="", small=None, verdict=None
):  # fmt: skip
    """A comparison that differs, and what was examined of it.

    small: the smallest payload, and what both sides make of it.
    """
    name = f"t/case-{case_digest(kind, runfile.jsonl.plain(payload), {})}"
    case = Case(name, kind, payload, {}, tuple(tags))
    found = compare(case, check, one, two)
    about = {"cause": cause or None}
    if small:
        about["minimal"] = {
            "case": as_case(case._replace(payload=small[0])), "batch": [], "tries": 9,
            "reference": as_seen(check, small[1]), "candidate": as_seen(check, small[2]),
            "proven": False,
        }  # fmt: skip
    return found._replace(verdict=verdict or found.verdict), about


def ids(*found):
    """An answer that is ids."""
    return Observation(list(found))


def written(folder, pairs, name="run", *, header=None, tokens=None, cut=False, **more):
    """Write and read a run file. pairs: name -> its rows of the footer and what differs."""
    path = folder / f"{name}.jsonl"
    about = {"tool": "tokparity 0", "plan": "pyproject.toml", **(header or {})}
    writer = runfile.Writer(path, about)
    for pair, (_, found) in pairs.items():
        writer.line({"type": "pair", "name": pair, "reference": MARK, "candidate": MARK})
        for one, examined in found:
            if writer.admits(pair, one):
                writer.admitted(pair, one, tokens or {}, examined)
    made = footer([], **more)
    made["pairs"] = [
        {**made["pairs"][0], "name": pair, "rows": rows, "exit": made["exit"] if found else 0}
        for pair, (rows, found) in pairs.items()
    ]
    writer.finish(made)
    if cut:
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    return runfile.read(path)


def red(folder, **more):
    """Two pairs: one with three causes on two checks, one that is exact; and a known difference."""
    small = ("é", ids(4), ids(5, 6))
    found = [
        differs("a é", ids(1, 4), ids(1, 5, 6), tags=["latin.marks", "cjk"], cause="normal-form",
                small=small),
        differs("b é", ids(2, 4), ids(2, 5, 6), tags=["latin.marks"], cause="normal-form"),
        differs("1 2", ids(1, 2, 3), ids(1, 2), tags=["digits"], cause="missing-ids"),
        differs((1, 2), Observation("one two"), Observation("one  two"), kind="ids", check="text",
                tags=["digits"]),
        differs("known", ids(1), ids(2), tags=["quiet"], cause="case", verdict=Verdict.EXPECTED),
    ]  # fmt: skip
    rows = [
        row("ids", compared=40, same=36, diverged=3, expected=1),
        row("text", compared=10, same=9, diverged=1),
        row("offsets", compared=0, same=0, unsupported=40),
    ]
    pairs = {"one": (rows, found), "two": ([row("ids", compared=40, same=40)], [])}
    tokens = {4: "\u0120four", 5: "e"}
    return written(folder, pairs, tokens=tokens, **{"verdict": "diverged", "exit": 1, **more})


def green(folder, **more):
    """A run in which nothing differs."""
    rows = [row("ids", compared=44_112, same=44_112)]
    return written(folder, {"one": (rows, [])}, **more)


def hostile(folder):
    """A run in which every text that came from outside would run, load, hide or break."""
    long = ATTACK + "x" * 60_000
    failed = Observation(failure=Failure("E" + ATTACK, ATTACK))
    found = [
        differs(ATTACK, ids(1), failed, tags=[ATTACK, "a"], cause=ATTACK),
        differs(long, Observation(long), Observation(long + "b"), check="text", tags=[ATTACK]),
        differs("b", Observation([ATTACK, "b"]), Observation(["b", ATTACK]), check=CHECK),
        differs("c", ids(*range(9000)), ids(*range(1, 9001)), small=(ATTACK, ids(1), ids(2))),
        differs("d", Observation({1: ATTACK}), Observation({1: "b"}), check="vocabulary"),
    ]
    rows = [
        row("ids", compared=2, same=0, diverged=2),
        row("text", compared=1, same=0, diverged=1, unsupported_because={ATTACK: 1}),
        row(CHECK, compared=1, same=0, diverged=1),
        row("vocabulary", compared=1, same=0, diverged=1),
    ]
    return written(
        folder, {ATTACK: (rows, found), "b": (rows, found)}, problem=ATTACK, tokens={1: ATTACK},
        header={"command": [ATTACK], "not_compared": [ATTACK], "plan": ATTACK},
        verdict="inconclusive", exit=3, canaries={"planted": 3, "survived": [ATTACK]},
        stale_entries=[ATTACK], expired_entries={ATTACK: "2026-01-02"},
    )  # fmt: skip


def large(folder, count=5000):
    """A run of many divergences, each an input of its own, half of them of no cause."""
    found = [
        differs(f"text {number}", ids(1, 2, number), ids(1, 3), tags=[f"t{number % 300}"],
                check=f"ids{number % 6}", cause="missing-ids" if number % 2 else "unclassified",
                small=(f"s {number}", ids(1, number), ids(2)))
        for number in range(count)
    ]  # fmt: skip
    rows = [row(f"ids{one}", compared=count, same=0, diverged=count) for one in range(6)]
    return written(folder, {"one": (rows, found)}, verdict="diverged", exit=1)
