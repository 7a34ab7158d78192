"""What the noise of a reference is: a budget in nats that was measured, never guessed.

A budget is a factor times the greatest pair shift of the reference against itself in other numerics
(another batch size, float64). It belongs to a model, a dtype and a class of devices, is kept in git
under that key, and is refused for any other.

    golden/decode/budgets/<first 12 of the model's digest>.<dtype>.<device>.json
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from parity import files, jsonl
from parity.decoding.records import Generation, Outcome
from parity.decoding.shifts import Shift, between, damage
from parity.errors import GoldenError, Inconclusive
from parity.shapes import misshapen

FACTOR: Final = 10.0
"""How often the greatest shift that was seen goes into a budget, where dtypes are fine."""
SHAPE: Final = {
    "budget": int, "nats": float, "key": {"model": str, "dtype": str, "device": str},
    "controls": [str], "steps": int, "ambient": float, "factor": float,
}  # fmt: skip
SCHEMA: Final = 1


class Key(NamedTuple):
    """What a budget belongs to: the SHA-256 of a model, in what it is computed, and where."""

    model: str
    dtype: str
    device: str


class Budget(NamedTuple):
    """The pair shift that is noise of a reference.

    nats: factor * ambient.
    key: what it belongs to.
    controls: the specs that the reference was compared with.
    steps: of which a shift is known. ambient: the greatest of them.
    """

    nats: float
    key: Key
    controls: tuple[str, ...]
    steps: int
    ambient: float
    factor: float = FACTOR

    def rescaled(self, factor: float) -> Budget:
        """Return the same noise with the factor of another profile.

        >>> Budget(0.5, Key("ab", "bfloat16", "cpu"), ("batch=4",), 9, 0.05).rescaled(2).nats
        0.1
        """
        return self._replace(nats=factor * self.ambient, factor=factor)

    def __str__(self) -> str:
        measured = f"{self.factor:g} x {self.ambient:.3g} over {self.steps:,} steps"
        return f"{self.nats:.3g} nats = {measured} of {'; '.join(self.controls)}"


def measure(
    reference: Sequence[Outcome],
    controls: Mapping[str, Sequence[Outcome]],
    key: Key,
    factor: float = FACTOR,
    *,
    identical: bool = False,
) -> Budget:
    """Return the budget that self-controls give: outcomes of the same prompts, by spec.

    identical: whether a budget of zero is meant, as for an engine that must repeat itself.
    Raises Inconclusive where a control compared no step, had other prompts in it, or is no noise
    but another model; and where all are bit-identical: the same numerics measure nothing.
    """
    known: list[float] = []
    for name, outcomes in controls.items():
        seen = _seen(reference, outcomes, name)
        if not seen:
            raise Inconclusive(f"budget: the control {name} compared no step with the reference")
        _plausible(reference, seen, name)
        known += seen
    ambient = max(known, default=None)
    if ambient is None:
        raise Inconclusive("budget: there is no control; name one in other numerics, as batch=8")
    if ambient == 0 and not identical:
        raise Inconclusive(
            f"budget: {'; '.join(controls)} {'is' if len(controls) == 1 else 'are'} bit-identical "
            "with the reference, so no noise was measured; name a control in other numerics"
        )
    wide = _margins(reference)
    if wide and factor * ambient > median(wide):
        raise Inconclusive(
            f"budget: {factor:g} x {ambient:.3g} nats is wider than half of the reference's "
            f"margins (median {median(wide):.3g}), and would excuse "
            "faults; does the reference repeat its log-probabilities?"
        )
    return Budget(factor * ambient, key, tuple(controls), len(known), ambient, factor)


def place(folder: Path, key: Key) -> Path:
    """Return where a budget is kept, below the folder of goldens."""
    return folder / "decode" / "budgets" / f"{key.model[:12]}.{key.dtype}.{key.device}.json"


def read(folder: Path, key: Key) -> Budget | None:
    """Return the budget of a key, or None where none is kept. Raises GoldenError.

    It is refused where it is another key's, or not factor * ambient.
    """
    path = place(folder, key)
    if not path.is_file():
        return None
    try:
        found = parsed(jsonl.parse(path.read_bytes().rstrip(b"\n")), str(path))
    except jsonl.BadLine as error:
        raise GoldenError(f"{path}: {error}") from error
    except OSError as error:
        raise GoldenError(f"{path}: cannot be read: {error.strerror}") from error
    for name, then, now in zip(Key._fields, found.key, key, strict=True):
        if then != now:
            raise GoldenError(f"{path}: was measured for {name} {then!a}, this is {now!a}")
    return found


def parsed(data: Any, name: str) -> Budget:
    """Return the budget that `as_data` wrote. Raises GoldenError where it cannot be one."""
    for wrong in misshapen(data, SHAPE, "budget"):
        raise GoldenError(f"{name}: {wrong}")
    found = Budget(
        data["nats"], Key(**{field: data["key"][field] for field in Key._fields}),
        tuple(data["controls"]), data["steps"], data["ambient"], data["factor"],
    )  # fmt: skip
    sound = found.steps > 0 and found.ambient >= 0 and found.factor >= 1 and found.controls
    if not sound or not math.isclose(found.nats, found.factor * found.ambient):
        raise GoldenError(
            f"{name}: was edited by hand: {found.nats} nats are not {found.factor} times "
            f"{found.ambient} of {found.steps} steps; restore it from git, or measure it again"
        )
    if data["budget"] != SCHEMA:
        raise GoldenError(f"{name}: schema {data['budget']}, wanted is {SCHEMA}; measure it again")
    return found


def as_data(budget: Budget) -> dict[str, Any]:
    """Return a budget as JSON holds it."""
    return {
        "budget": SCHEMA,
        **budget._asdict(),
        "key": budget.key._asdict(),
        "controls": list(budget.controls),
    }


def write(folder: Path, budget: Budget, environ: Mapping[str, str]) -> Path:
    """Keep a budget and return where. Raises GoldenError, always where CI is set."""
    path = place(folder, budget.key)
    kept(path, f"{jsonl.dump(as_data(budget))}\n", environ)
    return path


def kept(path: Path, text: str, environ: Mapping[str, str]) -> None:
    """Write what runs are held to, whole or not at all. Raises GoldenError where CI is set."""
    if environ.get("CI"):
        raise GoldenError(f"{path}: not written, CI is set: a run must not make what it is held to")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, [text])
    except OSError as error:
        raise GoldenError(f"{path}: cannot be written: {error.strerror}") from error


def _seen(reference: Sequence[Outcome], control: Sequence[Outcome], name: str) -> list[float]:
    """Return every shift that is known of a control, in nats."""
    return [
        shift.nats
        for one, other in _answered(reference, control, name)
        for shift in _sound(one, other, name)
        if shift.nats is not None and (shift.exact or shift.nats)
    ]


def _answered(
    reference: Sequence[Outcome], control: Sequence[Outcome], name: str
) -> Iterator[tuple[Generation, Generation]]:
    """Yield both generations of each prompt that both have answered."""
    known = {outcome.prompt: outcome for outcome in control}
    for one in reference:
        other = known.get(one.prompt)
        if other is None or one.generation is None or other.generation is None:
            continue
        if one.prompt_ids != other.prompt_ids:
            raise Inconclusive(f"budget: {one.prompt} has other prompt ids in the control {name}")
        yield one.generation, other.generation


def _sound(reference: Generation, control: Generation, name: str) -> list[Shift]:
    for side, what in ((reference, "the reference"), (control, f"the control {name}")):
        if wrong := damage(side):
            raise Inconclusive(f"budget: {what}: {wrong}")
    return between(reference, control)


def _margins(reference: Sequence[Outcome]) -> list[float]:
    return [
        step.margin
        for outcome in reference
        for step in (outcome.generation and outcome.generation.steps) or ()
        if step.margin is not None
    ]


def _plausible(reference: Sequence[Outcome], seen: Sequence[float], name: str) -> None:
    """Refuse a control that is wrong half of the time: its budget would excuse anything."""
    wide = _margins(reference)
    if wide and median(seen) > median(wide):
        raise Inconclusive(
            f"budget: half of the shifts of the control {name} are above {median(seen):.3g} nats, "
            f"and half of the reference's margins below {median(wide):.3g}: that is no noise, but "
            "another model or a fault; name another control"
        )
