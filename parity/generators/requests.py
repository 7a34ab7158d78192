"""Requests as engines have them: ids cut into steps with a finish, and what stops them.

The same cases as those of `parity.generate`, described: so they shrink, and a failing one is a line
of a corpus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from parity.generate import FINISHES, ways
from parity.generators import id_sequences
from parity.generators.known import Known
from parity.grammar import Changed, Choose, Fields, Grammar, Many, OneOf

STEPS: Final = 12
"""Steps of a request, at most."""
STEP_SIZES: Final = (1, 2, 5)
"""Ids of a step, at most: the same for a whole request."""
LEAST: Final = (0, 2, 5)
"""How many ids come before anything may stop."""
LONGEST_STOP: Final = 6
FEW: Final = 24


def step_schedules(known: Known) -> Grammar:
    """Return stream cases: one to three requests, each cut into steps of one id or several."""
    piece = _piece(known)
    steps = OneOf([Many(Many(piece, 1, size), 1, STEPS) for size in STEP_SIZES])
    parts: dict[str, Grammar] = {
        "pieces": steps,
        "finish": Choose(FINISHES),
        "prompt": Many(piece, 1, 8),
    }
    eos = known.table.eos
    request = Changed(Fields(parts, maybe=("prompt",)), lambda drawn: _ended(drawn, eos))
    requests = OneOf((Many(request, 1, 1), Many(request, 2, 3)), (3, 2))
    return Fields({"requests": requests})


def _piece(known: Known) -> Grammar:
    return Changed(id_sequences.one(known), lambda number: {"id": number})


def _ended(drawn: Mapping[str, Any], eos: int | None) -> dict[str, Any]:
    """Return a request that ends with EOS where that is its finish."""
    if drawn["finish"] != "eos" or eos is None:
        return dict(drawn)
    *steps, last = drawn["pieces"]
    return {**drawn, "pieces": [*steps, [*last, {"id": eos}]]}


def stop_sets(known: Known) -> Grammar:
    """Return stop cases: parts of the text that is produced, near misses, in any order."""
    spelt = {id: data for data, id in known.table.ids.items()}
    stop = Fields(
        {
            "start": Choose(range(FEW)),
            "length": Choose(range(1, LONGEST_STOP + 1)),
            "way": OneOf((Choose((0,)), Choose(range(len(ways(""))))), (2, 1)),
        }
    )
    parts: dict[str, Grammar] = {
        "ids": Many(id_sequences.one(known), 1, FEW),
        "stops": Many(stop, 1, 5),
        "stop_tokens": Many(Choose(range(FEW)), 1, 1),
        "visible": Choose((False, True), (4, 1)),
        "min_tokens": Choose(LEAST, (3, 1, 1)),
        "finish": Choose(("length", "eos"), (2, 1)),
    }
    drawn = Fields(parts, maybe=("stop_tokens",))
    return Changed(drawn, lambda drawn: _stop_case(drawn, spelt))


def _stop_case(drawn: Mapping[str, Any], spelt: Mapping[int, bytes]) -> dict[str, Any]:
    ids = drawn["ids"]
    text = b"".join(spelt.get(id, b"") for id in ids).decode("utf-8", "ignore")
    tokens = [{"id": ids[place % len(ids)]} for place in drawn.get("stop_tokens", ())]
    return {
        "pieces": [{"id": id} for id in ids],
        "stops": _stops_of(text, drawn["stops"]),
        **({"stop_tokens": tokens} if tokens else {}),
        **{key: drawn[key] for key in ("visible", "min_tokens", "finish")},
    }


def _stops_of(text: str, drawn: Sequence[Mapping[str, int]]) -> list[str]:
    """Return stops that are cut out of a text, at least one."""
    found = []
    for stop in drawn:
        start = stop["start"] % max(len(text), 1)
        found.append(ways(text[start : start + stop["length"]])[stop["way"]])
    return [stop for stop in dict.fromkeys(found) if stop] or ["\u2603"]
