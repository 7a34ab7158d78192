"""What a run says of itself: its header before anything is compared, its footer at the end."""

from __future__ import annotations

import datetime as dt
import platform
import sys
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from parity import expected, lock
from parity.canary import Canaries
from parity.checks import CHECKS
from parity.compare import Verdict
from parity.concluding import Key, PairResult, worst
from parity.corpus import Survey
from parity.errors import Inconclusive, NothingSelected
from parity.expected import Standing
from parity.parts import EVERYTHING, Part
from parity.plan import Plan
from parity.tally import Tally


def header(
    plan: Plan, command: Sequence[str], surveys: Mapping[str, Survey], part: Part = EVERYTHING
) -> dict[str, Any]:
    """Return what a run file says before anything was compared.

    part: which cases of the plan the run is about.
    """
    return {
        "tool": f"tokparity {version('tokparity')}",
        "command": list(command),
        "plan": plan.source or "built-in",
        "not_compared": list(plan.left_out),
        "started": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "unicode": unicodedata.unidata_version,
        "byteorder": sys.byteorder,
        **part.as_data(),
        "lock": lock.of(plan, surveys, part),
        "corpora": {
            name: {"cases": found.count, "sha256": found.digest} for name, found in surveys.items()
        },
    }


def footer(
    results: Sequence[PairResult],
    canaries: Canaries,
    stopped: str = "",
    standing: Standing = Standing(),  # noqa: B008 (it is as immutable as a number)
    nothing: str = "",
) -> dict[str, Any]:
    """Return what a run file says at its end: every count, the verdict and the exit code.

    stopped: why the run did not reach its end, or "".
    standing: how the entries of the ledger stand: one that is stale or expired fails the run.
    nothing: what the run is called if it compared nothing because it had no case.
    """
    unproved = Inconclusive.exit_code if canaries.survived or stopped else 0
    ran = [row for result in results for row in result.rows.values()]
    none = NothingSelected.exit_code if nothing and not any(r.counts.total() for r in ran) else 0
    old = 1 if standing.stale or standing.expired else 0
    code = worst([*(result.code for result in results), unproved, old, none])
    return {
        "whole": not stopped,
        "stopped": stopped,
        "verdict": nothing if code and code == none else _verdict(code, results),
        "exit": code,
        "stale_entries": list(standing.stale),
        "expired_entries": dict(standing.expired),
        "ledger": {
            "in_force": list(standing.in_force),
            "selected": list(standing.cases),
            "cases": dict(standing.cases),
            "sha256": standing.sha256,
            "unnarrowed": standing.unnarrowed,
        },
        "canaries": {"planted": canaries.planted, "survived": list(canaries.survived)},
        "pairs": [
            {
                "name": result.name,
                "problem": result.problem,
                "refused": result.refused,
                "exit": result.code,
                "stopped": result.stopped,
                "untaken": dict(result.untaken),
                "coverage": {name: list(share) for name, share in result.coverage.items()},
                "rows": [_row(key, tally) for key, tally in result.rows.items()],
            }
            for result in results
        ],
    }


def _verdict(code: int, results: Sequence[PairResult]) -> str:
    rows = [row for result in results for row in result.rows.values()]
    between = any(judged == "both" for result in results for _, judged in result.rows)
    if code == 0 and not between:
        return "laws hold"
    if code == 0 and any(row.counts[Verdict.INCOMPARABLE] for row in rows):
        return "exact where comparable"
    if code == 0 and any(row.counts[Verdict.EXPECTED] for row in rows):
        return "as expected"
    return VERDICTS[code]


VERDICTS: Final = {
    0: "exact", 1: "diverged", 3: "inconclusive", 4: "golden or lock problem",
    5: "nothing was compared",
}  # fmt: skip


def _row(key: Key, tally: Tally) -> dict[str, Any]:
    digests = {side: digest.hexdigest() for side, digest in tally.digests.items()}
    return {
        "check": key[0],
        "judged": key[1],
        "compared": tally.compared,
        **{verdict.value: tally.counts[verdict] for verdict in Verdict},
        "failed_alike": tally.failed,
        "unsupported_because": dict(tally.unsupported.most_common(20)),
        "incomparable_because": dict(tally.incomparable.most_common(20)),
        "seconds": {side: round(spent, 6) for side, spent in sorted(tally.seconds.items())},
        "digests": digests if key[0] in CHECKS else {},
        "groups": [[*group, count] for group, count in sorted(tally.groups.items())],
        "refused": [[side, *group, n] for (side, group), n in sorted(tally.refused.items())],
    }


def standing(plan: Plan, results: Sequence[PairResult], *, unnarrowed: bool) -> Standing:
    """Return how the entries of a plan's ledger stand after a run of it.

    unnarrowed: nothing of the plan was left out, so an entry that selected no case is stale.
    """
    cases: Counter[str] = Counter()
    for result in results:
        for row in result.rows.values():
            cases.update(row.known)
    names = [result.name for result in results]
    return expected.standing(plan.ledger, names, cases, unnarrowed=unnarrowed)
