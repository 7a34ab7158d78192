"""One thing that was looked at."""

from __future__ import annotations

from typing import Final, NamedTuple

OK: Final = "ok"
WARN: Final = "warn"
FAIL: Final = "FAIL"


class Note(NamedTuple):
    """What was looked at, and what came out.

    state: `ok`, `warn` (it can be as it is) or `FAIL` (a run would not prove what it is to).
    mend: what to do, or how to get what is missing; "" where there is nothing to do.
    """

    section: str
    state: str
    name: str
    text: str
    mend: str = ""
