"""What a run came to, in words that every report uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from parity.concluding import worst
from parity.decoded.noise import Noise
from parity.decoded.running import Cell, Run, code_of
from parity.decoded.sides import Side
from parity.decoding.budgets import Budget
from parity.decoding.findings import LEVELS, Finding
from parity.errors import Inconclusive

CUDA: Final = "cuda"
LEVEL_NAMES: Final[Mapping[str, str]] = {
    name: f"L{number} {name.replace('_', ' ')}" for number, name in enumerate(LEVELS)
}
LEVEL_WORDS: Final[Mapping[str, str]] = {
    "prompt_ids": "the ids that go in",
    "ids": "the ids that come out",
    "text": "their text",
    "chunks": "what is streamed, why it ended, and what is counted",
    "shifts": "how far the two leading log-probabilities are apart, against the budget",
    "rows": "all logits, bit for bit; for information only",
}
CLASS_WORDS: Final[Mapping[str, str]] = {
    "SAME": "the same at every level that both sides have",
    "INPUT": "other ids went in: a tokenizer or a template differs",
    "DETOK": "the same ids became another text or other chunks",
    "STOP": "one ended where the other went on",
    "TIE": "two tokens were exactly as good, and the sides chose differently",
    "NEAR_TIE": "two tokens were nearer to each other than the noise of the arithmetic",
    "LOCAL": "one step is wrong by more than noise, and those before it are not: a fault",
    "SYSTEMIC": "the logits are apart by more than noise before the ids are: a fault",
    "NONDETERMINISTIC": "an engine did not say the same twice",
    "UNEXPLAINED": "other ids, and no log-probabilities that would say why",
    "FAILED": "a side failed on it",
    "ABSENT": "a side never answered",
}
WORDS: Final = {
    0: "EXACT",
    1: "DIVERGED",
    2: "NOT MEANT",
    3: "INCONCLUSIVE",
    4: "GOLDEN PROBLEM",
    5: "NOTHING",
}


def where(run: Run) -> str:
    """Say what ran where, and what was skipped for which reason.

    decode parity ran on cpu (float32); 3 cuda cells skipped: no CUDA device (torch 2.13.0+cpu)
    """
    sides = [run.reference, *(cell.side for cell in run.cells if cell.side)]
    skipped = [skip(cell) for cell in run.cells if cell.skipped]
    return where_words([place(side) for side in sides], skipped)


def where_words(places: Iterable[str], skipped: Iterable[tuple[str, str]]) -> str:
    """Return the line of `where`, of `place` and `skip`.

    >>> where_words(["cpu (float32)"] * 2, [("cuda cell", "no CUDA device")] * 3)
    'decode parity ran on cpu (float32); 3 cuda cells skipped: no CUDA device'
    """
    ran = ", ".join(dict.fromkeys(places)) or "nothing"
    counted = [
        f"{count} {kind}{'s' * (count > 1)} skipped: {reason}"
        for (kind, reason), count in Counter(skipped).items()
    ]
    return "; ".join([f"decode parity ran on {ran}", *counted])


def place(side: Side) -> str:
    """Return where a side computed, and in what."""
    return f"{side.capabilities.device} ({side.capabilities.dtype})"


def skip(cell: Cell) -> tuple[str, str]:
    """Return what kind of cell one is that was skipped, and why it was."""
    reason = str(cell.absent.error) if cell.absent else ""
    return ("cuda cell" if wants_cuda(cell) else "cell"), reason


def lacking(run: Run) -> str:
    """Say what of a required device did not run; "" where nothing is required, or all of it did."""
    wanted = run.asked.wanted.require
    if not wanted:
        return ""
    sides = [run.reference, *(cell.side for cell in run.cells if cell.side)]
    if not any(side.capabilities.device.startswith(wanted) for side in sides):
        return f"{wanted} is required, and nothing ran on it"
    if wanted == CUDA and any(cell.skipped and wants_cuda(cell) for cell in run.cells):
        return "cuda is required, and cells that want it were skipped"
    return ""


def code(run: Run) -> int:
    """Return the exit code, with what is required."""
    return worst([code_of(run), Inconclusive.exit_code if lacking(run) else 0])


def verdict(run: Run) -> str:
    """Return the run's verdict in a word or two."""
    words = {cell.verdict.word for cell in run.cells if cell.verdict and cell.code == 0}
    found = code(run)
    if found == 0 and "BOUNDED" in words:
        return "BOUNDED"
    if found == 0 and run.asked.wanted.profile == "determinism":
        return "DETERMINISTIC"
    return WORDS.get(found, f"EXIT {found}")


def problems(run: Run) -> Iterator[str]:
    """Yield why a run is not a pass, a line each."""
    if run.stopped:
        yield run.stopped
    ran = [cell for cell in run.candidates if not cell.skipped]
    if run.candidates and not ran:
        yield "every candidate was skipped: nothing was compared"
    for cell in run.cells:
        if cell.absent:
            kind = "skipped" if cell.skipped else "did not run"
            yield f"{cell.name} {kind}: {cell.absent.error}"
        elif cell.verdict and cell.code:
            why = "; ".join(cell.verdict.words[: cell.verdict.reasons])
            yield f"{cell.name}: {cell.verdict.word}: {why}"
    if lacking(run):
        yield lacking(run)


def of_cell(cell: Cell, noise: Noise) -> str:
    """Return what a cell came to, in a line."""
    if cell.absent:
        return f"{cell.name}: {'skipped' if cell.skipped else 'inconclusive'}: {cell.absent.error}"
    if cell.verdict is None:
        return f"{cell.name}: nothing was compared"
    found = cell.verdict
    counts = ", ".join(f"{kind} {count}" for kind, count in found.counts.items())
    told = [f"{cell.name}: {found.word}: {counts}", *found.words, found.statement, noise.said]
    return "; ".join(filter(None, told))


def levels(cell: Cell) -> dict[str, Counter[str]]:
    """Return how many prompts have which outcome, by level."""
    return {
        name: Counter(
            finding.levels[name].outcome for finding in cell.findings if name in finding.levels
        )
        for name in LEVELS
    }


def wants_cuda(cell: Cell) -> bool:
    """Say whether a cell is one that only CUDA can run."""
    reason = str(cell.absent.error) if cell.absent else ""
    return "device=cuda" in cell.text or "CUDA" in reason


def why(finding: Finding) -> str:
    """Return why a finding is of its class, in words."""
    return "; ".join(filter(None, [finding.note or CLASS_WORDS[finding.kind], finding.confirmed]))


def numbers(finding: Finding, budget: Budget | None) -> str:
    """Return the margins, shifts and certified steps of a finding."""
    ours, theirs = finding.margins
    known = {
        "margin of the reference": ours, "of the candidate": theirs,
        "pair shift": finding.shift, "greatest shift before": finding.ambient,
        "budget": budget.nats if budget else None,
    }  # fmt: skip
    told = [f"{name} {value:.3g}" for name, value in known.items() if value is not None]
    nats = [f"{', '.join(told)} nats"] if told else []
    return ", ".join([*nats, f"{finding.certified} of {finding.steps} steps certified"])
