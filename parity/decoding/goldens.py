"""What a reference said once, in git: ids, text, and the margin of each step.

golden/decode/<model>/<set>.<device>.<dtype>.jsonl
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from parity.decoding.budgets import Budget
from parity.decoding.findings import Finding
from parity.decoding.records import Outcome, Prompt
from parity.errors import GoldenError
from parity.fingerprint import Fingerprint


class Said(NamedTuple):
    """What a golden says of one prompt; `margins` are rounded down to three digits."""

    prompt_ids: tuple[int, ...] | None
    ids: tuple[int, ...]
    finish: str
    text: str | None
    margins: tuple[float | None, ...]


class Golden(NamedTuple):
    """A golden of generations, read."""

    header: dict[str, Any]
    budget: Budget
    said: dict[str, Said]


def place(folder: Path, model: str, prompts: str, budget: Budget) -> Path:
    """Return where a golden lives: by model, set, and the budget's device and dtype."""
    return folder / "decode" / model / f"{prompts}.{budget.key.device}.{budget.key.dtype}.jsonl"


def header(
    model: str, prompts: str, prompts_digest: str, made_by: Fingerprint, budget: Budget
) -> dict[str, Any]:
    """Return the first line of a golden, but for signatures. It has no path or time."""
    return {}


def render(
    head: Mapping[str, Any], prompts: Sequence[Prompt], outcomes: Mapping[str, Outcome]
) -> str:
    """Return a whole golden file, prompts in their order.

    Raises Inconclusive where a prompt has no ids or no margins: it would hold nobody to anything.
    """
    return ""


def write(path: Path, text: str, environ: Mapping[str, str]) -> None:
    """Write a golden, whole or not at all. Raises GoldenError, always where CI is set."""
    raise GoldenError(f"{path}: not written")


def read(path: Path) -> Golden:
    """Read a golden. Raises GoldenError with FILE:LINE."""
    raise GoldenError(f"{path}: there is no such golden")


def check(
    golden: Golden, prompts: Sequence[Prompt], outcomes: Mapping[str, Outcome], budget: Budget
) -> list[Finding]:
    """Return what is found of each prompt against what a golden says of it.

    budget: of the run; its key must be the golden's. Raises GoldenError where the golden is of
    another model, device or dtype, or has no line for a prompt.
    """
    return []
