"""Files that are wrong in odd ways: an error with its place; and two added tokens with one id."""

import json

import pytest
from tokenizers import Tokenizer

from parity import reference
from parity.errors import BadSpec, Unsupported


def document(model, **more):
    """A tokenizer.json with a model and nothing else."""
    nothing = dict.fromkeys(("normalizer", "pre_tokenizer", "post_processor", "decoder"))
    return {"version": "1.0", "added_tokens": [], **nothing, "model": model, **more}


def added(id, content):
    """An added token without any flag."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    return {"id": id, "content": content, **flags}


WORDS = {"type": "WordLevel", "vocab": {"u": 0, "\u00e9": 2}, "unk_token": "u"}
BPE = {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}
UNIGRAM = {"type": "Unigram", "unk_id": 0, "vocab": [["u", 0.0]]}


@pytest.mark.parametrize("text", ["<x>\u00e9", "<x> \u00e9", "\u00e9", "<x>"])
def test_of_two_added_tokens_with_one_id_the_last_is_looked_for(tmp_path, text):
    """In a vocabulary with a gap the next free id may be taken; tokenizers searches only one."""
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(document(WORDS, added_tokens=[added(2, "<x>"), added(2, "\u00e9")])))

    theirs = Tokenizer.from_file(str(path)).encode(text, add_special_tokens=False)

    assert reference.load(path).encode(text).ids == theirs.ids


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        json.dumps(document(WORDS)).replace("2}", "9" * 5_000 + "}"),
        json.dumps(document({**UNIGRAM, "vocab": [["u", 10**400]]})),
        json.dumps(document({**BPE, "merges": [[1, 2]]})),
        json.dumps(document({**BPE, "merges": [["a", ["b"]]], "continuing_subword_prefix": "##"})),
        json.dumps(document({**WORDS, "vocab": {"u": 0, "\ud800": 1}})),
    ],
    ids=["nested", "digits", "score", "numbers", "lists", "surrogate"],
)
def test_a_file_that_is_wrong_is_named(tmp_path, text):
    """Whatever Python makes of it first."""
    path = tmp_path / "tokenizer.json"
    path.write_text(text)

    with pytest.raises(BadSpec, match=r"tokenizer\.json"):
        reference.load(path)


def test_a_prepend_of_nothing_is_refused(tmp_path):
    """It moves the offset of the first character in tokenizers, and does nothing else."""
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(document(BPE, normalizer={"type": "Prepend", "prepend": ""})))

    with pytest.raises(Unsupported, match="prepend"):
        reference.load(path)
