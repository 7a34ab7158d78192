"""The command that says what a file is: thin, as `cli` is."""

from __future__ import annotations

import click

from parity.cli_options import console


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, a list.")
def detect(paths: tuple[str, ...], *, as_json: bool) -> int:
    """Say what a file or folder is, from its content, and which spec loads it.

    Nothing is loaded, and little of a large file is read. The exit code is 2 where a PATH is
    nothing that a backend loads: a Git LFS pointer, a cut-off download, a web page, a BOM.

    \b
    tokparity detect models/qwen
    tokparity detect tokenizer.model model.gguf
    tokparity detect --json models/*
    """
    from parity import detecting

    return detecting.show(paths, console(), as_json=as_json)
