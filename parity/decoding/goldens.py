"""What a reference said once, in git: ids, text, and the margin of each step.

    golden/decode/<model>/<set>.<device>.<dtype>.jsonl

The first line is a header: what it was made with, the budget in force, and two signatures of all
ids (ours, and the one that other parity tools compute). Each other line is a prompt, in the order
of its set, with a signature over all that stands in it. ASCII, no path and no time: a diff names
the prompts that changed. It is written on request alone, never where CI is set.

A run is held to it up to the certified prefix by the golden's own margins and budget, and to every
step whose margin is above the budget as long as the ids before are the same. Where ids part at a
margin within the budget it is a NEAR_TIE as far as a golden tells: it keeps margins, and no log-
probabilities, so it sees no shift that changes no id. A golden of one class of devices, dtype or
model judges no run of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import jsonl
from parity.decoding import budgets, levels
from parity.decoding.budgets import Budget, Key
from parity.decoding.findings import Finding
from parity.decoding.judging import judge, stake
from parity.decoding.records import Generation, Outcome, Prompt, Step
from parity.decoding.shifts import certified, damage, margins
from parity.errors import GoldenError, Inconclusive
from parity.fingerprint import Fingerprint
from parity.golden import rows
from parity.shapes import misshapen
from parity.signature import VERSION, of_id_lists, sign
from parity.types import Observation

SCHEMA: Final = 1
CHECK: Final = "generations"
"""What the signature of a line is made under."""
DIGITS: Final = Context(prec=3, rounding=ROUND_DOWN)
"""Of a margin: rounded down, so that no step is certified by its rounding."""
UNKNOWN: Final = "-"
HEADER: Final = {
    "generations": int, "signature": int, "model": str, "set": str, "set_sha256": str,
    "native": str, "packages": {"*": str}, "artefacts": {"*": str}, "facts": {"*": str},
    "budget": object, "signatures": {"ours": str, "id_lists": str},
}  # fmt: skip
LINE: Final = {
    "id": str, "sha256": str, "prompt_ids": [int], "ids": [int], "finish": str,
    "text": str | None, "margins": str,
}  # fmt: skip


class Said(NamedTuple):
    """What a golden says of one prompt; `margins` in nats, rounded down to three digits."""

    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    finish: str
    text: str | None
    margins: tuple[float | None, ...]


class Golden(NamedTuple):
    """A golden of generations, read; what is said is by prompt, in the order of its set."""

    header: dict[str, Any]
    budget: Budget
    said: dict[str, Said]


def place(folder: Path, model: str, prompts: str, key: Key) -> Path:
    """Return where a golden lives: by model, set, device and dtype."""
    return folder / "decode" / model / f"{prompts}.{key.device}.{key.dtype}.jsonl"


def header(
    model: str, prompts: str, prompts_digest: str, made_by: Fingerprint, budget: Budget
) -> dict[str, Any]:
    """Return the first line of a golden, but for its signatures. It has no path or time."""
    return {
        "generations": SCHEMA,
        "signature": VERSION,
        "model": model,
        "set": prompts,
        "set_sha256": prompts_digest,
        "native": made_by.native,
        "packages": made_by.packages,
        "artefacts": made_by.artefacts,
        "facts": made_by.facts,
        "budget": budgets.as_data(budget),
    }


def render(
    head: Mapping[str, Any], prompts: Sequence[Prompt], outcomes: Mapping[str, Outcome]
) -> str:
    """Return a whole golden file, prompts in their order.

    Raises Inconclusive where there is no prompt, or one has a failure, no ids or no margins: it
    would hold nobody to anything.
    """
    if not prompts:
        raise Inconclusive(f"the golden of {head['set']} would be empty: there is no prompt")
    said = {prompt.id: _told(prompt.id, outcomes.get(prompt.id)) for prompt in prompts}
    lines = [{**head, "signatures": _signatures(said)}]
    for id, one in said.items():
        line = _as_line(one)
        lines.append({"id": id, "sha256": _sign(id, line), **line})
    return "".join(f"{jsonl.dump(line)}\n" for line in lines)


def write(path: Path, text: str, environ: Mapping[str, str]) -> None:
    """Write a golden, whole or not at all. Raises GoldenError, always where CI is set."""
    budgets.kept(path, text, environ)


def read(path: Path) -> Golden:
    """Read a golden. Raises GoldenError with FILE:LINE."""
    if not path.is_file():
        raise GoldenError(f"{path}: there is no such golden; record it")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GoldenError(f"{path}: cannot be read: {error.strerror}") from error
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Golden:
    """Read the bytes of a golden. Raises GoldenError with NAME:LINE."""
    lines = rows(data, name)
    head = next(lines, (1, {}))[1]
    budget = _checked(head, name)
    said: dict[str, Said] = {}
    for number, line in lines:
        for wrong in _wrong(line, said):
            raise GoldenError(f"{name}:{number}: {wrong}; restore it from git, or record it again")
        said[line["id"]] = _from_line(line)
    if not said:
        raise GoldenError(f"{name}: there is no prompt in it")
    if head["signatures"] != _signatures(said):
        raise GoldenError(f"{name}:1: its lines are not those that its signatures were made of")
    return Golden(head, budget, said)


def check(
    golden: Golden, prompts: Sequence[Prompt], outcomes: Mapping[str, Outcome], key: Key
) -> list[Finding]:
    """Return what is found of each prompt against what a golden says of it.

    key: of the run. Raises GoldenError where the golden is of another model, dtype or device, or
    has no line for a prompt.
    """
    for name, then, now in zip(Key._fields, golden.budget.key, key, strict=True):
        if then != now:
            raise GoldenError(
                f"the golden of {golden.header['set']} was made with {name} {then!a}, this run has "
                f"{now!a}: it does not judge it; record one of its own"
            )
    missing = [prompt.id for prompt in prompts if prompt.id not in golden.said]
    if missing:
        raise GoldenError(f"{len(missing)} prompts have no golden, first {missing[0]}; record it")
    return [
        _held(golden, prompt, outcomes.get(prompt.id), golden.budget.nats) for prompt in prompts
    ]


def _held(golden: Golden, prompt: Prompt, outcome: Outcome | None, nats: float) -> Finding:
    """Judge an outcome against what a golden says, by its margins."""
    said = golden.said[prompt.id]
    then = Generation(said.ids, said.finish, said.text)
    found = judge(prompt, Outcome(prompt.id, said.prompt_ids, then), outcome, None)
    if found.kind in ("FAILED", "ABSENT", "INPUT"):
        return found
    found = found._replace(steps=len(said.ids), certified=certified(said.margins, nats))
    made = outcome.generation if outcome else None
    if found.step is None or found.kind != "UNEXPLAINED" or made is None or made.ids is None:
        return found
    return _parted(found, said, made, nats)


def _parted(found: Finding, said: Said, made: Generation, nats: float) -> Finding:
    """Judge ids that part, by the golden's margin at that step and the run's."""
    step = found.step or 0
    then = said.margins[step]
    now = made.steps[step] if made.steps is not None else Step()
    seen = stake(Step(), now, (said.ids[step], (made.ids or ())[step]))
    found = found._replace(margins=(then, seen.margins[1]))
    if then is None:
        return found._replace(note="the golden has no margin there")
    least = max(then + abs(seen.margins[1] or 0.0), seen.least)
    note = f"a margin of {then:.3g} nats in the golden, {least:.3g} nats at stake, or more"
    if least > nats:
        return found._replace(kind="LOCAL", note=note)
    if seen.margins[1] is None:
        note = f"{note}; the run does not show its own margin"
    return found._replace(kind="TIE" if 0 in found.margins else "NEAR_TIE", note=note)


def _told(id: str, outcome: Outcome | None) -> Said:
    """Return what is kept of an outcome. Raises Inconclusive."""
    made = outcome.generation if outcome else None
    if outcome is None or made is None or made.ids is None or outcome.prompt_ids is None:
        failed = outcome.failure.kind if outcome and outcome.failure else "it has no ids"
        raise Inconclusive(f"no golden: {id}: {failed}; a golden holds no failure")
    if wrong := damage(made):
        raise Inconclusive(f"no golden: {id}: {wrong}")
    wide = margins(made, made)
    if made.ids and set(wide) == {None}:
        raise Inconclusive(f"no golden: {id}: the engine gives no log-probabilities, so no margin")
    kept = tuple(None if one is None else float(_rounded(one)) for one in wide)
    return Said(outcome.prompt_ids, made.ids, made.finish, made.text, kept)


def _rounded(margin: float) -> Decimal:
    return DIGITS.create_decimal_from_float(margin)


def _as_line(said: Said) -> dict[str, Any]:
    """Return what a line says, but for its id and signature; margins as one string of decimals."""
    wide = (
        UNKNOWN if one is None else f"{DIGITS.create_decimal(repr(one)).normalize():f}"
        for one in said.margins
    )
    return {
        "prompt_ids": list(said.prompt_ids),
        "ids": list(said.ids),
        "finish": said.finish,
        "text": said.text,
        "margins": " ".join(wide),
    }


def _from_line(line: Mapping[str, Any]) -> Said:
    """Return what a line says. Raises ValueError where its margins are no decimals."""
    wide = tuple(None if one == UNKNOWN else float(one) for one in line["margins"].split())
    return Said(
        tuple(line["prompt_ids"]), tuple(line["ids"]), line["finish"], line["text"], wide
    )  # fmt: skip


def _sign(id: str, line: Mapping[str, Any]) -> str:
    return sign(CHECK, Observation({"id": id, **line}))


def _signatures(said: Mapping[str, Said]) -> dict[str, str]:
    lists = [list(one.ids) for one in said.values()]
    return {"ours": sign(levels.CHECK, Observation(lists)), "id_lists": of_id_lists(lists)}


def _checked(head: Mapping[str, Any], name: str) -> Budget:
    """Return the budget of a header that can be believed. Raises GoldenError."""
    for wrong in misshapen(dict(head), HEADER, "the header"):
        raise GoldenError(f"{name}:1: {wrong}")
    made = head["generations"], head["signature"]
    if made != (SCHEMA, VERSION):
        raise GoldenError(
            f"{name}:1: schema {made[0]} with signatures of version {made[1]}, wanted are {SCHEMA} "
            f"and {VERSION}; record it again"
        )
    return budgets.parsed(head["budget"], f"{name}:1")


def _wrong(line: Mapping[str, Any], said: Mapping[str, Said]) -> Iterator[str]:
    """Yield what keeps a line from being believed."""
    yield from misshapen(dict(line), LINE, "the line")
    if unknown := set(line) - set(LINE):
        yield f"no such key: {', '.join(sorted(unknown))}"
    if line["id"] in said:
        yield f"the id {line['id']!a} comes twice"
    try:
        found = _from_line(line)
    except ValueError as error:
        yield f"its margins cannot be read: {error}"
        return
    if len(found.margins) != len(found.ids):
        yield f"{len(found.margins)} margins for {len(found.ids)} ids"
    told = {key: value for key, value in line.items() if key not in ("id", "sha256")}
    if _sign(line["id"], told) != line["sha256"]:
        yield "was edited by hand: it is not what its signature was made of"
