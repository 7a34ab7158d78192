"""The commands that look for divergences and make them small: thin, as `cli` is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from parity.cli_options import console, flags_of, network_options, plan_options


@click.command()
@plan_options
@click.option(
    "--strategy",
    "strategies",
    metavar="NAME",
    multiple=True,
    help="Only this generator; may come again. Default: those of texts and of ids.",
)
@click.option("--time", metavar="5m", default="", help="How long. Default: 60s.")
@click.option("--max-examples", "examples", type=click.IntRange(1), help="How many cases.")
@click.option("--seed", type=int, default=0, show_default=True, help="What is drawn.")
@click.option("--resume", is_flag=True, help="Go on where the last search stopped.")
@click.option(
    "--min-coverage",
    metavar="LIST",
    help="Fail where less is covered, such as vocabulary=50,scripts=10.",
)
def fuzz(**flags: Any) -> int:
    """Search generated inputs for divergences that nobody wrote down.

    One line for each new kind, minimised and with its cause; `.parity/findings` keeps them.

    \b
    tokparity fuzz --pair byte-bpe-600 --time 30s
    tokparity fuzz --reference hf:DIR --candidate py:mine:make --max-examples 1000000
    tokparity fuzz --pair unigram --strategy digits --strategy borders --resume
    """
    from parity import coverage, fuzzing

    time, least = flags.pop("time"), flags.pop("min_coverage")
    own = {name: flags.pop(name) for name in ("strategies", "examples", "seed", "resume")}
    wanted = fuzzing.Wanted(
        **own,
        seconds=fuzzing.seconds(time) if time else None,
        least={} if least is None else coverage.least(least),
    )
    return fuzzing.fuzz(flags_of(flags), wanted, console(), sys.argv[1:])


@click.command()
@click.argument("case")
@click.option(
    "--run",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The run file. Default: the newest of .parity/runs.",
)
@click.option("--check", metavar="NAME", default="", help="Only what this check or law found.")
@click.option(
    "--tries",
    type=click.IntRange(1),
    default=4000,
    show_default=True,
    help="Smaller cases that are tried, at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@network_options
def minimise(case: str, as_json: bool, **options: Any) -> int:  # noqa: FBT001
    """Make a divergence of a run file as small as it gets, and name its cause.

    CASE is the id of its case or of a finding, or the start of one. Both sides are loaded again as
    the run file says; where they have changed since, that is told. The exit code says nothing of
    the find.

    \b
    tokparity minimise cjk/dialect
    tokparity minimise cjk/dialect --check ids --run nightly.jsonl
    tokparity minimise F-0a1b2c3d
    """
    from parity import minimising

    allowed = flags_of({name: options.pop(name) for name in ("network", "moving")})
    wanted = minimising.Wanted(case, **options, allowed=allowed)
    return minimising.minimise(wanted, console(), as_json=as_json)
