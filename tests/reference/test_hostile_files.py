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


def test_a_replace_of_nothing_at_the_start_is_refused_before_a_change(tmp_path):
    """There tokenizers panics; alone, or before what changes nothing, both give the same."""
    replace = {"type": "Replace", "pattern": {"Regex": "^"}, "content": "_"}
    for step, panics in (
        ({"type": "Lowercase"}, True),
        ({"type": "Prepend", "prepend": "q"}, False),
    ):
        path = tmp_path / "tokenizer.json"
        normalizer = {"type": "Sequence", "normalizers": [replace, step]}
        path.write_text(json.dumps(document(WORDS, normalizer=normalizer)))
        theirs, ours = Tokenizer.from_file(str(path)), reference.load(path)
        if panics:
            with pytest.raises(BaseException, match="index out of bounds"):
                theirs.encode("Ab")
            with pytest.raises(Unsupported, match="tokenizers panics"):
                ours.encode("Ab")
        else:
            assert ours.encode("Ab").offsets == theirs.encode("Ab").offsets


@pytest.mark.parametrize("splits", [True, False])
def test_a_replace_of_nothing_at_the_start_is_refused_before_a_spelling_in_bytes(tmp_path, splits):
    """There tokenizers takes a wrong range, or panics."""
    replace = {"type": "Replace", "pattern": {"String": ""}, "content": "$1"}
    cut = {
        "type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": splits,
    }  # fmt: skip
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(document(WORDS, normalizer=replace, pre_tokenizer=cut)))

    with pytest.raises(Unsupported, match="tokenizers panics"):
        reference.load(path).encode("a")


def test_a_template_of_one_text_that_names_a_second_is_refused(tmp_path):
    """As tokenizers does, when it is asked."""
    second = {"Sequence": {"id": "B", "type_id": 0}}
    template = {"type": "TemplateProcessing", "single": [second], "pair": [second]}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(document(WORDS, post_processor={**template, "special_tokens": {}})))

    with pytest.raises(Unsupported, match="names a second"):
        reference.load(path).encode("u")


@pytest.mark.parametrize("depth", [3, 400])
def test_a_sequence_of_sequences_is_read_as_deep_as_tokenizers_reads_it(tmp_path, depth):
    """Deeper it is refused, not a crash."""
    normalizer = {"type": "Lowercase"}
    for _ in range(depth):
        normalizer = {"type": "Sequence", "normalizers": [normalizer]}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(document(WORDS, normalizer=normalizer)))
    if depth > 128:
        with pytest.raises(BadSpec, match="nested"):
            reference.load(path)
        with pytest.raises(Exception, match="recursion limit"):
            Tokenizer.from_file(str(path))
    else:
        assert reference.load(path).encode("U").ids == [0]
