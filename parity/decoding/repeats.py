"""One engine and itself: how many samples are unique, and what the hazard of one more id is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from parity.decoding.chances import interval
from parity.decoding.records import Outcome
from parity.decoding.shifts import common
from parity.errors import Inconclusive


class Repeats(NamedTuple):
    """What several runs of one engine over the same prompts have in common.

    runs: their names, in order; the first is what the others are compared with.
    unique: how many distinct completions each prompt has; a failure is one of its kind.
    identical: prompts with one completion alone. prompts: all that every run answered.
    parted: comparisons with the first run that part. ids: looked at until they did.
    hazard: parted/ids with its 95 % interval: the chance that the next id is another; None where
        no id was looked at.
    """

    runs: tuple[str, ...]
    unique: Mapping[str, int]
    identical: int
    prompts: int
    parted: int
    ids: int
    hazard: tuple[float, float, float] | None

    @property
    def table(self) -> dict[int, int]:
        """How many prompts have so many unique completions."""
        return dict(sorted(Counter(self.unique.values()).items()))

    @property
    def rate(self) -> float:
        """The share of prompts with one completion alone."""
        return self.identical / self.prompts


def repeats(runs: Mapping[str, Sequence[Outcome]]) -> Repeats:
    """Return what runs have in common. Raises Inconclusive where there is nothing to compare."""
    found = {name: {one.prompt: one for one in run} for name, run in runs.items()}
    if len(found) < 2:  # noqa: PLR2004 (to compare)
        raise Inconclusive("determinism: one run says nothing of another; ask for two or more")
    first, *others = found.values()
    prompts = [id for id in first if all(id in other for other in others)]
    if not any(first[id].generation for id in prompts):
        raise Inconclusive("determinism: no prompt was answered in every run")
    unique = {id: len({_completion(run[id]) for run in found.values()}) for id in prompts}
    parted = looked = 0
    for other in others:
        for id in prompts:
            apart, ids = _apart(first[id], other[id])
            parted, looked = parted + apart, looked + ids
    identical = sum(unique[id] == 1 and first[id].failure is None for id in prompts)
    hazard = (parted / looked, *interval(parted, looked)) if looked else None
    return Repeats(tuple(found), unique, identical, len(prompts), parted, looked, hazard)


def _completion(outcome: Outcome) -> Any:
    """Return what tells completions apart: ids where there are any, or a text, or a failure."""
    made = outcome.generation
    if made is None:
        return outcome.failure and outcome.failure.kind
    return made.text if made.ids is None else (made.ids, made.finish)


def _apart(first: Outcome, again: Outcome) -> tuple[int, int]:
    """Return whether two lists of ids part, and how many ids were looked at until they did."""
    one, other = (side.generation and side.generation.ids for side in (first, again))
    if one is None or other is None:
        return 0, 0
    same = common(one, other)
    return (0, same) if len(one) == len(other) == same else (1, same + 1)
