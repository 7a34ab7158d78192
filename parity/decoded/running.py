"""A run: the reference, the reference again, its own noise, the candidates; then what is found.

A reference that does not agree with itself is no reference: nothing else is concluded then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from parity.concluding import worst
from parity.decoded import comparable, held, noise
from parity.decoded.asked import DETERMINISM, Asked, itself
from parity.decoded.comparable import Cutters
from parity.decoded.confirming import confirm
from parity.decoded.noise import Noise
from parity.decoded.sides import Side, as_asked
from parity.decoded.waves import Absent, Told, Waves
from parity.decoding import neighbours
from parity.decoding.findings import Finding
from parity.decoding.judging import judge, repeated
from parity.decoding.profiles import Verdict, conclude
from parity.decoding.records import Prompt, Step
from parity.decoding.repeats import Repeats, repeats
from parity.errors import GoldenError, Inconclusive

REPEAT: Final = "repeat"
"""The name of the reference against itself."""


MARGIN: Final = 2
"""Log-probabilities of a step, at least, that make a margin."""
GOLDEN: Final = "golden"
"""The name of the reference against what it said once."""
BESIDE: Final = "beside others"
"""The name of one engine against itself, on prompts that are there several times (`needle`)."""


class Cell(NamedTuple):
    """One candidate: what it is, and what is found of each prompt; or why it did not run.

    text: its spec, with how it is asked.
    note: what else is to be known of how it was compared.
    verdict: None where it did not run: `absent` says why. side: None of a golden, too.
    """

    name: str
    text: str
    side: Side | None = None
    findings: Sequence[Finding] = ()
    verdict: Verdict | None = None
    absent: Absent | None = None
    note: str = ""

    @property
    def skipped(self) -> bool:
        """Whether it cannot run here."""
        return self.absent is not None and self.absent.skipped

    @property
    def code(self) -> int:
        """The exit code of this cell; 0 where it was skipped."""
        if self.verdict:
            return self.verdict.code
        return 0 if self.skipped or not self.absent else self.absent.error.exit_code


class Run(NamedTuple):
    """All that came of a run.

    cells: the first is the reference against itself, then the candidates, then each engine's
        prompts beside others, and where goldens are kept the reference against what it said once.
    stopped: why nothing is concluded of the candidates, or "".
    """

    asked: Asked
    reference: Side
    cells: Sequence[Cell]
    noise: Noise
    repeats: Repeats | None = None
    stopped: str = ""

    @property
    def candidates(self) -> Sequence[Cell]:
        """The cells of candidates."""
        own = (REPEAT, GOLDEN, BESIDE)
        return [cell for cell in self.cells if not cell.name.startswith(own)]


class Begun(NamedTuple):
    """A reference that has run twice, and what its noise is: what candidates are compared with.

    by: what cuts ids into chunks.
    stopped: why nothing is concluded of candidates, or "".
    """

    asked: Asked
    waves: Waves
    reference: Side
    again: Side
    repeat: Cell
    noise: Noise
    by: Cutters
    stopped: str = ""


def run(asked: Asked, told: Told) -> Run:
    """Run everything that is asked, and judge it.

    Raises what loading the reference raises, SelfComparison, UsageError, EvidenceLost.
    """
    begun = begin(asked, told)
    reference, repeat = begun.reference, begun.repeat
    if begun.stopped:
        return Run(asked, reference, [repeat], begun.noise, stopped=begun.stopped)
    found = begun.waves.all(asked.candidates)
    cells = [cell_of(begun, name, side) for name, side in found.items()]
    cells += beside(begun, {"reference": reference, **found})
    if asked.wanted.golden and not asked.wanted.update:
        cells.append(golden(begun))
    same = asked.wanted.profile == DETERMINISM
    counted = _repeats(reference, begun.again, cells) if same else None
    return Run(asked, reference, [repeat, *cells], begun.noise, counted)


def begin(asked: Asked, told: Told) -> Begun:
    """Run the reference twice and measure its noise. Raises as `run` does."""
    by = comparable.cutters(asked.wanted)
    waves = Waves(asked.errand, asked.wanted.jobs, told)
    own = waves.all({"reference": asked.reference, REPEAT: asked.reference})
    reference, again = map(_needed, own.values())
    repeat = _repeat(asked, reference, again)
    begun = Begun(asked, waves, reference, again, repeat, Noise(None, ""), by)
    if mute := withheld(reference, asked.errand.top):
        return begun._replace(noise=Noise(None, mute), stopped=mute)
    dithers = any(finding.kind == "NONDETERMINISTIC" for finding in repeat.findings)
    if dithers and asked.wanted.profile != DETERMINISM:
        stopped = "the reference does not agree with itself, so nothing is concluded"
        return begun._replace(noise=Noise(None, stopped), stopped=stopped)
    found = waves.all(noise.controls(asked, reference))
    return begun._replace(noise=noise.of(asked, reference, found))


def code_of(run: Run) -> int:
    """Return the exit code of a run: the worst of its cells."""
    codes = [cell.code for cell in run.cells]
    if run.stopped or (run.candidates and all(cell.skipped for cell in run.candidates)):
        codes.append(Inconclusive.exit_code)
    return worst(codes)


def _needed(found: Side | Absent) -> Side:
    if isinstance(found, Absent):
        raise found.error
    return found


def _repeat(asked: Asked, reference: Side, again: Side) -> Cell:
    """Return the reference against itself."""
    findings = [
        repeated(prompt, reference.outcomes.get(prompt.id), again.outcomes.get(prompt.id))
        for prompt in asked.errand.prompts
    ]
    verdict = conclude(DETERMINISM, findings, None, _dtypes(reference, again))
    return Cell(REPEAT, again.text, again, findings, verdict)


def cell_of(begun: Begun, name: str, found: Side | Absent) -> Cell:
    """Return what is found of a candidate."""
    asked, reference, budget = begun.asked, begun.reference, begun.noise.budget
    if isinstance(found, Absent):
        return Cell(name, found.text, absent=found)
    profile = asked.wanted.profile
    if profile == DETERMINISM and not _is_same_engine(reference, found):
        other = Inconclusive(
            f"determinism is of one engine, and {found.text} is another than {reference.text}: "
            "--profile exact"
        )
        return Cell(name, found.text, absent=Absent(found.text, other))
    if profile != DETERMINISM and _is_itself(reference, found, asked.errand.prompts):
        return Cell(name, found.text, absent=Absent(found.text, itself(reference.text, found.text)))
    if mute := withheld(found, asked.errand.top):
        return Cell(name, found.text, found, absent=Absent(found.text, Inconclusive(mute)))
    ours, theirs, said = comparable.pair(reference, found, begun.by, asked.errand.prompts)
    eos = ends(reference)
    findings = [
        judge(prompt, ours.get(prompt.id), theirs.get(prompt.id), budget, eos)
        for prompt in asked.errand.prompts
    ]
    findings = confirm(findings, reference, found, budget, asked.errand.top, begun.waves.halt)
    verdict = conclude(profile, findings, budget, _dtypes(reference, found))
    return Cell(name, found.text, found, findings, verdict, note=said)


def ends(reference: Side) -> frozenset[int]:
    """Return the ids that end a completion, where the reference says which."""
    return frozenset(map(int, reference.mark.facts.get("eos", "").split()))


def beside(begun: Begun, sides: Mapping[str, Side | Absent]) -> list[Cell]:
    """Return each engine against itself on prompts that stand among several others.

    Where all are the same, no margin has to excuse anything, and an engine may say none.
    """
    prompts, budget = begun.asked.errand.prompts, begun.noise.budget
    cells = []
    for name, side in sides.items():
        if isinstance(side, Absent) or not neighbours.alike(prompts):
            continue
        findings = neighbours.beside_others(prompts, side.outcomes, budget)
        same = all(finding.kind == "SAME" for finding in findings)
        profile = DETERMINISM if same else begun.asked.wanted.profile
        verdict = conclude(profile, findings, budget, _dtypes(side))
        cells.append(Cell(f"{BESIDE}: {name}", side.text, side, findings, verdict))
    return cells


def golden(begun: Begun) -> Cell:
    """Return the reference against what it said once."""
    asked, reference = begun.asked, begun.reference
    text = str(asked.wanted.golden)
    try:
        findings = held.check(asked, reference, begun.noise)
    except GoldenError as error:
        return Cell(GOLDEN, text, absent=Absent(text, error))
    verdict = conclude(asked.wanted.profile, findings, begun.noise.budget, _dtypes(reference))
    return Cell(GOLDEN, text, None, findings, verdict)


def _is_itself(reference: Side, candidate: Side, prompts: Sequence[Prompt]) -> bool:
    """Say whether two sides are one thing, asked in one way."""
    same = reference.mark.essence() == candidate.mark.essence()
    return same and as_asked(reference.spec, prompts) == as_asked(candidate.spec, prompts)


def withheld(side: Side, top: int) -> str:
    """Say which prompts have no log-probabilities although their engine says that it gives them.

    An engine that is not `aligned` may leave some out. "" where none was withheld.
    """
    able = side.capabilities
    if not able.aligned or min(able.top, top) < MARGIN:
        return ""
    bare = [
        one.prompt
        for one in side.outcomes.values()
        if (made := one.generation) and made.ids
        if any(len(step.top) < MARGIN for step in made.steps or [Step()])
    ]
    return (
        f"{side.text} says that it gives log-probabilities, and did not: {bare[0]}" if bare else ""
    )


def _is_same_engine(reference: Side, candidate: Side) -> bool:
    """Say whether two sides are one engine on one model, whatever their options."""
    ours, theirs = reference.mark, candidate.mark
    return (ours.native, ours.file_sha256) == (theirs.native, theirs.file_sha256)


def _dtypes(*sides: Side) -> list[str]:
    return [side.capabilities.dtype for side in sides]


def _repeats(reference: Side, again: Side, cells: Sequence[Cell]) -> Repeats:
    """Return what the runs of one engine have in common."""
    runs: Mapping[str, Side] = {
        "reference": reference, REPEAT: again,
        **{cell.name: cell.side for cell in cells if cell.side},
    }  # fmt: skip
    return repeats({name: list(side.outcomes.values()) for name, side in runs.items()})
