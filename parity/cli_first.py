"""The command line of the first hour: see it work, begin, and ask what is missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from parity import cli_completion
from parity.cli_options import console


@click.command()
@click.option(
    "--keep",
    metavar="DIR",
    default="",
    help="Leave the tokenizers, a plan and the run file there.",
)
def demo(keep: str) -> int:
    """Plant a bug in a tiny tokenizer, find it, name it, shrink it, and print what guards it.

    Offline, in seconds, and on nothing of yours. Only the bug is staged: the comparison is the one
    that `run` makes. The exit code is 3 where what was planted is not found and named.

    \b
    tokparity demo
    tokparity demo --keep tryout
    """
    from parity import demo

    return demo.demo(keep, console())


@click.command()
@click.option(
    "--from",
    "spec",
    metavar="SPEC",
    default="",
    help="The tokenizer, as hf:DIR.",
    shell_complete=cli_completion.specs,
)
@click.option(
    "--candidate",
    metavar="SPEC",
    default="",
    help="What it is compared with.",
    shell_complete=cli_completion.specs,
)
@click.option("--name", metavar="NAME", default="", help="The pair's name. Default: the folder's.")
@click.option(
    "--ci", type=click.Choice(["github", "gitlab", "none"]), default="none", show_default=True,
    help="Write the job that blocks a merge, too.",
)  # fmt: skip
@click.option("--pre-commit", is_flag=True, help="Write a hook for pre-commit, too.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def init(**wishes: Any) -> int:
    """Write a plan, a corpus and goldens for a tokenizer; then `pytest -m parity` holds it to them.

    Shows every file first: a new one whole, another as a diff; and asks. All is written or nothing,
    and no file is replaced. Without --from the tokenizers below this folder are proposed. Without
    --candidate it is compared with the pure-Python reference, or with transformers.

    \b
    tokparity init --from hf:models/qwen
    tokparity init --from hf:models/qwen --ci github --yes
    tokparity init --from hf:models/qwen --candidate tiktoken:models/qwen --dry-run
    """
    from parity import starting

    asked = starting.Wishes(**wishes)
    if _is_asked():
        asked = asked._replace(ask=click.confirm, choose=_chosen)
    return starting.init(asked, console())


def _is_asked() -> bool:
    """Say whether somebody sits before a terminal, who can be asked."""
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty())


def _chosen(question: str, answers: Sequence[str]) -> str:
    for number, answer in enumerate(answers, 1):
        click.echo(f"{number:>3}  {ascii(answer)[1:-1]}")
    return answers[int(click.prompt(question, type=click.IntRange(1, len(answers)))) - 1]


@click.command()
@click.argument("specs", nargs=-1, metavar="[SPEC]...", shell_complete=cli_completion.specs)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--devices", is_flag=True, help="Look for devices, too: it imports PyTorch.")
def doctor(specs: tuple[str, ...], *, as_json: bool, devices: bool) -> int:
    """Say what is here, what is wrong with it, and how to mend it.

    Versions, names that clash, what each side of the plan really is (or of each SPEC), its Unicode
    tables, goldens, ledger, run files, backends and what they lack. Nothing is compared or changed.
    The exit code is 1 where a line says FAIL.

    \b
    tokparity doctor
    tokparity doctor hf:models/qwen tiktoken:models/qwen
    tokparity doctor --json
    """
    from parity import doctor

    return doctor.doctor(specs, console(), as_json=as_json, devices=devices)
