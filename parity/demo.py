"""`tokparity demo`: a bug is planted in a tiny tokenizer, found, named, made small, and guarded.

Nothing is staged but the bug itself. A shipped tokenizer is copied twice; of one copy the added
token `<mask>` loses its lstrip flag, as it does where a conversion copies contents and ids alone.
Then the copies are compared by the same loop as any pair (`session.run_plan`), every canary is
released, and what is told is read from the run file that this wrote. Where the run does not name
what was planted, the demo says so and its exit code is 3.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity import (
    artefact,
    bounds,
    canary,
    concluding,
    corpus,
    evidence,
    explaining,
    files,
    runfile,
    session,
)
from parity.asking_again import believed
from parity.causes import about
from parity.errors import Inconclusive, UsageError
from parity.explanation import Both, explained
from parity.plan import Pair, Plan
from parity.reports.visible import code_points, printable, visible
from parity.runfile import RunFile

TINY: Final = "byte-bpe-600"
TOKEN: Final = "<mask>"  # noqa: S105 (a token of text)
FLAG: Final = "lstrip"
CAUSE: Final = "added-token-strip"
"""What the run must name: the name in `causes` of what is planted."""
STAGE: Final = "added tokens"
CHECKS: Final = ("ids", "offsets", "text")
CORPORA: Final = ("special", "whitespace", "multilingual", "code", "digits", "edge")
NAME: Final = "demo"
WIDTH: Final = 78
"""Columns of a paragraph, on a terminal that has more."""
PLAN: Final = f"""\
[tool.parity]
corpora = {orjson.dumps(CORPORA).decode()}

[[tool.parity.pairs]]
name = "{NAME}"
reference = "hf:original"
candidate = "hf:copy"
checks = {orjson.dumps(CHECKS).decode()}
"""


class Told(NamedTuple):
    """What the demo found, for its paragraphs.

    row: the divergence of the planted cause whose smallest text is the shortest.
    rows: tokens of both sides on that text, side by side. cases: how many cases differ.
    """

    row: Mapping[str, Any]
    stage: str
    smallest: str
    rows: Sequence[Mapping[str, str]]
    cases: int


def demo(keep: str, console: Console) -> int:
    """Plant, compare, explain, tell; return 0 where what was planted was found and named."""
    with _folder(keep) as folder:
        _planted(folder)
        run = _compared(folder)
        found = _found(run, folder)
        _tell(console, run, found, keep)
        return 0 if found else Inconclusive.exit_code


@contextlib.contextmanager
def _folder(keep: str) -> Iterator[Path]:
    """Yield the folder of the demo: a new one that stays, or one that goes at the end."""
    needs = "the demo needs a folder that it may write; name another with --keep"
    if not keep:
        with contextlib.ExitStack() as stack:
            with files.told(Path(), needs):
                made = tempfile.TemporaryDirectory(prefix="tokparity-demo-")
                folder = Path(stack.enter_context(made))
            yield folder
        return
    folder = Path(keep)
    if folder.is_symlink() or folder.exists():
        raise UsageError(f"--keep {keep!r}: is there already; name a folder that is not")
    with files.told(folder, needs):
        folder.mkdir(parents=True)
    yield folder


def _planted(folder: Path) -> None:
    """Write the original, the copy with its bug, and a plan that compares them."""
    source = artefact.shipped() / "tokenizers" / TINY / "tokenizer.json"
    content = orjson.loads(source.read_bytes())
    with files.told(folder, "the demo writes two small tokenizers there"):
        for name in ("original", "copy"):
            (folder / name).mkdir()
        shutil.copyfile(source, folder / "original" / source.name)
        files.write(folder / "copy" / source.name, [orjson.dumps(plant(content)).decode()])
        files.write(folder / "pyproject.toml", [PLAN])


def plant(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tokenizer.json's content in which one added token has lost one flag."""
    tokens = [
        {**token, FLAG: False} if token["content"] == TOKEN else token
        for token in content["added_tokens"]
    ]
    return {**content, "added_tokens": tokens}


def _compared(folder: Path) -> RunFile:
    """Compare both copies, as any run does, and return the run file, read."""
    sides = f"hf:{folder / 'original'}", f"hf:{folder / 'copy'}"
    pair = Pair(NAME, *sides, checks=CHECKS, named=True, corpora=CORPORA)
    plan = Plan((pair,), folder / "golden", source="tokparity demo")
    surveys = {NAME: corpus.survey(session.corpora(pair))}
    header = evidence.header(plan, ["tokparity", "demo"], surveys)
    path = folder / ".parity" / "demo.jsonl"
    writer, results = runfile.Writer(path, header), list[concluding.PairResult]()
    try:
        canaries = canary.release()
        session.run_plan(plan, writer, results, surveys)
        canaries = canaries.also(canary.release())
        writer.finish(evidence.footer(results, canaries))
    except BaseException:
        writer.abandon()
        raise
    return runfile.read(path)


def _found(run: RunFile, folder: Path) -> Told | None:
    """Return what was found where it is what was planted, and the run is to be believed."""
    named = [row for row in run.divergences if row["cause"] == CAUSE and row["minimal"]]
    others = {row["cause"] for row in run.divergences} - {CAUSE, None}
    if not run.whole or run.footer["exit"] != 1 or not named or others:
        return None
    row = min(named, key=lambda row: (len(row["minimal"]["case"]["payload"]), row["check"]))
    least = believed(row["minimal"]["case"], "the demo's run file")
    pair = Pair(NAME, f"hf:{folder / 'original'}", f"hf:{folder / 'copy'}", checks=CHECKS)
    with session.opened(pair) as loaded:
        both = Both(loaded, least.options.get("specials", pair.specials))
        seen = explained(both, least)
        rows = explaining.as_data(both, seen)["tokens"]
    if seen.stage != STAGE or not isinstance(seen.smallest, str) or TOKEN not in seen.smallest:
        return None
    cases = len({row["case"]["id"].partition("#")[0] for row in run.divergences})
    return Told(row, seen.stage, seen.smallest, rows, cases)


def _tell(console: Console, run: RunFile, found: Told | None, keep: str) -> None:
    say = _teller(console)
    say("Planted", "by this demo, on purpose", "bold")
    say("", f'Two copies of the tiny tokenizer {TINY}. In one the added token "{TOKEN}" has lost '
        f"its {FLAG} flag: what a conversion does that copies contents and ids alone. All that "
        "follows is real.")  # fmt: skip
    counted = run.header["corpora"][NAME]["cases"]
    say("\nCompared", f"original and copy, {counted:,} cases of {len(CORPORA)} corpora", "bold")
    for row in run.footer["pairs"][0]["rows"]:
        say("", f"{row['check']}: {bounds.told(row['diverged'], row['compared'])}")
    say("", _canaries(run))
    if found is None:
        _not_found(say, run)
        return
    say("\nFound", CAUSE, "bold red")
    say("", f"{about(CAUSE)}; {found.cases:,} cases differ, such as {found.row['case']['id']}")
    say("", f"stage: {found.stage}")
    text = found.smallest
    say("\nMade small", f"{visible(text)}  {code_points(text)}", "bold")
    say("", f"from {visible(str(found.row['case']['payload']), 48)} in "
        f"{found.row['minimal']['tries']:,} tries")  # fmt: skip
    _table(console, found.rows)
    _guard(say, found, keep)


def _canaries(run: RunFile) -> str:
    planted = run.footer["canaries"]["planted"]
    caught = planted - len(run.footer["canaries"]["survived"])
    return f"canaries: {caught} of {planted} known faults caught, before it and after it"


def _not_found(say: Callable[..., None], run: RunFile) -> None:
    causes = Counter(str(row["cause"]) for row in run.divergences)
    seen = ", ".join(f"{name} {count}" for name, count in causes.items()) or "nothing"
    say("\nNOT FOUND", "what was planted was not named", "bold red")
    verdict = run.footer["verdict"]
    say("", f"planted: {CAUSE}; the run is {verdict} and names: {seen}. That is a fault of this "
        "installation or of tokparity: report it with what `tokparity doctor` says.")  # fmt: skip


def _table(console: Console, rows: Sequence[Mapping[str, str]]) -> None:
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for name in ("  #", "original", "copy"):
        table.add_column(name, overflow="fold")
    for number, row in enumerate(rows):
        cells = row["reference"], row["candidate"]
        mark = "  " if cells[0] == cells[1] else "! "
        style = "" if cells[0] == cells[1] else "bold red"
        table.add_row(*(Text(printable(cell)) for cell in (f"{mark}{number}", *cells)), style=style)
    console.print()
    console.print(table)


def _guard(say: Callable[..., None], found: Told, keep: str) -> None:
    place = found.row["place"]["corpus"]
    node = f"pyproject.toml::{NAME}::{found.row['check']}[{place}]"
    say("\nGuarded", "by the plan in pyproject.toml, with no test written", "bold")
    if keep:
        say("", f"cd {keep}", wrap=False)
    say("", f"pytest -m parity '{node}'", wrap=False)
    if keep:
        say("", "Red until the flag is put back into copy/tokenizer.json. The run file is "
            ".parity/demo.jsonl there.")  # fmt: skip
        return
    say("", "red on such a copy; `tokparity demo --keep DIR` leaves one to try it on. For a "
        "tokenizer of yours:")  # fmt: skip
    say("", "tokparity init --from hf:DIR", wrap=False)


def _teller(console: Console) -> Callable[..., None]:
    """Return a function that prints a heading and its words, or an indented paragraph."""

    def say(title: str, text: str, style: str = "", *, wrap: bool = True) -> None:
        if title:
            blank, title = title.startswith("\n"), title.strip()
            line = Text.assemble((title, style), f": {printable(text)}")
            console.print(Text.assemble("\n" if blank else "", line), soft_wrap=True)
            return
        if not wrap:
            console.print(Text(f"  {printable(text)}"), soft_wrap=True)
            return
        width = max(20, min(console.width - 2, WIDTH))
        for line in Text(printable(text)).wrap(console, width):
            line.rstrip()
            console.print(Text("  ") + line, soft_wrap=True)

    return say
