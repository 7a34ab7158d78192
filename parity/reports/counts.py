"""What a pair came to, in a line: for a test item, which has no table."""

from __future__ import annotations

from parity.concluding import PairResult
from parity.tally import Tally


def line(result: PairResult) -> str:
    """Return the counts of every row."""
    return "; ".join(
        f"{name}{'' if judged == 'both' else f' ({judged})'}: {_row(row)}"
        for (name, judged), row in result.rows.items()
    )


def unsupported(result: PairResult) -> str:
    """Return the reasons why something is unsupported or incomparable, each once."""
    rows = result.rows.values()
    reasons = {reason for row in rows for reason in (*row.unsupported, *row.incomparable)}
    return "; ".join(sorted(reasons))


def _row(row: Tally) -> str:
    found = [f"{count} {verdict.value}" for verdict, count in row.counts.items() if count]
    return f"{row.compared} compared, {', '.join(found) or 'nothing seen'}"
