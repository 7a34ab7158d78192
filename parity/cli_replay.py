"""The command line of replay: thin, as `cli` is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from parity.cli_options import console, flags_of, network_options


@click.command()
@click.argument("ids", nargs=-1)
@click.option(
    "--run",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The run file. Default: the newest of .parity/runs.",
)
@click.option(
    "--all", "everything", is_flag=True, help="What was expected or only informs, too."
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@network_options
def replay(
    *,
    ids: Sequence[str],
    run: Path | None,
    everything: bool,
    as_json: bool,
    network: bool,
    moving: bool,
) -> int:
    """Ask again what a run file says differs: fixed, still there, or changed.

    ID is the name of a divergence (D-...) or of a finding (F-...), or how the id of a case starts.
    Without one, everything that the run failed for is asked. Both sides are loaded as the run file
    says; where they are not what they were, that is told.

    \b
    Exit codes: 0 every one is fixed, 1 one is still there or has changed,
    3 one cannot be asked, 5 there is nothing to replay.

    \b
    tokparity replay
    tokparity replay D-80ab4a40
    tokparity replay cjk/dialect --run run.jsonl --json
    """
    from parity import replaying

    allowed = flags_of({"network": network, "moving": moving})
    wanted = replaying.Wanted(tuple(ids), run, everything, allowed)
    return replaying.replay(wanted, console(), as_json=as_json)
