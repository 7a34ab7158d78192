"""The commands of shadow mode: thin, as `cli` is."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from parity import cli_shadow_proxy
from parity.cli_options import console

LOG = click.Path(path_type=Path, dir_okay=False)


class Share(click.FloatRange):
    """A number from 0 to 1; click's own range lets NaN pass, which nothing is above."""

    def __init__(self) -> None:
        super().__init__(0, 1)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the share, or end with exit code 2."""
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is not a share from 0 to 1.", param, ctx)
        return found


@click.group()
def shadow() -> None:
    """Read what a shadow found in production: the log of `parity.shadow`.

    \b
    tokparity shadow report shadow.jsonl
    tokparity shadow gate shadow.jsonl --min-compared 10000 --max-diverged 0
    """


@shadow.command()
@click.argument("logs", metavar="LOG...", nargs=-1, required=True, type=LOG)
@click.option(
    "--by", "tables", type=click.Choice(["class", "surface", "time", "request"]), multiple=True,
    help="Only this table; may come again. Default: class, surface, time.",
)  # fmt: skip
@click.option(
    "--top", type=click.IntRange(1), default=10, show_default=True, metavar="N",
    help="Rows of the top_ lists, and of requests.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def report(logs: Sequence[Path], tables: Sequence[str], top: int, as_json: bool) -> int:  # noqa: FBT001
    """Sum up logs: what differs by class, surface and time, what was lost, and what it proves.

    Counts are those of the calls, not of the lines. The exit code says nothing of the find; it is
    3 where a log is missing or cannot be believed.

    \b
    tokparity shadow report shadow.jsonl
    tokparity shadow report one.jsonl two.jsonl --by request --top 20
    tokparity shadow report shadow.jsonl --json
    """
    from parity.shadowed import report

    return report.report(logs, report.Wanted(tables, top), console(), as_json=as_json)


@shadow.command()
@click.argument("logs", metavar="LOG...", nargs=-1, required=True, type=LOG)
@click.option(
    "--min-compared", type=click.IntRange(1), default=10_000, show_default=True, metavar="N",
    help="Fewer compared calls prove nothing.",
)  # fmt: skip
@click.option(
    "--max-diverged", type=click.IntRange(0), default=0, show_default=True, metavar="N",
    help="More of them fail.",
)  # fmt: skip
@click.option(
    "--max-lost", type=Share(), default=0.01, show_default=True, metavar="SHARE",
    help="Of the sampled calls: dropped, timeouts, errors and pending.",
)  # fmt: skip
@click.option(
    "--surface", "surfaces", metavar="NAME=N", multiple=True,
    help="Compared calls that this surface needs; may come again.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def gate(logs: Sequence[Path], surfaces: Sequence[str], as_json: bool, **flags: Any) -> int:  # noqa: FBT001
    """Decide by logs whether the candidate may be trusted; whatever is not proved fails.

    Exit code 0: enough was compared, and no more diverged than is allowed. 1: the evidence is
    whole, and more diverged. 3: the evidence has a hole, and each is named; 3 stands before 1.

    \b
    tokparity shadow gate shadow.jsonl --min-compared 10000 --max-diverged 0
    tokparity shadow gate shadow.jsonl --surface encode=5000 --surface decode=5000
    tokparity shadow gate one.jsonl two.jsonl --max-lost 0.001 --json
    """
    from parity.shadowed import gate

    limits = gate.Limits(surfaces=gate.surfaces(surfaces), **flags)
    return gate.gate(logs, limits, console(), as_json=as_json)


@shadow.command()
@click.argument("logs", metavar="LOG...", nargs=-1, required=True, type=LOG)
@click.option(
    "--store", metavar="FILE", type=LOG,
    help="Your own inputs, as JSON lines; .gz too. A log with content needs none.",
)  # fmt: skip
@click.option("--reference", metavar="SPEC", default="", help="Default: the one of the log.")
@click.option("--candidate", metavar="SPEC", default="", help="Default: the one of the log.")
@click.option("--key-file", metavar="FILE", type=LOG, help="The key of a log's digests.")
@click.option("--output", metavar="FILE", type=LOG, help="Write what became of each, JSON lines.")
def replay(logs: Sequence[Path], **flags: Any) -> int:
    """Run again what diverged, from your own store by digest: fixed, still, changed or absent.

    A line of the store is {"surface": "encode", "args": [...], "named": {...}}, or short, {"text":
    "..."}, {"ids": [...]} or {"messages": [...]}. Exit code 0: all is fixed. 1: something is still
    as it was, or changed. 3: something was not replayed.

    \b
    tokparity shadow replay shadow.jsonl --store requests.jsonl
    tokparity shadow replay shadow.jsonl --store requests.jsonl.gz --key-file shadow.key \\
        --candidate tiktoken:models/qwen --output replayed.jsonl
    """
    from parity.shadowed import replaying

    return replaying.replay(replaying.Wanted(logs, **flags), console())


@shadow.command()
@click.argument("log", type=LOG)
@click.option("--follow", "-f", is_flag=True, help="Go on as lines come in, over rotations.")
@click.option(
    "--lines", "-n", "count", type=click.IntRange(0), default=10, show_default=True, metavar="N",
    help="Lines to begin with.",
)  # fmt: skip
def tail(log: Path, count: int, follow: bool) -> int:  # noqa: FBT001
    """Show the last lines of a log for a person, one line each.

    \b
    tokparity shadow tail shadow.jsonl
    tokparity shadow tail shadow.jsonl --follow -n 3
    """
    from parity.shadowed import tail

    return tail.tail(log, count, sys.stdout, follow=follow)


shadow.add_command(cli_shadow_proxy.proxy)
