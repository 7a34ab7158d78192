"""A backend loaded anew in a process of its own, that answers once: what `process_looks` starts.

It reads lines of JSON to the end of its standard input, a spec and then a case each, loads the
backend, encodes one text at a time, and writes one line {"value"} or {"failure"} a case.
What a library prints goes to standard error. A fork writes the same lines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from parity import backends, jsonl
from parity.backend import Backend
from parity.looks import Look, single_ids
from parity.types import Case, Failure, Observation

_PART: Final = 16
"""Cases after which what was seen is written, so that who waits sees that there is progress."""


def main() -> None:
    """Answer what stands on standard input."""
    spec, *rows = [jsonl.parse(line) for line in sys.stdin.buffer]
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no answer
    backend = backends.load(spec)
    answer(out, backend, single_ids, [read_case(row) for row in rows], _PART)
    backend.close()


def answer(out: int, backend: Backend, look: Look, cases: Sequence[Case], size: int) -> None:
    """Write what a look sees of the cases to a file descriptor, so many at a time; close it."""
    with os.fdopen(out, "w", encoding="ascii") as file:
        for at in range(0, len(cases), size):
            seen = look(backend, cases[at : at + size])
            file.writelines(jsonl.dump(as_line(one)) + "\n" for one in seen)
            file.flush()


def case_line(case: Case) -> str:
    """Return a case as a line; `read_case` reads it."""
    return jsonl.dump([case.id, case.kind, jsonl.plain(case.payload), dict(case.options)]) + "\n"


def read_case(row: Any) -> Case:
    """Return the case of a line."""
    id, kind, payload, options = row
    return Case(id, kind, jsonl.unplain(payload), options)


def as_line(seen: Observation) -> dict[str, Any]:
    """Return an observation as JSON can hold it."""
    return {"failure": list(seen.failure)} if seen.failure else {"value": jsonl.plain(seen.value)}


def read_line(line: bytes) -> Observation:
    """Return the observation of a line."""
    row = jsonl.parse(line)
    if "failure" in row:
        return Observation(failure=Failure(*row["failure"]))
    return Observation(jsonl.unplain(row["value"]))
