"""The commands of full decoding: thin, as `cli` is."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from parity.cli_options import console


@click.group(invoke_without_command=True)
@click.option("--model", metavar="NAME|PATH", default="", help="tiny, smollm2, a folder or .gguf.")
@click.option("--entry", metavar="NAME", default="", help="An entry of [[tool.parity.decode]].")
@click.option("--reference", metavar="SPEC", default="", help="The engine to agree with.")
@click.option(
    "--candidate", "candidates", metavar="SPEC", multiple=True,
    help="The engine under test; may come again.",
)  # fmt: skip
@click.option(
    "--modes", metavar="tiny|all", multiple=True,
    help="The reference in other modes, which must not matter, as candidates.",
)  # fmt: skip
@click.option("--prompts", metavar="LIST", default="", help="Sets of prompts, by comma, or a path.")
@click.option(
    "--profile", metavar="NAME", default="exact", show_default=True,
    help="What decides: exact, exact64, bounded or determinism.",
)  # fmt: skip
@click.option(
    "--max-tokens", type=click.IntRange(1), metavar="N",
    help="New tokens of each prompt, whatever the prompts say.",
)  # fmt: skip
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True,
    help="Where engines compute that have a choice.",
)  # fmt: skip
@click.option(
    "--require", type=click.Choice(["cpu", "cuda"]), default=None,
    help="Where nothing runs there, or what wants it is skipped, the run is inconclusive.",
)  # fmt: skip
@click.option("--deterministic", is_flag=True, help="Set the switches that engines have for it.")
@click.option(
    "--golden", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False),
    help="Hold the reference to what is kept there; its budget is taken from there, too.",
)  # fmt: skip
@click.option("--update", is_flag=True, help="Keep the reference and its budget in --golden.")
@click.option("--detokenizer", metavar="NAME", default="", help="What chunks are made by.")
@click.option("--tokenizer", metavar="SPEC", default="", help="A backend: what it decodes with.")
@click.option(
    "--out", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False),
    help="Where outcomes are kept. Default: a folder of this question in .parity/decode.",
)  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on from the outcomes that are kept.")
@click.option("--json", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one page.")
@click.option(
    "--top", type=click.IntRange(2, 1000), default=20, show_default=True,
    help="Log-probabilities that are kept of each step.",
)  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True,
    help="Engines that run at once.",
)  # fmt: skip
@click.pass_context
def decode(
    context: click.Context, /, entry: str, json: Path | None, html: Path | None, **flags: Any
) -> int:
    """Complete prompts by several engines, greedily, and say why they part where they do.

    An engine is KIND[:MODEL][,KEY=VALUE]; each runs in a process of its own. The reference runs
    twice: one that does not agree with itself is no reference. Where ids differ, the class says
    whether it is noise (TIE, NEAR_TIE) or a fault (INPUT, DETOK, STOP, LOCAL, SYSTEMIC).

    \b
    tokparity decode --model tiny --reference transformers --candidate llama-server \\
        --prompts short,digits
    tokparity decode --model tiny --reference transformers --modes tiny --prompts short
    tokparity decode --entry tiny --update
    tokparity decode --model smollm2 --reference transformers,batch=8 --candidate llama-server \\
        --prompts core --html decode.html --json decode.json
    tokparity decode --model models/mine --reference transformers,dtype=bfloat16 \\
        --candidate transformers,dtype=bfloat16,batch=8 --prompts short --profile bounded
    tokparity decode --model models/mine --reference transformers --device cuda --require cuda \\
        --deterministic --candidate transformers,batch=8 --prompts short --golden golden --update
    """
    if context.invoked_subcommand:
        return 0

    from parity.decoded import entries, shown

    command = shlex.join(["tokparity", *sys.argv[1:]])
    said = {name: found for name, found in flags.items() if _is_said(context, name)}
    wanted = entries.wanted(entry, said)
    return shown.decode(wanted, shown.Reports(json, html), console(), command)


def _is_said(context: click.Context, name: str) -> bool:
    """Say whether somebody gave an option, and it is not its default."""
    return context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT


@decode.command()
@click.argument("names", metavar="[MUTANT]...", nargs=-1)
@click.option("--json", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON.")
def mutants(names: tuple[str, ...], json: Path | None) -> int:
    """Show that the judge finds planted faults, and lets pass what is no fault.

    Each is planted in the tiny model and judged against the model as it is, in one process. The
    exit code is 1 where a fault is missed or called a near-tie, or a change that is none a fault.

    \b
    tokparity decode mutants
    tokparity decode mutants position_off_by_one heads_permuted --json mutants.json
    """
    from parity.decoded import planted

    return planted.table(console(), names, json)


@decode.command()
@click.option("--model", metavar="NAME|PATH", default="", help="tiny, smollm2, a folder or .gguf.")
@click.option(
    "--tokenizer", "tokenizers", metavar="SPEC", multiple=True,
    help="A backend, which makes the prompts' ids; without a target, that of the model.",
)  # fmt: skip
@click.option("--engine", "engines", metavar="SPEC", multiple=True, help="What completes them.")
@click.option(
    "--detokenizer", "detokenizers", metavar="ALGORITHM@SPEC", multiple=True,
    help="What makes text and chunks of the new ids: an algorithm over a backend.",
)  # fmt: skip
@click.option("--prompts", metavar="LIST", default="", help="Sets of prompts, by comma, or a path.")
@click.option(
    "--max-tokens", type=click.IntRange(1), metavar="N",
    help="New tokens of each prompt, whatever the prompts say.",
)  # fmt: skip
@click.option("--json", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON.")
def matrix(json: Path | None, **flags: Any) -> int:
    """Compare every tokenizer, engine and detokenizer with each other, from text to text.

    Each option may come again, and the first of each kind is the reference. Prints Markdown. A
    tokenizer's fault is INPUT in its rows alone, a detokenizer's DETOK in its own.

    \b
    tokparity decode matrix --model tiny --tokenizer hf --tokenizer llama_cpp \\
        --engine transformers --engine llama-server --detokenizer redecode@hf \\
        --detokenizer decode_stream@llama_cpp --prompts digits,multibyte --max-tokens 16
    tokparity decode matrix --model smollm2 --tokenizer hf \\
        --tokenizer hf,form=tokenizer-gguf-loader --engine transformers \\
        --detokenizer redecode@hf --prompts digits --max-tokens 24
    """
    from parity.decoded import matrix as table

    return table.run(table.Wanted(**flags), click.echo, json)
