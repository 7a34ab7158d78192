"""The reference against what it said once: goldens, by sets; only --update writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from parity.decoded.asked import Asked
from parity.decoded.noise import Noise
from parity.decoded.sides import Errand, Side
from parity.decoding import budgets, goldens
from parity.decoding.findings import Finding
from parity.decoding.records import Prompt
from parity.errors import GoldenError, Inconclusive


def names(asked: Asked) -> Iterator[tuple[str, list[Prompt]]]:
    """Yield the sets of the prompts, each with those of its prompts that are asked."""
    for name in dict.fromkeys(prompt.set for prompt in asked.errand.prompts):
        yield name, [prompt for prompt in asked.errand.prompts if prompt.set == name]


def check(asked: Asked, reference: Side, noise: Noise) -> list[Finding]:
    """Return what is found of each prompt against the goldens. Raises GoldenError.

    Without a budget there is nothing to hold the reference to, and that is an error, too.
    """
    folder = asked.wanted.golden
    if folder is None:
        return []
    if noise.budget is None:
        raise GoldenError(f"{folder}: goldens are judged by a budget; {noise.said}")
    found: list[Finding] = []
    for name, prompts in names(asked):
        golden = goldens.read(goldens.place(folder, model_name(asked), name, noise.budget))
        found += goldens.check(golden, prompts, reference.outcomes, noise.budget)
    return found


def update(asked: Asked, reference: Side, noise: Noise) -> list[Path]:
    """Write the budget and the goldens, and return where. Raises GoldenError, Inconclusive."""
    folder = asked.wanted.golden
    if folder is None:
        return []
    if noise.budget is None:
        raise Inconclusive(f"no golden is written without a budget: {noise.said}")
    written = [budgets.write(folder, noise.budget, os.environ)]
    for name, prompts in names(asked):
        path = goldens.place(folder, model_name(asked), name, noise.budget)
        digest = Errand(prompts, asked.errand.top, Path()).digest
        head = goldens.header(model_name(asked), name, digest, reference.mark, noise.budget)
        goldens.write(path, goldens.render(head, prompts, reference.outcomes), os.environ)
        written.append(path)
    return written


def model_name(asked: Asked) -> str:
    """Return what a model is called in the names of goldens: the last part of a path.

    >>> Path("models/qwen-2.gguf").stem
    'qwen-2'
    """
    return Path(asked.reference.model).stem
