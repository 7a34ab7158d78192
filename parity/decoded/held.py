"""The reference against what it said once: goldens, by sets; only --update writes them."""

from __future__ import annotations

import os
from pathlib import Path

from parity.decoded.asked import Asked
from parity.decoded.noise import Noise, key_of
from parity.decoded.sides import Side, digest_of
from parity.decoding import budgets, goldens
from parity.decoding.budgets import Key
from parity.decoding.findings import Finding
from parity.errors import GoldenError, Inconclusive


def check(asked: Asked, reference: Side, noise: Noise) -> list[Finding]:
    """Return what is found of each prompt against the goldens. Raises GoldenError."""
    folder, key = asked.wanted.golden, key_of(reference)
    if folder is None:
        return []
    if noise.budget is None:
        raise GoldenError(f"{folder}: goldens are judged by a budget; {noise.said}")
    found: list[Finding] = []
    for name, prompts in asked.sets.items():
        path = place(folder, asked, name, key)
        golden = goldens.read(path)
        if golden.header["set_sha256"] != digest_of(prompts):
            raise GoldenError(
                f"{path}: was made of other prompts, or of other numbers of new tokens; record it "
                "again with --update"
            )
        found += goldens.check(golden, prompts, reference.outcomes, key)
    return found


def update(asked: Asked, reference: Side, noise: Noise) -> list[Path]:
    """Write the budget and the goldens, and return where. Raises GoldenError, Inconclusive.

    All of them are made before the first is written. A budget that is kept and was measured over
    more steps stays: entries of one model share it, and a short one must not narrow it.
    """
    folder = asked.wanted.golden
    if folder is None:
        return []
    if noise.budget is None:
        raise Inconclusive(f"no golden is written without a budget: {noise.said}")
    kept = budgets.read(folder, noise.budget.key)
    stays = kept if kept and kept.steps > noise.budget.steps else None
    texts = {}
    for name, prompts in asked.sets.items():
        model, budget = model_name(asked), stays or noise.budget
        head = goldens.header(model, name, digest_of(prompts), reference.mark, budget)
        path = place(folder, asked, name, noise.budget.key)
        if path in texts:
            raise GoldenError(f"{path}: two sets of prompts would be kept there; rename one")
        texts[path] = goldens.render(head, prompts, reference.outcomes)
    written = [] if stays else [budgets.write(folder, noise.budget, os.environ)]
    for path, text in texts.items():
        goldens.write(path, text, os.environ)
        written.append(path)
    return written


def place(folder: Path, asked: Asked, name: str, key: Key) -> Path:
    """Return where the golden of a set is, whatever a user called the set: a path, too."""
    return goldens.place(folder, model_name(asked), Path(name).name.removesuffix(".jsonl"), key)


def model_name(asked: Asked) -> str:
    """Return what a model is called in the names of goldens: the last part of a path.

    >>> Path("models/qwen-2.gguf").stem
    'qwen-2'
    """
    return Path(asked.reference.model).name.removesuffix(".gguf")
