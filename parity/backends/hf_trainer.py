"""The byte-level BPE trainer of the `tokenizers` library, that GPT-like vocabularies are made with.

The target is the pattern that cuts texts, by name (`parity.training.patterns`) or a file. The
pipeline: `Split` by it, isolated, then `ByteLevel` without a pattern of its own and without a
prefix space; all 256 bytes are in the alphabet, there are no special tokens. `min_frequency` is 0
unless said.

The library numbers bytes in the order of their characters in the GPT-2 alphabet (`!` is 0, a space
220). The adapter translates that: a byte's id is its value, as in tiktoken's files, and tokens and
ids are given so; `numbers=own` leaves them as they are. The order of merges is the library's own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from parity.backend import Backend, Identity
from parity.errors import BadSpec
from parity.reference.byte_alphabet import CHAR_TO_BYTE
from parity.training import BYTES
from parity.training.patterns import Named, named
from parity.types import Trained

LANGUAGE: Final = "Rust"
NUMBERS: Final = ("bytes", "own")


class HFTrainer(Backend):
    """A `tokenizers.trainers.BpeTrainer` and a new tokenizer for each training."""

    name = "hf_trainer"

    def __init__(self, pattern: Named, least: int, numbers: str) -> None:
        self.pattern, self.least, self.numbers = pattern, least, numbers
        split = pre_tokenizers.Split(Regex(pattern.pattern), "isolated")
        spelling = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        self.cut = pre_tokenizers.Sequence([split, spelling])

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = self.cut
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=self.least,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=[],
            show_progress=False,
        )
        tokenizer.train_from_iterator(list(texts), trainer)
        model = json.loads(tokenizer.to_str())["model"]
        merges = [(_bytes(left), _bytes(right)) for left, right in model["merges"]]
        own = [_bytes(token) for token in sorted(model["vocab"], key=model["vocab"].__getitem__)]
        ids = [list(tokenizer.encode(text).ids) for text in held_out]
        if self.numbers == "own":
            return Trained(merges, own, ids)
        tokens = [bytes([byte]) for byte in range(BYTES)] + own[BYTES:]
        number = [token[0] for token in own[:BYTES]]
        by_value = [[number[id] if id < BYTES else id for id in one] for one in ids]
        return Trained(merges, tokens, by_value)

    def identity(self) -> Identity:
        facts = {
            "trainer": "BpeTrainer",
            "min_frequency": str(self.least),
            "numbers": self.numbers,
            **self.pattern.fact,
        }
        return Identity(Tokenizer, "tokenizers", (), ["tokenizers"], facts)


def _bytes(token: str) -> bytes:
    return bytes(CHAR_TO_BYTE[character] for character in token)


def make(target: str, min_frequency: str = "0", numbers: str = "bytes") -> Backend:
    """Return the backend for a pattern, by name or in a file."""
    if not min_frequency.isdecimal() or len(min_frequency) > len(str(1 << 63)) - 1:
        raise BadSpec(f"hf_trainer: min_frequency is a number from 0, not {min_frequency!r}")
    if numbers not in NUMBERS:
        raise BadSpec(f"hf_trainer: numbers is {' or '.join(NUMBERS)}, not {numbers!r}")
    return HFTrainer(named(target), int(min_frequency), numbers)
