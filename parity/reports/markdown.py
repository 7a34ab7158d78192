"""A run as Markdown, for the summary of a job: the verdict, tables, causes, what to do next.

Every text that comes from outside stands in a code span, a code block or, within HTML, in escaped
`<code>`: there it is no table, link, mention or markup. What hides or turns letters is escaped
before. A summary that is too long for GitHub is cut between its parts, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from parity.identities import identity
from parity.reports.divergence import lines
from parity.reports.grouping import Cause, by_cause, name_of
from parity.reports.outcome import bounded, outcome, sentence, widest
from parity.reports.telling import small
from parity.reports.terminal import coverage, left_out, next_commands
from parity.reports.visible import printable
from parity.runfile import RunFile

MOST: Final = 900_000
"""Bytes; GitHub takes no summary of more than 1 MiB."""
FIRST: Final = 3
"""Divergences that are written out for each cause."""
KEPT: Final = 2_000
"""Bytes that the last line and what to do next may take."""
COLUMNS: Final = (
    "compared", "same", "diverged", "expected", "unexpected", "nondeterministic", "unsupported",
    "incomparable",
)  # fmt: skip
ALWAYS: Final = COLUMNS[:4]


def render(run: RunFile) -> str:
    """Return the document."""
    end = "".join(_next(run))
    parts, left = [], MOST - len(end.encode()) - KEPT
    cut = 0
    for part in _parts(run):
        left -= len(part.encode())
        if left < 0:
            cut += 1
            left += len(part.encode())
        else:
            parts.append(part)
    more = f"\n{cut:,} parts of this summary are left out: it would be too long. " if cut else ""
    where = "The run file and the JSON report have them.\n" if cut else ""
    return "".join([*parts, end, more, where]).rstrip("\n") + "\n"


def _parts(run: RunFile) -> Iterator[str]:
    """Yield what the document is made of, what matters most first."""
    found = outcome(run)
    mark = {0: "✅", 1: "❌"}.get(found.exit, "⚠️")
    yield f"### {mark} tokparity: {_word(found.verdict)}\n\n{_code(sentence(run))}\n"
    if found.problems:
        yield "\n"
    for problem in found.problems:
        of = f"{_code(problem.pair)}: " if problem.pair else ""
        yield f"- **{problem.kind}** {of}{_code(problem.text)}\n"
    pairs = run.footer.get("pairs", [])
    yield from _table(["pair"], [([_code(pair["name"])], pair["rows"]) for pair in pairs])
    yield from _known(run)
    yield from (_cause(cause) for cause in by_cause(run.divergences))
    if run.footer and run.footer["limits"]["left_out"]:
        yield f"\n{left_out(run)}\n"
    for pair in pairs:
        yield "".join(_checks(pair))


def _word(verdict: str) -> str:
    return verdict.upper() if re.fullmatch(r"[a-z ]+", verdict) else _code(verdict)


def _table(
    heads: Sequence[str], rows: Sequence[tuple[list[str], list[dict[str, Any]]]]
) -> Iterator[str]:
    """Yield a table with the sums of some rows in each line."""
    if not rows:
        return
    counted = [{name: sum(row[name] for row in of) for name in COLUMNS} for _, of in rows]
    shown = [name for name in COLUMNS if name in ALWAYS or any(row[name] for row in counted)]
    titles = [*heads, *shown, "below"]
    yield f"\n| {' | '.join(titles)} |\n|{' :-- |' * len(heads)}{' --: |' * (len(shown) + 1)}\n"
    for (names, of), counts in zip(rows, counted, strict=True):
        bound = (bounded(of[0]) if len(of) == 1 else widest(of)) or "–"
        yield f"| {' | '.join([*names, *(f'{counts[name]:,}' for name in shown), bound])} |\n"


def _known(run: RunFile) -> Iterator[str]:
    """Yield what the ledger expects: each reason once, with how often it was written."""
    notes: dict[str, int] = {}
    for row in run.divergences:
        if row["verdict"] == "expected":
            notes[row["note"]] = notes.get(row["note"], 0) + 1
    if notes:
        yield "\n**Known differences**, as the ledger says:\n\n"
    for note, count in notes.items():
        yield f"- {count:,} × {_code(note)}\n"


def _cause(cause: Cause) -> str:
    """Return a cause with its smallest input, and some divergences that can be unfolded."""
    checks = ", ".join(f"{_code(name)} {count:,}" for name, count in cause.checks.items())
    head = f"\n#### {_code(cause.name)} in {_code(cause.pair)}\n\n{_code(cause.words)}: {checks}"
    smallest = f"; smallest input {_code(small(cause))}" if small(cause) else ""
    shown = "\n\n".join("\n".join(map(_flat, lines(row))) for row in cause.rows[:FIRST])
    left = len(cause.rows) - FIRST
    more = f"\n\n… and {left:,} more in the run file" if left > 0 else ""
    title = escape(_flat(f"{identity(cause.rows[0])}  {cause.rows[0]['case']['id']}"))
    details = (
        f"<details><summary><code>{title}</code></summary>\n\n{_block(shown + more)}\n</details>"
    )
    return f"{head}{smallest}\n\n{details}\n"


def _checks(pair: Mapping[str, Any]) -> Iterator[str]:
    """Yield a pair's table by check, folded."""
    title = f"<code>{escape(_flat(pair['name']))}</code> by check"
    yield f"\n<details><summary>{title}</summary>\n"
    yield from _table(["check"], [([_code(name_of(row))], [row]) for row in pair["rows"]])
    for line in coverage(pair):
        yield f"\n{_code(line)}\n"
    reasons: dict[str, int] = {}
    for row in pair["rows"]:
        for reason, count in (row["unsupported_because"] | row["incomparable_because"]).items():
            reasons[reason] = reasons.get(reason, 0) + count
    yield "\n" if reasons else ""
    yield from (f"- not compared, {count:,} ×: {_code(why)}\n" for why, count in reasons.items())
    yield "\n</details>\n"


def _next(run: RunFile) -> Iterator[str]:
    causes = by_cause(run.divergences)
    if causes:
        yield "\n**Next**, for the first cause:\n\n```sh\n"
        yield from (f"{command}\n" for command in next_commands(identity(causes[0].rows[0])))
        yield "```\n"


def _flat(text: str) -> str:
    return printable(text).replace("\n", "\\n")


def _code(text: str) -> str:
    r"""Return a code span that holds any text, in a table too.

    >>> _code("a|b `c` @d")
    '`a\\u007cb \\u0060c\\u0060 @d`'
    """
    return f"`{_flat(text).replace('`', chr(92) + 'u0060').replace('|', chr(92) + 'u007c') or ' '}`"


def _block(text: str) -> str:
    """Return a code block that no text can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}\n"
