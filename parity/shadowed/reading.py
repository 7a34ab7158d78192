"""Read the logs of shadows: runs, each with what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from parity import jsonl
from parity.errors import EvidenceLost


class BadLog(EvidenceLost):
    """A log is missing, or what is in it is no log of a shadow."""


class Run(NamedTuple):
    """What one process told of one shadow.

    id: 16 hexadecimal digits; "" where lines do not say it.
    header: the first one; {} where there is none.
    heartbeats, divergences, lost: lines as they stand, in order. footer: None where there is none.
    files: names of the files that it is in.
    problems: what is wrong with it as evidence, in sentences; where there is one, nothing is proved.
    notes: what is to be known and takes nothing from the evidence, such as lines rotated away.
    """

    id: str
    header: dict[str, Any]
    heartbeats: list[dict[str, Any]]
    divergences: list[dict[str, Any]]
    lost: list[dict[str, Any]]
    footer: dict[str, Any] | None
    files: list[Path]
    problems: list[str]
    notes: list[str]


def read(paths: Sequence[Path]) -> list[Run]:
    """Return the runs of logs, in the order in which they begin. Raises BadLog."""
    runs: dict[str, Run] = {}
    footers: dict[str, dict[str, Any]] = {}
    for path in paths:
        if not path.is_file():
            raise BadLog(f"{path}: no such log; nothing was proved")
        for number, content in jsonl.lines(path):
            try:
                line = jsonl.parse(content)
            except jsonl.BadLine as error:
                raise BadLog(f"{path}:{number}: {error}") from error
            run = runs.setdefault(line["run"], Run(line["run"], {}, [], [], [], None, [], [], []))
            if line["what"] == "header":
                run.header.update(run.header or line)
            elif line["what"] == "footer":
                footers[run.id] = line
            else:
                name = {"heartbeat": "heartbeats", "divergence": "divergences"}
                getattr(run, name.get(line["what"], "lost")).append(line)
    for run in runs.values():
        if run.id not in footers:
            run.problems.append("there is no footer")
    return [run._replace(footer=footers.get(run.id)) for run in runs.values()]
