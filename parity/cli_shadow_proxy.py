"""The command of the shadow's proxy: thin, as `cli` is."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Final

import click

from parity import files
from parity.errors import MissingPackage

NEEDED: Final = ("httpx2", "starlette", "uvicorn")


@click.command()
@click.option("--primary", metavar="URL", required=True, help="The server that answers.")
@click.option("--candidate", metavar="URL", required=True, help="The server under test.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="0 takes a free one."
)
@click.option(
    "--rate", type=click.FloatRange(0, 1), default=0.01, show_default=True,
    help="Share of requests that are compared.",
)  # fmt: skip
@click.option("--report", metavar="PATH", default="", help="The log. Default: none is written.")
@click.option(
    "--max-diffs", type=click.IntRange(0), default=128, show_default=True, metavar="N",
    help="Divergences that are written; all are counted.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(0, 86_400, min_open=True), default=60.0, show_default=True,
    metavar="SECONDS", help="For a whole answer of the candidate.",
)  # fmt: skip
@click.option(
    "--content", type=click.Choice(["none", "full"]), default="none", show_default=True,
    help="full writes prompts and answers into the log.",
)  # fmt: skip
@click.option(
    "--key-file", metavar="FILE", type=click.Path(path_type=Path),
    help="The key of the digests in the log, 64 bytes at most.",
)  # fmt: skip
@click.option(
    "--header", metavar="NAME", default="x-request-id", show_default=True,
    help="The header of a request's id, by which it is sampled.",
)  # fmt: skip
@click.option(
    "--drop-header", "without", metavar="NAME", multiple=True,
    help="A header that the candidate does not get, such as authorization; may come again.",
)  # fmt: skip
@click.option(
    "--at-once", type=click.IntRange(1, 1024), default=8, show_default=True, metavar="N",
    help="Requests that the candidate is asked at a time.",
)  # fmt: skip
@click.option(
    "--deadline", type=click.FloatRange(0, 86_400, min_open=True), default=5.0, show_default=True,
    metavar="SECONDS", help="For what is on its way when a signal comes.",
)  # fmt: skip
@click.option(
    "--compare-sampled", is_flag=True,
    help="Compare requests that draw their tokens, too: they differ where nothing is wrong.",
)  # fmt: skip
@click.option("--self-check", is_flag=True, help="Both URLs are meant to be one server.")
def proxy(key_file: Path | None, **flags: Any) -> int:
    """Stand before a primary, and compare a sample of its answers with a candidate's.

    Clients get the primary's answers as they are, streams included. The candidate is asked when an
    answer has left, and whatever it does is counted. Compared are greedy completions and chats,
    tokenize and detokenize, of OpenAI's kind, vLLM, SGLang, TGI and llama.cpp; all else goes
    through. A request with `x-parity-shadow: 1` is compared whatever the rate is. Ctrl-C or
    SIGTERM ends it: what waits is compared, and the log gets its footer.

    \b
    tokparity shadow proxy --primary http://127.0.0.1:8000 --candidate http://127.0.0.1:8001 \\
        --port 9000 --rate 0.05 --report shadow.jsonl
    tokparity shadow proxy --primary http://old:8000 --candidate http://new:8000 \\
        --host 0.0.0.0 --port 9000 --rate 1 --timeout 300 --drop-header authorization
    """
    for package in NEEDED:
        if importlib.util.find_spec(package) is None:
            raise MissingPackage(
                f"the proxy needs the package {package}: pip install 'tokparity[proxy]'"
            )

    from parity.shadow.proxy import serving
    from parity.shadow.settings import settings

    own = {name: flags.pop(name) for name in SETTINGS}
    if key_file:
        with files.told(key_file, "it is to hold the key of the digests"):
            own["key"] = key_file.read_bytes()
    return serving.run(serving.Wanted(**flags), settings(**own), click.echo)


SETTINGS: Final = ("rate", "report", "max_diffs", "timeout", "content", "deadline")
"""Options that are settings of a shadow."""
