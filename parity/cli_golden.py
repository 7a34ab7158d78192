"""The command line of goldens."""

from __future__ import annotations

from typing import Any

import click

from parity.cli_options import console, flags_of, plan_options


@click.group()
def golden() -> None:
    """Check or record what a plan's references do, against files in git.

    \b
    tokparity golden check
    tokparity golden update --pair qwen
    """


@golden.command("check")
@plan_options
def golden_check(**flags: Any) -> int:
    """Compare every golden with what its reference does now.

    \b
    tokparity golden check
    tokparity golden check --pair byte-bpe-600
    """
    from parity import app

    return app.goldens(flags_of(flags), console(), update=False)


@golden.command("update")
@plan_options
def golden_update(**flags: Any) -> int:
    """Record goldens; refused where CI is set. Only files that change are written.

    \b
    tokparity golden update
    tokparity golden update --pair byte-bpe-600
    """
    from parity import app

    return app.goldens(flags_of(flags), console(), update=True)
