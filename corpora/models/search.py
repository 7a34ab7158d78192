"""Chooses the seed of the tiny model: the one whose margins are the farthest above the noise.

    python corpora/models/search.py                     seeds 0 to 31, some minutes, a table
    python corpora/models/search.py --seeds 4 --sharpness 2

A seed's margin is the smallest gap of the two best logits in 32 prompts of 64 steps; its noise is
the greatest change of any such gap where the same is computed in batches of 8, padded on the left,
and in float64. Ids must be the same in all three. Loops are completions that end in a period of at
most 16 ids: a model that repeats itself says nothing new. Needs torch and transformers.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import build
import torch
import transformers

PROMPTS, STEPS, BATCH, PERIOD = 32, 64, 8, 16
LENGTHS: Final = (4, 8, 16, 24, 32, 48, 64, 128)
"""Of a batch; random ids, below those of special tokens."""
WORDS: Final = 600


class Row(NamedTuple):
    """What is found of a seed."""

    seed: int
    ratio: float
    margin: float
    noise: float
    same: int
    loops: int
    ends: int


def prompts() -> list[list[int]]:
    """Return the prompts: ids that only this file decides."""
    found = []
    for number in range(PROMPTS):
        length = LENGTHS[number % len(LENGTHS)]
        data = hashlib.shake_256(f"prompt {number}".encode()).digest(2 * length)
        pairs = zip(data[::2], data[1::2], strict=True)
        found.append([(low + 256 * high) % WORDS for low, high in pairs])
    return found


def completed(model: Any, asked: list[list[int]], batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the new ids and the logits of each prompt; padded on the left, never ended by EOS."""
    ids, logits = [], []
    for start in range(0, len(asked), batch):
        some = asked[start : start + batch]
        width = max(map(len, some))
        padded = torch.tensor([[604] * (width - len(one)) + one for one in some])
        mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in some])
        made = model.generate(
            input_ids=padded, attention_mask=mask, max_new_tokens=STEPS, do_sample=False,
            eos_token_id=None, pad_token_id=604, output_logits=True, return_dict_in_generate=True,
        )  # fmt: skip
        ids.append(made.sequences[:, width:])
        logits.append(torch.stack(made.logits, dim=1).double())
    return torch.cat(ids), torch.cat(logits)


def row(seed: int, sharpness: float) -> Row:
    """Return what is found of a seed."""
    with tempfile.TemporaryDirectory() as folder:
        build.write(Path(folder), build.files(seed, sharpness))
        single, double = (
            transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
            for dtype in (torch.float32, torch.float64)
        )
    ids, logits = completed(single, prompts(), 1)
    others = [completed(single, prompts(), BATCH), completed(double, prompts(), BATCH)]
    first, second = logits.topk(2).indices.unbind(-1)
    gap = gaps(logits, first, second)
    same = sum(bool((ids == other).all()) for other, _ in others)
    noise = max(float((gaps(other, first, second) - gap).abs().max()) for _, other in others)
    loops = sum(map(looping, ids.tolist()))
    ends = int(((ids == 602) | (ids == 600)).any(-1).sum())
    return Row(seed, float(gap.min()) / noise, float(gap.min()), noise, same, loops, ends)


def gaps(logits: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return how far the second is below the first, at each step."""
    return (logits.gather(-1, first[..., None]) - logits.gather(-1, second[..., None]))[..., 0]


def looping(ids: list[int]) -> bool:
    """Say whether the end repeats itself."""
    return any(ids[-3 * period :] == ids[-period:] * 3 for period in range(1, PERIOD + 1))


def main() -> int:
    """Print the table, best first."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--sharpness", type=float, default=build.SHARPNESS)
    options = parser.parse_args()

    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    rows = [row(seed, options.sharpness) for seed in range(options.seeds)]
    print("| seed | margin / noise | margin | noise | same ids | loops | with EOS |")
    print("|---|---|---|---|---|---|---|")
    for one in sorted(rows, key=lambda one: -one.ratio):
        print(
            f"| {one.seed} | {one.ratio:.0f} | {one.margin:.2g} | {one.noise:.2g} "
            f"| {one.same}/2 | {one.loops}/{PROMPTS} | {one.ends}/{PROMPTS} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
