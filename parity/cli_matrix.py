"""The commands that compare many implementations at once: thin, as `cli` is."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from parity.cli_options import console


@click.group()
def matrix() -> None:
    """Compare many implementations at once, with the smallest examples of what differs.

    \b
    tokparity matrix templates                  template engines, by constructs and templates
    tokparity matrix tokenizers --install       tokenizer libraries, by vocabularies and checks
    """


@matrix.command()
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
def templates(
    engines: tuple[str, ...], folder: Path | None, golden: Path | None, *, update: bool
) -> int:
    """Compare template engines by constructs and by templates, with the smallest examples.

    Prints Markdown. Engines that are not installed are told, with the command that installs them.

    \b
    tokparity matrix templates
    tokparity matrix templates --engine minijinja --templates models
    tokparity matrix templates --golden golden/matrix --update
    """
    from parity import matrix_shown

    if update and golden is None:
        raise click.UsageError("--update says where: --golden FOLDER")
    return matrix_shown.matrix(console(), engines, folder, golden, update=update)


@matrix.command()
@click.option(
    "--install", is_flag=True,
    help="Make an environment for each implementation that has none, with pip, npm or Zig.",
)  # fmt: skip
@click.option(
    "--implementation",
    "names",
    metavar="NAME",
    multiple=True,
    help="Only this one; may come again.",
)
@click.option(
    "--vocabulary", "targets", metavar="NAME|FOLDER", multiple=True,
    help="tiny, merges, asset, one of these, a folder with a tokenizer.json, or a folder of such "
    "folders; may come again. Default: tiny, merges and asset.",
)  # fmt: skip
@click.option("--checks", metavar="LIST", default="", help="Only these, by comma.")
@click.option(
    "--draw", "drawn", type=click.IntRange(0), default=64, show_default=True,
    help="Cases that each generator draws.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="What is drawn.")
@click.option(
    "--onto", metavar="JSON", type=click.Path(path_type=Path, dir_okay=False),
    help="A matrix that was made before: what is not made anew is kept from it.",
)  # fmt: skip
@click.option("--json", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one page.")
@click.option(
    "--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write it for a document."
)
def tokenizers(**flags: Any) -> int:
    """Compare tokenizer libraries by vocabularies and checks, each in an environment of its own.

    What is in .parity/envs is used, then what is installed here in the versions of our table; what
    is neither is told, with the command that installs it. The exit code says nothing of the find.

    \b
    tokparity matrix tokenizers --install
    tokparity matrix tokenizers --html matrix.html --json matrix.json
    tokparity matrix tokenizers --implementation fastokens --vocabulary models/qwen
    tokparity matrix tokenizers --implementation tokie --onto matrix.json --json matrix.json
    """
    from parity.survey import shown

    command = shlex.join(["tokparity", *sys.argv[1:]])
    return shown.matrix(shown.Wanted(**flags), console(), command)
