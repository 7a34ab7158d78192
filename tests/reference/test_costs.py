"""What a long input costs: eight times the text about eight times as much, not sixty-four times."""

import json
import time

import pytest

from parity import artefact, reference

TIMES = 8
WORST = 32
"""Eight times n log n is ten times; the square is sixty-four. Between them there is room."""

BPE = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<u>": 3}, "merges": [["a", "b"]]}
UNIGRAM = {"type": "Unigram", "unk_id": 0, "vocab": [["?", 0.0], ["a", -1.0], ["aaaa", -2.0]]}
WORDS = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
_, SHIPPED = artefact.tokenizer_json("tiny:unigram")
CHARSMAP = SHIPPED["normalizer"]["normalizers"][0]


def added(content, **flags):
    """An added token with some flags."""
    none = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    return {"id": 9, "content": content, **none, **flags}


LONG = {
    "merges": ({"model": BPE}, "ab"),
    "what merges never join": ({"model": BPE}, "ba"),
    "unknown": ({"model": {**BPE, "unk_token": "<u>", "fuse_unk": True}}, "x"),
    "prefixed": ({"model": {**BPE, "continuing_subword_prefix": "#"}}, "ab"),
    "unigram": ({"model": UNIGRAM}, "a"),
    "unigram, unknown": ({"model": UNIGRAM}, "x"),
    "marks that swap": ({"normalizer": {"type": "NFC"}}, "\u0301\u0323"),
    "marks of one class": ({"normalizer": {"type": "NFKD"}}, "\u0301"),
    "viramas": ({"normalizer": CHARSMAP}, "\u094d"),
    "conjuncts": ({"normalizer": CHARSMAP}, "\u0915\u094d"),
    "consonants": ({"normalizer": CHARSMAP}, "\u0915"),
    "flags": ({"normalizer": CHARSMAP}, "\U0001f1e9"),
    "joiners": ({"normalizer": CHARSMAP}, "\u200d"),
    "replaced": (
        {"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "bb"}}, "a",
    ),
    "spaces that are tokens": ({"added_tokens": [added(" ", rstrip=True)]}, " "),
    "both ways": ({"added_tokens": [added(" ", rstrip=True, lstrip=True)]}, " "),
    "tokens without end": ({"added_tokens": [added("ab", single_word=True)]}, "ab"),
    "metaspace": ({"pre_tokenizer": {"type": "Metaspace", "replacement": "_"}}, " a"),
}  # fmt: skip
"""A tokenizer, and a text that is repeated; the sizes are such that a moment is measured."""


@pytest.mark.parametrize("name", LONG)
def test_a_long_text_is_not_quadratic(name, tmp_path):
    """CPU time of this process, the best of three: a machine that is busy changes it little."""
    parts, text = LONG[name]
    nothing = dict.fromkeys(("normalizer", "pre_tokenizer", "post_processor", "decoder"))
    whole = {"version": "1.0", "added_tokens": [], **nothing, "model": WORDS, **parts}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(whole))
    tokenizer = reference.load(path)

    def seconds(size):
        spent = []
        for _ in range(3):
            start = time.process_time()
            tokenizer.encode(text * size)
            spent.append(time.process_time() - start)
        return min(spent)

    size = 3_000 // len(text)

    assert seconds(TIMES * size) < WORST * seconds(size)
