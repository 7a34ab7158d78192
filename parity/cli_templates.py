"""The command that compares template engines: thin, as `cli` is."""

from __future__ import annotations

from pathlib import Path

import click

from parity.cli_options import console


@click.command()
@click.option("--engine", "engines", metavar="NAME", multiple=True, help="Only this engine.")
@click.option(
    "--templates", "folder", metavar="FOLDER", type=click.Path(path_type=Path),
    help="Folders with a chat template each. Default: our styles and mistral-common's.",
)  # fmt: skip
@click.option(
    "--golden", metavar="FOLDER", type=click.Path(path_type=Path),
    help="Compare the findings with those that are kept there.",
)  # fmt: skip
@click.option("--update", is_flag=True, help="Keep the findings in the folder of --golden.")
def matrix(
    engines: tuple[str, ...], folder: Path | None, golden: Path | None, *, update: bool
) -> int:
    """Compare template engines by constructs and by templates, with the smallest examples.

    Prints Markdown. Engines that are not installed are told, with the command that installs them.

    \b
    tokparity matrix
    tokparity matrix --engine minijinja --templates models
    tokparity matrix --golden golden/matrix --update
    """
    from parity import matrix_shown

    if update and golden is None:
        raise click.UsageError("--update says where: --golden FOLDER")
    return matrix_shown.matrix(console(), engines, folder, golden, update=update)
