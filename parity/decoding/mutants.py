"""Mutants: faults that must be found, and changes that are none and must be let pass.

Each is planted in one small model, which is asked for the same prompts as the model as it is; what
comes out is judged as any two engines are. A fault must be seen on some prompt, by other ids (L1)
or by a pair shift beyond the budget (L4), and on no prompt may its ids be explained as a near-tie.
A change that is none must pass on every prompt. The budget is measured here, on the model as it
is, one prompt at a time and in float64.

A judge that cannot see shifts, or whose budget is too large, makes this table fail.
"""

from __future__ import annotations

import ast
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from parity.decoding import engines, judging, weights
from parity.decoding.budgets import Budget, Key, measure
from parity.decoding.findings import Finding
from parity.decoding.gathering import gather, schedule
from parity.decoding.records import Outcome, Prompt
from parity.errors import UsageError

BATCH: Final = "batch=4"
LENGTHS: Final = (3, 40, 9, 96, 2, 17, 200, 64)
"""Of the prompts: mixed in each batch, so that padding matters, and some longer than any window."""
NEW: Final = 32
SEED: Final = 42
IDS: Final = 600
"""Ids that prompts are drawn from: those of the tiny model that are no special tokens."""
GROUNDS: Final = {"ties_to_highest": "dtype=bfloat16"}
"""What both sides are for a fault that float32 cannot show: there, no two logits are equal."""
ASKED: Final = {
    "repeated": ("twice=yes", "The model as it is, asked a second time."),
    "one_at_a_time": ("batch=1", "Each prompt is alone: no padding, another order of sums."),
    "other_neighbours": ("order=shuffled-1", "Each prompt stands in a batch with others."),
    "in_float64": ("dtype=float64", "Weights and arithmetic are float64."),
    "eager_attention": ("attention=eager", "Attention is computed step by step, not fused."),
}
"""Changes that are none and need nothing planted: options of the engine, or of how it is asked."""
CONTROLS: Final = ("batch=1", "dtype=float64")
"""What the reference is compared with to measure its noise."""
Judge = Callable[[Prompt, Outcome | None, Outcome | None, Budget | None], Finding]


class Mutant(NamedTuple):
    """A change of the reference.

    about: what it is, and for a fault which bug it stands for. seen: where such a one was.
    option: what makes the reference's spec the mutant's. ground: an option of both sides.
    """

    name: str
    about: str
    seen: str
    option: str
    ground: str = ""

    @property
    def fault(self) -> bool:
        """Whether it must be found; else it must be let pass."""
        return self.option.startswith("fault=")


class Row(NamedTuple):
    """What came of a mutant.

    prompts: how many were judged. ids, shifts: on how many it was seen so.
    kinds: prompts by class. greatest: the greatest pair shift while ids were the same, in nats.
    wrong: what is not as it must be, or "".
    """

    mutant: Mutant
    prompts: int
    ids: int
    shifts: int
    kinds: Mapping[str, int]
    greatest: float | None
    wrong: str


def known() -> list[Mutant]:
    """Return all mutants, faults first, without importing what plants them."""
    faults = [
        Mutant(name, about, seen, f"fault={name}", GROUNDS.get(name, ""))
        for name, about, seen in _planted("torch_faults")
    ]
    changes = [
        Mutant(name, about, seen, f"equivalent={name}")
        for name, about, seen in _planted("torch_equivalents")
    ]
    asked = [Mutant(name, about, "", option) for name, (option, about) in ASKED.items()]
    return [*faults, *changes, *asked]


def _planted(module: str) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each public function of a module, and what its docstring says."""
    tree = ast.parse((Path(__file__).parent / f"{module}.py").read_bytes())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            about, *more = (ast.get_docstring(node) or "").splitlines()
            seen = [line.removeprefix("Seen: ") for line in more if line.startswith("Seen: ")]
            yield node.name, about, "".join(seen)


def named(names: Sequence[str]) -> list[Mutant]:
    """Return the mutants of some names, or all. Raises UsageError."""
    there = {mutant.name: mutant for mutant in known()}
    for name in names:
        if name not in there:
            raise UsageError(f"no mutant {name!r}; known: {', '.join(there)}")
    return [there[name] for name in names] or list(there.values())


def prompts() -> list[Prompt]:
    """Return the prompts that all mutants get: ids, so that no tokenizer has a part in it."""
    drawn = random.Random(SEED)  # noqa: S311 (the same for everybody)
    return [
        Prompt(f"mutants/{length}", "ids", tuple(drawn.randrange(IDS) for _ in range(length)), NEW)
        for length in LENGTHS
    ]


class Sides:
    """What a model makes of the prompts under each option, in this process, found once."""

    def __init__(self, model: str = "tiny") -> None:
        self.model = model
        self.prompts = prompts()
        self.device = ""
        self.found: dict[str, dict[str, Outcome]] = {}

    def outcomes(self, options: str) -> Mapping[str, Outcome]:
        """Return the outcome of each prompt, by its id."""
        if options not in self.found:
            whole = options if "batch=" in options else _joined(options, BATCH)
            spec = engines.read_spec(f"faulty:{self.model},{whole}")
            engine, kept = engines.load(spec.text), list[Outcome]()
            try:
                gather(engine, self.prompts, schedule(spec.asked, spec.text), kept.append)
            finally:
                engine.close()
            self.device = engine.capabilities.device
            self.found[options] = {one.prompt: one for one in kept}
        return self.found[options]

    def budget(self) -> Budget:
        """Return the budget of the reference's own noise. Raises Inconclusive."""
        controls = {option: [*self.outcomes(option).values()] for option in CONTROLS}
        file = weights.find(self.model, "safetensors") / "model.safetensors"
        key = Key(hashlib.sha256(file.read_bytes()).hexdigest(), "float32", self.device)
        return measure([*self.outcomes("").values()], controls, key)


def run(
    sides: Sides, names: Sequence[str] = (), judge: Judge = judging.judge, scale: float = 1
) -> Iterator[Row]:
    """Yield what comes of each mutant, or of those of some names. Raises UsageError, Inconclusive.

    scale: of the budget that is measured; another than 1 shows what a wrong budget does.
    """
    wanted = named(names)
    budget = sides.budget()
    budget = budget._replace(nats=budget.nats * scale)
    for mutant in wanted:
        reference = sides.outcomes(mutant.ground)
        candidate = sides.outcomes(_joined(mutant.ground, mutant.option))
        findings = [
            judge(prompt, reference[prompt.id], candidate[prompt.id], budget)
            for prompt in sides.prompts
        ]
        yield row(mutant, findings)


def _joined(*options: str) -> str:
    return ",".join(filter(None, options))


def row(mutant: Mutant, findings: Sequence[Finding]) -> Row:
    """Return what findings of all prompts say of a mutant."""
    kinds = Counter(finding.kind for finding in findings)
    ids = sum(_outcome(finding, "ids") == "differs" for finding in findings)
    shifts = sum(_outcome(finding, "shifts") == "beyond" for finding in findings)
    greatest = max((one.ambient for one in findings if one.ambient is not None), default=None)
    wrong = _unjudged(findings) or (
        _missed(findings, mutant) if mutant.fault else _accused(findings)
    )
    return Row(mutant, len(findings), ids, shifts, dict(kinds), greatest, wrong)


OF_TIES: Final = "ties_to_highest"
"""The one fault that is about ties, and may be called one."""


def _unjudged(findings: Sequence[Finding]) -> str:
    """Say which prompts nothing was found of: they are neither caught nor passed."""
    none = [one.prompt for one in findings if one.kind in ("FAILED", "ABSENT", "UNEXPLAINED")]
    return f"not judged: {', '.join(none) or 'no prompt'}" if none or not findings else ""


def _missed(findings: Sequence[Finding], mutant: Mutant) -> str:
    near = [one.prompt for one in findings if one.kind == "NEAR_TIE"]
    if near:
        return f"called a near-tie: {', '.join(near)}"
    ties = [one.prompt for one in findings if one.kind == "TIE" and mutant.name != OF_TIES]
    if ties:
        return f"called a tie: {', '.join(ties)}"
    passed = [one.prompt for one in findings if _seen(one) and one.kind == "SAME"]
    if passed:
        return f"called the same: {', '.join(passed)}"
    return "" if any(map(_seen, findings)) else "not seen on any prompt"


def _accused(findings: Sequence[Finding]) -> str:
    wrong = [one.prompt for one in findings if _seen(one) or one.kind != "SAME"]
    blind = [one.prompt for one in findings if _outcome(one, "shifts") == "absent"]
    if wrong:
        return f"called a fault: {', '.join(wrong)}"
    return f"without log-probabilities: {', '.join(blind)}" if blind else ""


def _seen(finding: Finding) -> bool:
    return _outcome(finding, "ids") == "differs" or _outcome(finding, "shifts") == "beyond"


def _outcome(finding: Finding, level: str) -> str:
    return finding.levels[level].outcome if level in finding.levels else "absent"
