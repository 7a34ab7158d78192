"""A run as one HTML page, made from the run file alone: nothing is loaded, nothing is sent."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from parity.identities import failing
from parity.reports.page import cause, heading, heat, marking, pairs, plots
from parity.reports.page.groups import Group, groups
from parity.reports.page.marking import count, text
from parity.runfile import RunFile

FILES: Final = Path(__file__).parent / "page"
FACETS: Final = ("pair", "check", "cause")
MADE: Final = (
    "tool", "command", "plan", "started", "python", "platform", "unicode", "byteorder", "corpora",
    "shard", "since", "lock",
)  # fmt: skip
"""What the header says of how a run was made."""


def render(run: RunFile) -> str:
    """Return the page, ready to be written as UTF-8."""
    frame, style, script = (
        FILES.joinpath(f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
    )
    found = groups(run)
    word, code = heading.verdict(run)
    return Template(frame).substitute(
        policy=_policy(style, script),
        style=style,
        script=script,
        title=escape(f"Parity: {marking.inner(word)}, exit code {code}"),
        banner=heading.banner(run),
        pairs=pairs.section(run),
        legend=heat.legend(),
        by_check=heat.by_check(run, found),
        by_tag=heat.by_tag(found),
        written=_written(run),
        filter=_filter(found) if found else "",
        status=_status(found),
        causes="".join(_causes(run, found)),
        plots=plots.section(failing(run)),
        made="".join(_made(run)),
    )


def _policy(style: str, script: str) -> str:
    """Return what a browser may do with the page: apply this style, run this script, no more."""
    one, other = (
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        for part in (style, script)
    )
    return (
        f"default-src 'none'; style-src 'sha256-{one}'; script-src 'sha256-{other}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _written(run: RunFile) -> str:
    left = run.footer.get("limits", {"left_out": 0})["left_out"]
    return f"; {left:,} that differ are counted and not in the run file" if left else ""


def _status(found: Sequence[Group]) -> str:
    loud, quiet = ([group for group in found if group.quiet is which] for which in (False, True))
    if not loud:
        told = "The run file has no divergence that fails the run"
    else:
        told = f"{count(len(loud), 'cause')}, {count(_size(loud), 'case')} in the run file"
    return f"{told}; {count(_size(quiet), 'case')} expected or reported." if quiet else f"{told}."


def _size(found: Sequence[Group]) -> int:
    return sum(len(group.rows) for group in found)


def _filter(found: Sequence[Group]) -> str:
    """Return the form; it is shown where its script runs."""
    counts = {name: Counter[str]() for name in (*FACETS, "tag")}
    for group in found:
        for name, word in zip(FACETS, (group.first["pair"], group.check, group.cause), strict=True):
            counts[name][word] += len(group.rows)
        counts["tag"].update(group.tags)
    choices = "".join(_choice(name, table) for name, table in counts.items())
    return (
        '<form id="filter" role="search" aria-label="Filter the causes" hidden>\n'
        f"{choices}"
        '<label>text (of what stands here)<input type="search" name="text"></label>\n'
        '<button type="reset">show all</button>\n</form>\n'
    )


def _choice(name: str, table: Counter[str]) -> str:
    options = "".join(
        f'<option value="{marking.key(word)}">{escape(marking.inner(word))} ({number:,})</option>\n'
        for word, number in table.items()
    )
    return (
        f'<label>{name}<select name="{name}"><option value="">any {name}</option>\n'
        f"{options}</select></label>\n"
    )


def _causes(run: RunFile, found: Sequence[Group]) -> Iterator[str]:
    """Yield the sections of what fails by pair, and apart what is expected or only reported."""
    pieces = _pieces(run)
    sections = {
        group.anchor: cause.section(group, pieces[group.first["pair"]], full=number < cause.FULL)
        for number, group in enumerate(found)
    }
    if len(found) > cause.FULL:
        yield f"<p>The first {cause.FULL} causes have tables and lists of cases.</p>\n"
    for quiet in (False, True):
        some = [group for group in found if group.quiet is quiet]
        if not some:
            continue
        if quiet:
            words = f"{count(_size(some), 'case')} expected or reported: no run fails for them"
            yield f'<details class="quiet"><summary>{words}</summary>\n'
        for name in dict.fromkeys(group.first["pair"] for group in some):
            here = "".join(sections[group.anchor] for group in some if group.first["pair"] == name)
            yield f'<div class="of"><h3>{text(name)}</h3>\n{here}</div>\n'
        if quiet:
            yield "</details>\n"


def _pieces(run: RunFile) -> dict[str, dict[int, str | None]]:
    """Return the token strings by id that the run file has, for each pair."""
    found: dict[str, dict[int, str | None]] = {}
    for row in run.divergences:
        of_pair = found.setdefault(row["pair"], {})
        if row["window"]:
            of_pair.update(row["window"]["reference"] + row["window"]["candidate"])
    return found


def _made(run: RunFile) -> Iterator[str]:
    for name in MADE:
        found = run.header.get(name)
        if found in (None, [], {}):
            continue
        words = found if isinstance(found, str) else json.dumps(found)
        yield f"<dt>{name}</dt><dd>{text(words)}</dd>\n"
