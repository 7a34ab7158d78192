"""How fast the pure-Python reference is: MB/s warm, and the ratio to tokenizers' one thread.

    python -m benchmarks.reference [SPEC ...]        default: asset:deepseek

Goals, for a vocabulary of 100,000 on multilingual text: 0.5 MB/s; a file of 250,000 tokens loads in
less than 3 s; a word ten times as long costs less than twenty times as much.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from itertools import islice

import tokenizers

from benchmarks import finish, interleaved, ratio, spend, texts
from parity import artefact, reference

TEXTS = 4_000
ROUNDS = 3
WORD = 100_000
"""Characters of the short one of two long words."""


def main(targets: Sequence[str]) -> None:
    """Measure each target; see the module."""
    made = list(islice(texts(), TEXTS))
    size = sum(len(text.encode()) for text in made) / 1e6
    found = {}
    for target in targets:
        path, _ = artefact.tokenizer_json(target)
        loading = spend(partial(reference.load, path))
        ours, rust = reference.load(path), tokenizers.Tokenizer.from_file(str(path))

        def python(ours: reference.Tokenizer = ours) -> None:
            for text in made:
                ours.encode(text)

        def native(rust: tokenizers.Tokenizer = rust) -> None:
            for text in made:
                seen = rust.encode(text, add_special_tokens=False)
                _ = seen.ids, seen.offsets

        spent = interleaved({"reference": python, "tokenizers": native}, ROUNDS)
        long = [spend(partial(ours.encode, "ab" * count)).cpu for count in (WORD // 2, WORD * 5)]
        cpu = {name: [each.cpu for each in rounds] for name, rounds in spent.items()}
        found[target] = {
            "load_s": round(loading.cpu, 2),
            "mb_per_s": round(size / min(cpu["reference"]), 3),
            "times_slower": ratio(cpu["reference"], cpu["tokenizers"]),
            "word_of_a_million_s": round(long[1], 2),
            "ten_times_the_word": round(long[1] / long[0], 1),
        }
    finish("reference", ["tokenizers", "regex"], megabytes=round(size, 2), found=found)


if __name__ == "__main__":
    main(sys.argv[1:] or ["asset:deepseek"])
