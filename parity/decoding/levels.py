"""Where two generations of one prompt part: L0 prompt ids, L1 ids, L2 text, L3 chunks, L4, L5 rows.

Lengths count before contents, and nothing is cut off: one id more is a difference. A side that has
no such thing makes a level `absent`, with the reason; so does a failure, of one side or of both:
two that fail alike have not agreed. L4, the pair shifts, is of `shifts` and needs a budget.

An outcome has a signature of ours (`parity.signature`) over its ids; a run of many has the one that
other parity tools compute over a list of id lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from parity.decoding import shifts
from parity.decoding.findings import Level
from parity.decoding.records import Generation, Outcome
from parity.errors import Inconclusive
from parity.signature import of_id_lists, sign
from parity.types import Observation

CHECK: Final = "decoded_ids"
"""What signatures of new ids are made under, so that they stand for no others."""
SHOWN: Final = 24
"""Characters of a text that are shown from where it parts."""
SIDES: Final = ("reference", "candidate")


def compare(
    reference: Outcome, candidate: Outcome, budget: float | None = None
) -> dict[str, Level]:
    """Return what each of LEVELS says of two outcomes of one prompt; the budget is in nats.

    >>> from parity.decoding.records import Generation
    >>> one, other = (Outcome("p", (1,), Generation(ids)) for ids in ((5, 6), (5, 7)))
    >>> compare(one, other)["ids"]
    Level(outcome='differs', place=1, reference=6, candidate=7, note='')
    """
    prompts = _sequences(reference.prompt_ids, candidate.prompt_ids, "prompt ids")
    why = failing(reference, candidate)
    one, other = reference.generation, candidate.generation
    if why or one is None or other is None:
        nothing = Level("absent", note=why or "a side has no generation")
        return {
            "prompt_ids": prompts,
            **dict.fromkeys(("ids", "text", "chunks", "shifts", "rows"), nothing),
        }
    return {
        "prompt_ids": prompts,
        "ids": _sequences(one.ids, other.ids, "ids"),
        "text": _sequences(one.text, other.text, "text"),
        "chunks": _chunks(one, other),
        "shifts": _shifts(one, other, budget),
        "rows": _rows(one, other),
    }


def failing(reference: Outcome, candidate: Outcome) -> str:
    """Say which side failed and how, in words; "" where none did."""
    return "; ".join(
        f"{name} failed: {side.failure.kind}: {side.failure.message}".rstrip(": ")
        for name, side in zip(SIDES, (reference, candidate), strict=True)
        if side.failure
    )


def endings(reference: Generation, candidate: Generation) -> dict[str, tuple[Any, Any]]:
    """Return what both sides say of how it ended, where they do not say the same.

    Keys are `finish` and the names of counts. What one side does not say is not compared.
    """
    said: dict[str, tuple[Any, Any]] = {}
    if _finished(reference, candidate):
        said["finish"] = (reference.finish, candidate.finish)
    counted = {
        name: (reference.counts[name], candidate.counts[name])
        for name in reference.counts
        if name in candidate.counts
    }
    return {name: pair for name, pair in {**said, **counted}.items() if pair[0] != pair[1]}


def signature(outcome: Outcome) -> str:
    """Return our signature of an outcome's new ids, or of its failure; "" where it has no ids."""
    made = outcome.generation
    if outcome.failure:
        return sign(CHECK, Observation(failure=outcome.failure))
    return "" if made is None or made.ids is None else sign(CHECK, Observation(list(made.ids)))


def set_signature(outcomes: Iterable[Outcome]) -> str:
    """Return the signature of all new ids that other parity tools compute, in the order given.

    Raises Inconclusive where an outcome has none: a set with a hole in it has no such signature.
    """
    lists = []
    for outcome in outcomes:
        if outcome.generation is None or outcome.generation.ids is None:
            raise Inconclusive(f"{outcome.prompt}: it has no ids, so its set has no signature")
        lists.append(outcome.generation.ids)
    return of_id_lists(lists)


def _sequences(reference: Any, candidate: Any, what: str) -> Level:
    """Return where two sequences part; None is a side that has none."""
    if reference is None or candidate is None:
        return Level("absent", note=f"{_lacking(reference, candidate)} no {what}")
    if reference == candidate:
        return Level("same")
    place = shifts.common(reference, candidate)
    lengths = len(reference), len(candidate)
    note = f"lengths {lengths[0]} and {lengths[1]}" if lengths[0] != lengths[1] else ""
    return Level("differs", place, _shown(reference, place), _shown(candidate, place), note)


def _shown(sequence: Any, place: int) -> Any:
    if isinstance(sequence, str):
        return sequence[place : place + SHOWN]
    return sequence[place] if place < len(sequence) else None


def _lacking(reference: Any, candidate: Any) -> str:
    if reference is None and candidate is None:
        return "both sides have"
    return f"the {SIDES[reference is not None]} has"


def _chunks(reference: Generation, candidate: Generation) -> Level:
    """Return L3: chunks, why it ended, and what is reported of its size.

    Only chunks make it `same`; a reason or a count that differs makes it differ without them.
    """
    found = _sequences(reference.chunks, candidate.chunks, "chunks")
    ended = endings(reference, candidate)
    told = [f"{name}: {pair[0]} and {pair[1]}" for name, pair in ended.items()]
    if not ended and _finished(reference, candidate):
        told.append(f"finish: {reference.finish} on both sides")
    note = "; ".join(filter(None, [found.note, *told]))
    if ended and found.outcome != "differs":
        said = [tuple(pair[side] for pair in ended.values()) for side in (0, 1)]
        return Level("differs", None, said[0], said[1], note)
    return found._replace(note=note)


def _finished(reference: Generation, candidate: Generation) -> bool:
    return bool(reference.finish and candidate.finish)


def _shifts(reference: Generation, candidate: Generation, budget: float | None) -> Level:
    for name, side in zip(SIDES, (reference, candidate), strict=True):
        if damaged := shifts.damage(side):
            return Level("absent", note=f"{name}: {damaged}")
        if side.ids is None or side.steps is None:
            what = "ids" if side.ids is None else "log-probabilities"
            return Level("absent", note=f"the {name} has no {what}")
    return shifts.level(shifts.between(reference, candidate), budget)


def _rows(reference: Generation, candidate: Generation) -> Level:
    """Return L5: whether all logits of comparable steps are equal bit for bit."""
    pairs = shifts.comparable(reference, candidate)
    seen = [(one.row, other.row) for one, other in pairs]
    if not seen or not all(one and other for one, other in seen):
        return Level("absent", note="a side does not show all logits")
    unequal = [place for place, (one, other) in enumerate(seen) if one != other]
    note = f"{len(seen) - len(unequal)} of {len(seen)} rows are equal bit for bit"
    if not unequal:
        return Level("same", note=note)
    first = seen[unequal[0]]
    return Level("differs", unequal[0], first[0][:12], first[1][:12], note)
