"""Requests as engines have them: ids cut into steps with a finish, and what stops them.

Both are drawn by `parity.generate`; a failing one is a line of a corpus.
"""

from __future__ import annotations

import random
from typing import Any

from parity import generate
from parity.generators.known import Known
from parity.grammar import Drawn, Grammar


def step_schedules(known: Known) -> Grammar:
    """Return stream cases: one to three requests, each cut into steps of one id or several."""
    return Drawn(lambda draw: generate.stream(draw, known.pools, known.table.eos))


def stop_sets(known: Known) -> Grammar:
    """Return stop cases: parts of the text that is produced, near misses, in any order."""
    spelt = {id: data for data, id in known.table.ids.items()}

    def drawn(draw: random.Random) -> dict[str, Any]:
        while True:
            payload = generate.stop(draw, known.pools, spelt)
            if payload is not None:
                return payload

    return Drawn(drawn)
