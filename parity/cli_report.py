"""The command line of reports."""

from __future__ import annotations

from pathlib import Path

import click

from parity import cli_merge


class _Reports(click.Group):
    """A group whose first word may be a run file: then it is rendered."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `render` before what names no command of the group."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["render", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Reports)
def report() -> None:
    """Make a report from a run file, or one run file from several shards.

    The exit code is that of the run: a report of a run that diverged is exit code 1 too.

    \b
    tokparity report .parity/runs/20270101T120000000000.jsonl
    tokparity report run.jsonl --format junit --output parity.xml
    tokparity report merge shard-1.jsonl shard-2.jsonl --output run.jsonl
    """


report.add_command(cli_merge.merge)


@report.command()
@click.argument("run_file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", "format_", default="text", help="text, json or junit.", metavar="FORMAT")
@click.option("--output", type=click.Path(path_type=Path), help="Default: standard output.")
def render(run_file: Path, format_: str, output: Path | None) -> int:
    """Make a report from a run file, and exit with the exit code of that run.

    A run that diverged is exit code 1 here too, whatever the format; one that is not whole is 3.

    \b
    tokparity report .parity/runs/20270101T120000000000.jsonl
    tokparity report run.jsonl --format junit --output parity.xml
    """
    from parity import evidence, files, reports, runfile

    if output and files.real(output) == files.real(run_file):
        raise click.UsageError("--output is the run file itself: nothing would be left of it")
    found = runfile.read(run_file)
    if output:
        reports.write(format_, found, output)
    else:
        document = reports.render(format_, found)
        # XML and JSON have an encoding of their own, whatever the terminal's is.
        click.echo(document if format_ == "text" else document.encode("utf-8"), nl=False)
    code = found.footer.get("exit")
    return code if found.whole and type(code) is int and code in evidence.VERDICTS else 3
