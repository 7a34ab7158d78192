"""How far a search came, in a file: `fuzz --resume` goes on from there, or says why it cannot."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from parity import files, jsonl
from parity.causes import about
from parity.coverage import SORTS
from parity.errors import UsageError
from parity.hunt import Hunt, State, batch_size
from parity.shapes import misshapen

SCHEMA: Final = 1
SHAPE: Final = {
    "of": dict.fromkeys(("schema", "sides", "strategies", "checks", "specials"), object),
    "batches": {"*": int}, "within": {"*": int}, "causes": [(str, str, int)], "found": [str],
    "forms": [(str, str)], "cases": int, "differing": int,
    "coverage": {"ids": [int], "characters": [int], "sorts": [str]},
}  # fmt: skip
LAST: Final = 0x10FFFF
"""The last code point."""


def resume(hunt: Hunt, place: Path, marks: Sequence[Mapping[str, Any]]) -> None:
    """Go on from a state. Raises UsageError where there is none, or it is of another search."""
    state, now = _read(place), json.loads(json.dumps(_of(hunt, marks)))
    changed = [name for name in now if state["of"][name] != now[name]]
    if changed:
        raise UsageError(f"{place}: this is not the search that was stopped, other "
                         f"{', '.join(changed)}; start anew without --resume")  # fmt: skip
    if wrong := next(_impossible(state, hunt), ""):
        raise _unreadable(place, wrong)
    hunt.state = State(
        Counter(state["batches"]),
        Counter(state["within"]),
        Counter({(check, cause): count for check, cause, count in state["causes"]}),
        set(state["found"]), {(check, form) for check, form in state["forms"]},
        state["cases"], state["differing"],
    )  # fmt: skip
    hunt.coverage.restore(state["coverage"])


def save(hunt: Hunt, place: Path, marks: Sequence[Mapping[str, Any]]) -> None:
    """Write how far a search came. Raises OSError."""
    state = {
        "of": _of(hunt, marks), "batches": dict(hunt.state.batches),
        "within": dict(+hunt.state.within),
        "causes": [[*key, count] for key, count in hunt.state.causes.items()],
        "found": sorted(hunt.state.found), "forms": sorted(map(list, hunt.state.forms)),
        "cases": hunt.state.cases, "differing": hunt.state.differing,
        "coverage": hunt.coverage.state(),
    }  # fmt: skip
    files.write(place, [json.dumps(state), "\n"])


def _of(hunt: Hunt, marks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a search is of: one that goes on must be of the same."""
    jobs = {kind: sorted(job.name for job in jobs) for kind, jobs in hunt.jobs.items()}
    return {
        "schema": SCHEMA, "sides": list(marks), "strategies": list(hunt.strategies),
        "checks": jobs, "specials": hunt.loaded.pair.specials,
    }  # fmt: skip


def _read(place: Path) -> Any:
    """Return a state, each part of it in its shape."""
    try:
        state = jsonl.parse(place.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{place}: there is no search to go on with: {error.strerror}; start without --resume"
        ) from error
    except jsonl.BadLine as error:
        raise _unreadable(place, str(error)) from error
    if wrong := next(misshapen(state, SHAPE, "state"), ""):
        raise _unreadable(place, wrong)
    return state


def _impossible(state: Mapping[str, Any], hunt: Hunt) -> Iterator[str]:
    """Yield what no search comes to, although it is in its shape."""
    causes, covered = state["causes"], state["coverage"]
    counts = *state["batches"].values(), *state["within"].values(), *(row[2] for row in causes)
    if min(*counts, state["cases"], state["differing"], 0) < 0:
        yield "a count is negative"
    names = set(hunt.strategies)
    if not names.issuperset(state["batches"]) or not names.issuperset(state["within"]):
        yield "it counts batches of no strategy that is searched"
    elif any(done >= batch_size(name) for name, done in state["within"].items()):
        yield "more of a batch is done than is in it"
    checks = {name for name, _ in hunt.result.rows}
    if not all(check in checks and (about(cause) or not cause) for check, cause, _ in causes):
        yield "it has a check or a cause that nobody knows"
    if not all(0 <= point <= LAST for point in covered["characters"]):
        yield "it has characters that are none"
    if not set(SORTS).issuperset(covered["sorts"]):
        yield "it has sorts of pieces that are none"


def _unreadable(place: Path, why: str) -> UsageError:
    return UsageError(f"{place}: no search can be read there: {why}; start without --resume")
