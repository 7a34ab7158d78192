"""What a GGUF file says for a tokenizer.json: the same tokenizer again, or a refusal."""

import json

import pytest

from parity import reference
from parity.artefact import tokenizer_json
from parity.errors import Refused
from parity.gguf_vocabulary import (
    BYTE,
    CONTROL,
    NORMAL,
    PIPELINES,
    PREFIX,
    UNKNOWN,
    USER_DEFINED,
    document,
)
from parity.gguf_writing import written
from parity.reference.byte_alphabet import BYTE_TO_CHAR
from parity.reference.document import Node
from tests.helpers import TINY_KINDS, without_flags

TEXT = "Hello  world, caf\u00e9 \u4e16\u754c 12345 it's\tIT'S\n\n <|im_end|><think>x"


def read_back(made):
    """The reference, on a document that was made of metadata."""
    return reference.Tokenizer(Node(made, "$", "made"))


def byte_level(**others):
    """A tokenizer.json of the 256 bytes and a word."""
    vocab = {token: id for id, token in enumerate([*BYTE_TO_CHAR, "ab"])}
    return {
        "added_tokens": [{"id": 257, "content": "<|end|>", "special": True}],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
        "post_processor": None,
        "model": {"type": "BPE", "vocab": vocab, "merges": [["a", "b"]]},
        **others,
    }


def changed(name, **others):
    """A tiny tokenizer's content with other entries."""
    return {**tokenizer_json(f"tiny:{name}")[1], **others}


@pytest.mark.parametrize("name", TINY_KINDS)
@pytest.mark.parametrize("specials", ["parse", "plain", "template"])
def test_what_is_written_is_read_back_as_the_same_tokenizer(name, specials):
    """But for the flags of added tokens, for which GGUF has no place."""
    content = without_flags(tokenizer_json(f"tiny:{name}")[1])
    again = read_back(document(written(content).metadata))

    assert again.encode(TEXT, specials).ids == read_back(content).encode(TEXT, specials).ids


@pytest.mark.parametrize("pre", PIPELINES)
def test_every_named_pipeline_has_its_way_back(pre):
    """The name may be another where two names ask for one thing."""
    row = PIPELINES[pre]
    content = byte_level(pre_tokenizer=row.cut, normalizer=row.form and {"type": row.form})
    content["model"]["ignore_merges"] = row.whole_words

    found = PIPELINES[written(content).metadata[f"{PREFIX}pre"]]

    assert (found.form, found.cut, found.whole_words) == (row.form, row.cut, row.whole_words)


def test_a_token_has_the_type_that_llama_cpp_knows_it_by():
    """Bytes, the unknown token, special and added ones; an id that nobody has is unused."""
    made = written(without_flags(tokenizer_json("tiny:fallback-bpe")[1])).metadata
    types = dict(zip(made[f"{PREFIX}tokens"], made[f"{PREFIX}token_type"], strict=True))
    wanted = {
        "<unk>": UNKNOWN, "<s>": CONTROL, "<0x0A>": BYTE, "\u2581w": NORMAL,
        "<|im_end|>": CONTROL, "<think>": USER_DEFINED,
    }  # fmt: skip

    assert {token: types[token] for token in wanted} == wanted


def test_an_id_that_nobody_has_is_a_token_that_no_text_has():
    """As llama.cpp's converters fill gaps."""
    content = byte_level(added_tokens=[{"id": 259, "content": "<|end|>", "special": True}])

    made = written(content).metadata

    assert made[f"{PREFIX}tokens"][257:] == ["[PAD257]", "[PAD258]", "<|end|>"]
    assert made[f"{PREFIX}token_type"][257:] == [5, 5, CONTROL]


def test_a_score_says_what_the_merges_say():
    """The earlier merge has the higher score; a token that no merge makes has the lowest."""
    made = written(changed("fallback-bpe")).metadata
    scores = dict(zip(made[f"{PREFIX}tokens"], made[f"{PREFIX}scores"], strict=True))
    merges = [
        pair if isinstance(pair, list) else pair.split(" ")
        for pair in changed("fallback-bpe")["model"]["merges"]
    ]
    order = list(dict.fromkeys("".join(pair) for pair in merges))

    assert sorted(order, key=scores.__getitem__, reverse=True) == order
    assert min(scores.values()) == scores["<s>"] < scores[order[-1]]


def test_merges_that_scores_cannot_say_are_kept_as_merges():
    """Where no space is put before the text: the kind `gemma4`; else they are lost, and told."""
    content = changed("fallback-bpe")
    del content["model"]["merges"][::7]
    replaced = content["normalizer"]["normalizers"][1]

    assert written(content).lost[0].endswith("cuts of tokens that are no merges")
    made = written({**content, "normalizer": replaced})
    assert made.metadata[f"{PREFIX}model"] == "gemma4"
    assert len(made.metadata[f"{PREFIX}merges"]) == len(content["model"]["merges"])


@pytest.mark.parametrize(
    ("content", "lost"),
    [
        (byte_level(), ()),
        (byte_level(normalizer={"type": "NFC"}), ("normalizer NFC",)),
        (
            byte_level(model={**byte_level()["model"], "ignore_merges": True}),
            ("ignore_merges true",),
        ),
        (
            byte_level(
                added_tokens=[{"id": 257, "content": "<m>", "special": True, "lstrip": True}]
            ),
            ("lstrip of 1 added tokens",),
        ),
        (
            byte_level(
                post_processor={
                    "type": "TemplateProcessing",
                    "single": [
                        *[{"SpecialToken": {"id": "<|end|>", "type_id": 0}}] * 2,
                        {"Sequence": {"id": "A", "type_id": 0}},
                    ],
                    "special_tokens": {"<|end|>": {"ids": [257], "tokens": ["<|end|>"]}},
                }
            ),
            ("what the post_processor TemplateProcessing adds",),
        ),
    ],
    ids=["nothing", "NFC", "ignore_merges", "lstrip", "two of BOS"],
)
def test_what_the_format_has_no_word_for_is_told(content, lost):
    """Every converter leaves it out."""
    assert written(content).lost == lost


def test_special_tokens_and_templates_have_their_keys():
    """By tokenizer_config.json; a token that is not in the vocabulary has no id."""
    roles = {"bos_token": "<|end|>", "pad_token": "<nobody>", "unk_token": "ab"}

    made = written(byte_level(), roles, {"default": "{{ 1 }}", "tool_use": "{{ 2 }}"}).metadata

    found = {key: value for key, value in made.items() if "_id" in key or "template" in key}
    assert found == {
        f"{PREFIX}bos_token_id": 257,
        f"{PREFIX}unknown_token_id": 256,
        "tokenizer.chat_template": "{{ 1 }}",
        "tokenizer.chat_template.tool_use": "{{ 2 }}",
    }


def unigram(**model):
    """The tiny Unigram with another entry of its model."""
    content = changed("unigram")
    return {**content, "model": {**content["model"], **model}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (byte_level(model={"type": "WordLevel", "vocab": {}}), "GGUF has no model 'WordLevel'"),
        (
            byte_level(pre_tokenizer={"type": "Whitespace"}),
            "no name for this pre_tokenizer: .*Whitespace",
        ),
        (
            byte_level(pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True}),
            "no name for this pre_tokenizer",
        ),
        (byte_level(normalizer={"type": "NFKC"}), "no normalizer .*NFKC"),
        (
            byte_level(model={**byte_level()["model"], "end_of_word_suffix": "</w>"}),
            "no end_of_word_suffix, this model has '</w>'",
        ),
        (
            byte_level(model={**byte_level()["model"], "merges": [["a ", "b"]]}),
            "has a space in it",
        ),
        (
            byte_level(added_tokens=[{"id": 256, "content": "<x>", "special": True}]),
            "id 256 is 'ab' and '<x>'",
        ),
        (
            byte_level(added_tokens=[{"id": 257, "content": "ab", "special": True}]),
            "the token 'ab' comes twice",
        ),
        (changed("fallback-bpe", normalizer={"type": "NFC"}), "puts U\\+2581 for a space"),
        (changed("wordpiece", pre_tokenizer={"type": "Whitespace"}), "not BertNormalizer and W"),
        (changed("wordpiece", post_processor=None), r"always adds \[CLS\] and \[SEP\]"),
        (
            changed(
                "wordpiece",
                normalizer={**changed("wordpiece")["normalizer"], "clean_text": False},
            ),
            "always does clean_text",
        ),
        (unigram(byte_fallback=True), "no byte_fallback"),
        (unigram(unk_id=None), "has an unknown token, this model has none"),
        (changed("unigram", normalizer={"type": "NFC"}), "Unigram has no normalizer .*NFC"),
        (changed("unigram", pre_tokenizer=None), "cut by a Metaspace, this by None"),
    ],
)  # fmt: skip
def test_what_llama_cpp_has_not_is_refused(content, said):
    """With the part of the tokenizer.json that it has not; nothing is written that is another's."""
    with pytest.raises(Refused, match=said):
        written(json.loads(json.dumps(content)))
