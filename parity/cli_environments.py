"""The commands about environments: thin, as `cli` is."""

from __future__ import annotations

import click

from parity.cli_options import console


@click.group("env")
def env() -> None:
    """Environments with other versions of a library, for python=env:NAME in a spec.

    \b
    tokparity env create old "tokenizers==0.20.3"
    tokparity run --reference "hf:models/qwen,python=env:old" --candidate hf:models/qwen
    """


@env.command()
@click.argument("name")
@click.argument("requirements", nargs=-1, required=True)
@click.option(
    "--python", metavar="PATH", default="", help="The interpreter it is made of; default: this one."
)
def create(name: str, requirements: tuple[str, ...], python: str) -> int:
    """Make an environment with pip, in .parity/envs of this folder.

    \b
    tokparity env create old "tokenizers==0.20.3"
    tokparity env create v4 "transformers<5" --python python3.12
    """
    from parity import environments

    return environments.create(name, requirements, python, console())


@env.command("list")
def list_() -> int:
    """List the environments of this folder.

    \b
    tokparity env list
    tokparity run --reference "hf:models/qwen,python=env:old" --candidate hf:models/qwen
    """
    from parity import environments

    return environments.listed(console())


@env.command()
@click.argument("name")
def remove(name: str) -> int:
    """Remove an environment of this folder.

    \b
    tokparity env remove old
    tokparity env create old "tokenizers==0.21.0"
    """
    from parity import environments

    return environments.remove(name, console())
