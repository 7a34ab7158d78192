"""The command line of reports."""

from __future__ import annotations

from pathlib import Path

import click

from parity import cli_merge
from parity.cli_options import console


class _Reports(click.Group):
    """A group whose first word may be a run file: then it is rendered."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take an option for one of `render`, which the group has none of."""
        return super().parse_args(ctx, self._named(ctx, args))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name, or `render`."""
        return super().resolve_command(ctx, self._named(ctx, args))

    def _named(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {*self.commands, *ctx.help_option_names}
        return ["render", *args] if args and args[0] not in known else args


@click.group(cls=_Reports)
def report() -> None:
    """Make a report from a run file, or one run file from several shards.

    The exit code is that of the run: a report of a run that diverged is exit code 1 too.

    \b
    tokparity report run.jsonl
    tokparity report run.jsonl --format junit --output parity.xml
    tokparity report merge shard-1.jsonl shard-2.jsonl --output run.jsonl
    """


report.add_command(cli_merge.merge)


@report.command()
@click.argument("run_file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--format", "format_", metavar="FORMAT", default=None,
    help="badge, github, gitlab, html, json, junit, markdown, sarif or text (the default).",
)  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path), help="Default: standard output.")
@click.option("--reproducible", is_flag=True, help="Leave out times, this machine and its paths.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a format, json's if none.")
def render(
    run_file: Path | None,
    format_: str | None,
    output: Path | None,
    reproducible: bool,  # noqa: FBT001
    schema: bool,  # noqa: FBT001
) -> int:
    """Make a report from a run file, and exit with the exit code of that run.

    A run that diverged is exit code 1 here too, whatever the format; one that is not whole is 3.

    \b
    tokparity report run.jsonl
    tokparity report run.jsonl --format junit --output parity.xml
    tokparity report run.jsonl --format json --reproducible
    tokparity report --schema --format badge
    """
    from parity import files, reports, runfile
    from parity.reports import terminal
    from parity.reports.outcome import outcome

    if schema:
        if run_file:
            raise click.UsageError("--schema is of a format, and takes no run file")
        click.echo(reports.schema(format_ or "json"), nl=False)
        return 0
    if not run_file:
        raise click.UsageError("name a run file, such as one in .parity/runs, or ask for --schema")
    if output and files.real(output) == files.real(run_file):
        raise click.UsageError("--output is the run file itself: nothing would be left of it")
    name = format_ or "text"
    found = runfile.read(run_file)
    told = reports.reproducible(found) if reproducible else found
    if output:
        reports.write(name, told, output)
    elif name == "text" and console().is_terminal:
        terminal.show(told, console())  # as wide as the terminal is
    else:
        document = reports.render(name, told)
        # XML and JSON have an encoding of their own, whatever the terminal's is.
        click.echo(document if name == "text" else document.encode("utf-8"), nl=False)
    return outcome(found).exit
