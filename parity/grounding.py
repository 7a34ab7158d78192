"""Grounding: a case goes in as the ids that the reference makes of it.

So that a wrong encode is not counted again as a wrong decode, a wrong stream and a wrong stop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from parity.looks import Look, batch_ids
from parity.stream_looks import scripts, stop_scripts
from parity.types import Case


class Grounding(NamedTuple):
    """How cases become what a check takes.

    takes: the kinds of cases that the reference turns into something else.
    look: what it makes of them.
    grounded: (case, what it made) -> the case that is looked at.
    """

    takes: frozenset[str]
    look: Look
    grounded: Callable[[Case, Any], Case]


def _as_ids(case: Case, ids: Any) -> Case:
    return case._replace(kind="ids", payload=ids)


def _as_script(case: Case, found: Any) -> Case:
    script, eos = found
    options = {**case.options, "eos": eos, "written_as": case.options.get("written_as", case.kind)}
    return case._replace(kind="script", payload=script, options=options)


def _as_stops(case: Case, script: Any) -> Case:
    return case._replace(kind="stop_script", payload=script)


GROUNDINGS: Final[Mapping[str, Grounding]] = {
    "ids": Grounding(frozenset({"text", "bytes"}), batch_ids, _as_ids),
    "script": Grounding(frozenset({"text", "bytes", "ids", "stream"}), scripts, _as_script),
    "stop_script": Grounding(frozenset({"stop"}), stop_scripts, _as_stops),
}
"""By the kind that a check takes in the end."""
