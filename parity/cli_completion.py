"""The command that prints a shell's completion, and what words are completed with.

The script is click's own. What completes a value reads the plan as TOML and imports what names
checks and backends, and no backend's library; it is silent where the plan is broken: a shell shows
whatever is printed in the middle of somebody's line.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
VARIABLE = "_TOKPARITY_COMPLETE"
PROJECT = Path("pyproject.toml")


def quiet(words: Callable[[str], Iterable[str]]) -> Complete:
    """Return a completion of words that begin with what is there; of nothing where they fail."""

    @functools.wraps(words)
    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            found = [word for word in words(incomplete) if word.startswith(incomplete)]
        except Exception:  # noqa: BLE001 (whatever is wrong, the shell's line stays whole)
            return []
        return [CompletionItem(word) for word in found]

    return complete


@quiet
def pairs(_: str) -> Iterator[str]:
    """Yield the names of the plan's pairs."""
    import tomllib

    table = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["parity"]
    yield from (row["name"] for row in table["pairs"])


@quiet
def checks(incomplete: str) -> Iterator[str]:
    """Yield checks, laws and groups, after what is there up to the last comma."""
    from parity.checks import CHECKS, LAWS
    from parity.plan import GROUPS

    before, comma, _ = incomplete.rpartition(",")
    named = set(before.split(","))
    yield from (f"{before}{comma}{name}" for name in (*GROUPS, *CHECKS, *LAWS) if name not in named)


@quiet
def formats(_: str) -> Iterator[str]:
    """Yield the formats of `--output FORMAT=PATH`."""
    from parity.reports import FORMATS

    yield from (f"{name}=" for name in ("jsonl", *sorted(FORMATS)))


@quiet
def specs(_: str) -> Iterator[str]:
    """Yield the kinds of backends."""
    from parity import backends

    yield from sorted(f"{row.kind}:" for row in backends.known() if row.installed)


@quiet
def corpora(incomplete: str) -> Iterator[str]:
    """Yield the shipped corpora, and the corpus files and folders that the word leads to."""
    from parity.artefact import shipped

    yield "all"
    yield from sorted(path.stem for path in shipped().glob("*.jsonl"))
    folder = incomplete.rpartition("/")[0]
    for path in sorted(Path(folder or ".").iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield f"{path.as_posix()}/"
        elif path.name.endswith((".jsonl", ".jsonl.gz")):
            yield path.as_posix()


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the script with which a shell completes the words of tokparity.

    Commands, options, pairs of the plan, checks, corpora, formats and kinds of backends. What it
    prints belongs into a file that the shell reads at its start.

    \b
    tokparity completion bash      ~/.local/share/bash-completion/completions/tokparity
    tokparity completion zsh       _tokparity, in a folder of $fpath
    tokparity completion fish      ~/.config/fish/completions/tokparity.fish
    """
    from parity import cli

    kind: Any = get_completion_class(shell)
    click.echo(kind(cli.cli, {}, "tokparity", VARIABLE).source())
    return 0
