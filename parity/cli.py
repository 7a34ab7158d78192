"""The command line: thin. What a command does is in `app`; nothing heavy is imported for --help."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from parity import (
    cli_completion,
    cli_corpus,
    cli_decode,
    cli_detect,
    cli_environments,
    cli_first,
    cli_golden,
    cli_job,
    cli_ledger,
    cli_matrix,
    cli_models,
    cli_replay,
    cli_report,
    cli_review,
    cli_search,
    cli_shadow,
)
from parity.cli_options import DUMB, console, flags_of, network_options, part_options, plan_options
from parity.errors import ParityError

EXITS = """\b
Exit codes: 0 exact, 1 divergence, 2 usage, 3 inconclusive (nothing was proved),
4 golden or lock problem, 5 no case selected, 70 internal error, 130 interrupted,
141 nobody reads the output, 143 terminated."""
INTERRUPTED, CLOSED, TERMINATED = 130, 141, 143
"""128 and a signal's number, as shells say it: SIGINT, SIGPIPE, SIGTERM."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXITS)
@click.version_option(package_name="tokparity")
def cli() -> None:
    """Prove that two tokenizer stacks agree, exactly.

    \b
    tokparity run                                     the built-in plan, or your pyproject's
    tokparity run --reference hf:DIR --candidate tiktoken:DIR
    """


@cli.command()
@click.argument("model", default="")
@plan_options
@click.option("--select", "select", metavar="EXPR", default="", help="Only cases that fit.")
@click.option(
    "--output", "outputs", metavar="FORMAT=PATH", multiple=True,
    help="Write jsonl (the run file) or a report, in a format of `report`; may come again.",
    shell_complete=cli_completion.formats,
)  # fmt: skip
@click.option(
    "--reproducible", is_flag=True, help="Reports without times, this machine and its paths."
)
@click.option("--self-check", is_flag=True, help="Both sides are meant to be the same thing.")
@part_options
def run(outputs: Sequence[str], reproducible: bool, **flags: Any) -> int:  # noqa: FBT001
    """Compare two sides, or every pair of a plan.

    The plan is [tool.parity] in ./pyproject.toml, or the two specs given, or the built-in one.
    With a MODEL's folder, its chat template is rendered by every engine that is installed.

    \b
    tokparity run
    tokparity run models/qwen
    tokparity run --reference hf:models/qwen --candidate transformers:models/qwen
    tokparity run --checks ids,offsets --select 'tag:cjk.* and not id:cjk/jamo-*'
    tokparity run --corpus 'texts/*.jsonl' --output junit=parity.xml
    tokparity run --shard 2/4 --output jsonl=shard-2.jsonl
    tokparity run --since origin/main
    """
    from parity import app

    command = ["tokparity", *sys.argv[1:]]
    return app.run(flags_of(flags), outputs, console(), command, reproducible=reproducible)


@cli.command()
@click.argument("case")
@plan_options
def show(case: str, **flags: Any) -> int:
    """Show one case, and what each side makes of it.

    CASE is an id, or the start of one that only one case has.

    \b
    tokparity show special/lstrip-nbsp
    tokparity show cjk/dialect --pair byte-bpe-600
    """
    from parity import showing

    return showing.show(case, flags_of(flags), console())


@cli.command()
@click.argument("case", default="")
@plan_options
@click.option("--text", metavar="TEXT", default=None, help="Explain this text, not a case.")
@click.option(
    "--run", "run_file", type=click.Path(path_type=Path, dir_okay=False),
    help="Explain what differs in this run file. Of a D-... the default is the newest one.",
)  # fmt: skip
@click.option(
    "--emit", type=click.Choice(["pytest", "python", "issue"]),
    help="Print a test, a script, or the text of an issue, and nothing else.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def explain(
    *, case: str, text: str | None, run_file: Path | None, emit: str | None, as_json: bool,
    **flags: Any,
) -> int:  # fmt: skip
    """Explain why two sides differ: the first stage, the kind of cause, the smallest input.

    CASE is an id of a text or of ids, or the start of one; or the name of a divergence (D-...) or
    of a finding (F-...) of a run file. The exit code says nothing of the find.

    \b
    tokparity explain special/lstrip-nbsp --pair byte-bpe-600
    tokparity explain --text 'a  b' --reference hf:DIR --candidate tiktoken:DIR
    tokparity explain D-80ab4a40
    tokparity explain D-80ab4a40 --emit pytest
    tokparity explain D-80ab4a40 --run run.jsonl --emit issue
    """
    from parity import explaining, explaining_again

    if explaining_again.is_of_run(case, run_file, emit):
        wanted = explaining_again.Wanted(case, run_file, emit or "", flags_of(flags), text)
        return explaining_again.explain(wanted, console(), as_json=as_json)
    return explaining.explain(case, text, flags_of(flags), console(), as_json=as_json)


@cli.command()
@click.option(
    "--tokenizer",
    metavar="SPEC",
    default="hf:tiny:byte-bpe-4096",
    show_default=True,
    help="What the algorithms decode with.",
)
@click.option("--algorithm", "names", metavar="NAME", multiple=True, help="Only this one.")
@click.option("--random", "count", metavar="N", type=click.IntRange(1), help="N random streams.")
@click.option("--seed", type=int, default=0, show_default=True, help="What is drawn.")
@click.option("--markdown", is_flag=True, help="A table for a document.")
@network_options
def detokenizers(**flags: Any) -> int:
    """Judge every named detokenizer by every law about streams.

    Takes the shipped streams, or random ones, and shows how many break a law, and the smallest.

    \b
    tokparity detokenizers
    tokparity detokenizers --random 10000 --algorithm minisgl
    tokparity detokenizers --tokenizer hf:models/qwen --markdown
    """
    from parity import algorithms

    return algorithms.main(console(), **flags)


cli.add_command(cli_corpus.corpus)
cli.add_command(cli_search.fuzz)
cli.add_command(cli_search.minimise)
cli.add_command(cli_matrix.matrix)
cli.add_command(cli_decode.decode)
cli.add_command(cli_environments.env)
cli.add_command(cli_detect.detect)
cli.add_command(cli_models.models)
cli.add_command(cli_shadow.shadow)
cli.add_command(cli_job.job)
cli.add_command(cli_golden.golden)
cli.add_command(cli_review.review)
cli.add_command(cli_ledger.ledger)
cli.add_command(cli_replay.replay)
cli.add_command(cli_report.report)
cli.add_command(cli_first.demo)
cli.add_command(cli_first.init)
cli.add_command(cli_first.doctor)
cli.add_command(cli_completion.completion)


@cli.group(invoke_without_command=True)
@click.pass_context
def backends(context: click.Context) -> int:
    """List the kinds of backends, the tokenizers that come along, and what is missing.

    \b
    tokparity backends
    tokparity backends check 'command:./tok --flag'
    tokparity run --reference hf:tiny:wordpiece --candidate transformers:tiny:wordpiece
    """
    if context.invoked_subcommand:
        return 0

    from parity import showing

    return showing.backends(console())


@backends.command("check")
@click.argument("spec")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def backends_check(spec: str, as_json: bool) -> int:  # noqa: FBT001
    """Check that a backend keeps the rules that a comparison relies upon.

    Each rule holds, is of what the backend has not, or breaks, with the smallest example. One that
    speaks the protocol is checked message by message too. Whether its ids are right, `run` shows.

    \b
    tokparity backends check 'command:./tok --flag,model=models/qwen'
    tokparity backends check hf:tiny:byte-bpe-600
    tokparity backends check py:mypackage.parity:make --json
    """
    from parity import checking

    return checking.check(spec, console(), as_json=as_json)


class Terminated(KeyboardInterrupt):
    """SIGTERM came: whoever started us wants us gone, and gives a moment to put things away."""

    stopped = "terminated"


def main() -> NoReturn:
    """Run the command line; every error is a paragraph and an exit code."""
    if os.environ.get("_TOKPARITY_COMPLETE"):
        cli.main(prog_name="tokparity")  # a shell completes a word: click answers and exits
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal has no letters for
    with _terminable():
        code = _outcome()
    _let_go()
    sys.exit(code)


def _outcome() -> int:
    """Run the command; return its exit code, or that of whatever came out of it."""
    try:
        code = cli.main(prog_name="tokparity", standalone_mode=False)
        if sys.stdout:
            sys.stdout.flush()
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        code = _stopped(error)
    except ParityError as error:
        _say("error: ", str(error))
        code = error.exit_code
    except OSError as error:
        code = _unwritten(error)
    except BaseException as error:  # noqa: BLE001 (the last resort: nobody sees a traceback on screen)
        # SystemExit too: no library that we call decides how this process ends. Only where the
        # reader of our output went away, click and rich say so by a SystemExit of their own.
        gone = isinstance(error.__context__, BrokenPipeError) or _is_pacified(sys.stdout)
        code = CLOSED if gone and isinstance(error, SystemExit) else _crashed(error)
    return code if isinstance(code, int) else _crashed(TypeError(f"the exit code is {code!r}"))


def _is_pacified(stream: object) -> bool:
    """Say whether click put something in the place of a stream whose reader went away."""
    return "PacifyFlushWrapper" in type(stream).__name__


def _stopped(error: BaseException) -> int:
    cause = error.__cause__ or error  # click makes an Abort of EOFError too
    if not isinstance(cause, KeyboardInterrupt):
        return _crashed(cause)
    word = getattr(cause, "stopped", "interrupted")
    _say(word, "".join(f"; {note}" for note in getattr(cause, "__notes__", [])))
    return TERMINATED if isinstance(cause, Terminated) else INTERRUPTED


def _unwritten(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        return CLOSED
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        _say("error: ", f"the output cannot be written: {error.strerror}; it is not all there")
        return 3
    return _crashed(error)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM an exception, unless somebody (a parent, an embedding program) has decided."""
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if ours:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would stop the putting away
    raise Terminated


def _let_go() -> None:
    """Drop what cannot be written: at its end Python would try again, and change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _crashed(error: BaseException) -> int:
    report_file = Path(".parity") / "crash.txt"
    try:
        report_file.parent.mkdir(exist_ok=True)
        text = "".join(traceback.format_exception(error))
        report_file.write_text(text, encoding="utf-8", errors="backslashreplace")
        where = f"the report is in {report_file}"
    except OSError:
        where = "".join(traceback.format_exception(error))
    _say("internal error: ", f"{type(error).__name__}: {error}; {where}")
    return 70


def _say(title: str, text: str) -> None:
    """Print an error, with nothing in it that a terminal would act upon."""
    from parity.reports.visible import printable

    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") in DUMB
    color = False if plain else None
    with contextlib.suppress(OSError):  # nobody listens: the exit code still tells
        click.secho(title, fg="red", bold=True, nl=False, err=True, color=color)
        click.echo(printable(text), err=True)


if __name__ == "__main__":
    main()
