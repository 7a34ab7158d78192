"""One small tokenizer with hostile added tokens, seen by tokenizers and by the reference."""

from __future__ import annotations

import json
import random
from typing import NamedTuple

import pytest
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as Rust

from parity import reference

QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ADDED = [
    "<|im|>",
    "<|im_start|>",
    AddedToken("<mask>", lstrip=True, special=True),
    AddedToken("<s>", special=True),
    AddedToken("<sep>", rstrip=True, normalized=False),
    AddedToken("<both>", lstrip=True, rstrip=True, normalized=False),
    AddedToken("Kleene", single_word=True, normalized=False),
    AddedToken("\ufb01x", normalized=True),
    AddedToken("<a b>", normalized=False),
    AddedToken("<|测试|>", normalized=False),
    "my_token_1",
    "my_token_12",
    "my_token_123",
    AddedToken("Cafe\u0301", normalized=True, rstrip=True),
    AddedToken("abc", single_word=True, normalized=False),
    AddedToken("bcd", normalized=False),
    AddedToken(" lead", normalized=False),
]
BORDERS = [
    " ", "  ", "   ", "\n", "\r\n", "\n\n", "\t", "\x0b", "\x1c", "\x85", "\xa0", "\u2028",
    "\u3000", "\u200b", "\u200d", "\ufeff", "'s", "'LL", "'\u017f", "n't", "\xe9", "e\u0301",
    "\u0301", "\u0323\u0307", "\u0307\u0323", "\u1100\u1161\u11a8", "\u1112\u1161", "\ud55c",
    "\u6c49\u5b57", "\u4e16", "\u3072", "\uff76\uff9e", "\U0001f600",
    "\U0001f469\u200d\U0001f467", "\U0001f1e9", "0", "12", "345", "\xb2", "\xbd", "\u2163",
    "\u0663", "a", "A", "hello", " world", "Stra\xdfe", "\u212a", "_", "-", "...", "!?", "\u201c",
    "\u20ac", "<", ">", "\x00", "\x7f", "n\u0303", "\u212b", "A\u030a", "\ufb01", "\u0958",
    "\u0344", "\u0f73", "\u0f71", "\u0646", "\u05e2", "\u0939\u093f", "\u0e33", "\U0001d15e",
    "\U0010ffff", "my_token_", "xKleene", "Kleene_", "Kleene\u0301", "abcd", "fix",
]  # fmt: skip
"""Strings on both sides of the borders of character classes, normal forms and added tokens."""


class Pair(NamedTuple):
    """One tokenizer.json, as both implementations read it."""

    rust: Rust
    ours: reference.Tokenizer

    def observe(self, text, specials="parse"):
        """Return ids and offsets of tokenizers, and of the reference."""
        self.rust.encode_special_tokens = specials == "plain"
        seen = self.rust.encode(text, add_special_tokens=specials == "template")
        ours = self.ours.encode(text, specials)
        return (seen.ids, seen.offsets), (ours.ids, ours.offsets)


@pytest.fixture(scope="session")
def trained():
    """The tokenizer.json of a byte-level BPE with the Qwen2 pattern, NFC and hostile tokens."""
    rust = Rust(models.BPE())
    rust.normalizer = normalizers.NFC()
    rust.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    rust.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, show_progress=False)
    rust.train_from_iterator(
        ["  hello   hello world don't 12 345 caf\xe9 \u4e16\u754c \ud55c\uad6d\n\n\tx\n"] * 9,
        trainer,
    )
    rust.add_special_tokens(ADDED[:4])
    rust.add_tokens(ADDED[4:])
    return rust.to_str()


@pytest.fixture(scope="session")
def pair(trained, tmp_path_factory):
    """A maker of pairs: the trained file with some of its keys replaced."""

    def make(**keys):
        document = json.loads(trained)
        document["model"] |= keys.pop("model", {})
        file = tmp_path_factory.mktemp("pair") / "tokenizer.json"
        file.write_text(json.dumps(document | keys), encoding="utf-8")
        return Pair(Rust.from_file(str(file)), reference.load(file.parent))

    return make


@pytest.fixture
def ours(trained, tmp_path):
    """A maker of references: the trained file with some of its keys replaced."""

    def make(**keys):
        document = json.loads(trained)
        document["model"] |= keys.pop("model", {})
        document |= keys
        (tmp_path / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
        return reference.load(tmp_path)

    return make


@pytest.fixture(scope="session")
def borders():
    """The strings that texts are drawn from."""
    return BORDERS


@pytest.fixture(scope="session")
def texts(borders):
    """Seeded texts of class borders and added tokens, old enough for anybody's Unicode tables."""
    draw = random.Random(20)  # noqa: S311 - seeded on purpose
    added = [str(getattr(token, "content", token)) for token in ADDED]

    def text():
        pool = [added, borders, borders]
        return "".join(draw.choice(draw.choice(pool)) for _ in range(draw.randint(0, 10)))

    return [text() for _ in range(700)]
