"""GGUF metadata becomes a tokenizer.json that both readers of it load, with the same ids."""

import base64
import json

import pytest
import tokenizers

from parity import reference
from parity.errors import BadSpec, Refused
from parity.gguf_vocabulary import (
    BYTE,
    CONTROL,
    NORMAL,
    PIPELINES,
    USER_DEFINED,
    document,
    templates,
)
from parity.reference.byte_alphabet import BYTE_TO_CHAR

SPACE = "\u2581"


def metadata(model, tokens, types=None, **others):
    """What a file says, under llama.cpp's keys."""
    fields = {
        "model": model,
        "tokens": list(tokens),
        "token_type": types or [NORMAL] * len(tokens),
        **others,
    }
    return {f"tokenizer.ggml.{key}": value for key, value in fields.items()}


def byte_level(**others):
    """The 256 bytes, `ab`, a word, a special token."""
    tokens = [*BYTE_TO_CHAR, "ab", "\u0120ab", "<|end|>"]
    fields = {"pre": "gpt-2", "merges": ["a b", "\u0120 ab"], **others}
    return metadata("gpt2", tokens, [*[NORMAL] * 258, CONTROL], **fields)


def pieces(model="llama", **others):
    """SentencePiece's: three special, the bytes, then letters with scores."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    words = [SPACE, "a", "b", "ab", f"{SPACE}ab", "<tool>"]
    types = [2, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * 5, USER_DEFINED]
    scores = [0.0] * 259 + [-4.0, -5.0, -6.0, -1.0, -2.0, 0.0]
    return metadata(model, [*tokens, *words], types, scores=scores, **others)


def wordpiece():
    """Bert's, as llama.cpp spells them."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", f"{SPACE}ab", "c", f"{SPACE}c"]
    ids = {"unknown_token_id": 1, "cls_token_id": 2, "seperator_token_id": 3}
    return metadata("bert", tokens, [CONTROL, 2, CONTROL, CONTROL, *[NORMAL] * 3], **ids)


def unigram(**others):
    """XLM-R's, without a charsmap."""
    tokens = ["<s>", "<pad>", "</s>", "<unk>", f"{SPACE}a", "b", f"{SPACE}ab"]
    fields = {"scores": [0.0, 0.0, 0.0, 0.0, -2.0, -3.0, -4.0], "unknown_token_id": 3}
    types = [CONTROL, CONTROL, CONTROL, 2, *[NORMAL] * 3]
    return metadata("t5", tokens, types, bos_token_id=0, eos_token_id=2, **fields, **others)


def read(tmp_path, made):
    """Both readers of a document."""
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return tokenizers.Tokenizer.from_file(str(path)), reference.load(path)


@pytest.mark.parametrize(
    ("given", "text", "ids"),
    [
        pytest.param(byte_level(), "ab ab!<|end|>", [256, 257, 0x21, 258], id="gpt2"),
        pytest.param(pieces(), "ab\u00e9<tool>", [263, 198, 172, 264], id="llama"),
        pytest.param(
            pieces(add_space_prefix=False), "ab ab", [262, 263], id="llama-without-prefix"
        ),
        pytest.param(
            pieces("gemma4", merges=["a b", f"{SPACE} ab"]), "ab  b", [262, 259, 259, 261],
            id="gemma4",
        ),
        pytest.param(wordpiece(), "AB abc z", [4, 4, 5, 1], id="bert"),
        pytest.param(unigram(), "ab  ab z", [6, 6, 3], id="t5"),
    ],
)  # fmt: skip
def test_text_becomes_the_ids_that_the_metadata_means(tmp_path, given, text, ids):
    """Written down by hand, for tokenizers and for the reference."""
    native, ours = read(tmp_path, document(given))

    assert native.encode(text, add_special_tokens=False).ids == ids
    assert ours.encode(text).ids == ids


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        pytest.param(byte_level(), [97], id="gpt2 adds none unless asked"),
        pytest.param(
            byte_level(add_bos_token=True, bos_token_id=258), [258, 97], id="gpt2 with bos"
        ),
        pytest.param(byte_level(pre="llama-bpe", bos_token_id=258), [258, 97], id="llama-bpe"),
        pytest.param(pieces(), [1, 259, 260], id="llama adds bos unless told"),
        pytest.param(pieces(add_bos_token=False), [259, 260], id="llama without bos"),
        pytest.param(pieces(add_eos_token=True), [1, 259, 260, 2], id="llama with both"),
        pytest.param(wordpiece(), [2, 1, 3], id="bert"),
        pytest.param(unigram(), [4], id="t5 adds none unless asked"),
        pytest.param(unigram(add_bos_token=True, add_eos_token=True), [0, 4, 2], id="t5 both"),
    ],
)
def test_bos_and_eos_are_added_as_the_file_asks(tmp_path, given, ids):
    """The text `a`, as a prompt."""
    native, ours = read(tmp_path, document(given))

    assert native.encode("a").ids == ids
    assert ours.encode("a", "template").ids == ids


def test_decoding_gives_the_text_back(tmp_path):
    """Each kind, of a text that it has all of."""
    for given, text in (
        (byte_level(), "ab \u00e9"),
        (pieces(), "ab \u00e9"),
        (pieces(add_space_prefix=False), " ab"),
        (wordpiece(), "ab c"),
        (unigram(), "ab a"),
    ):
        native, ours = read(tmp_path, document(given))
        ids = ours.encode(text).ids

        assert native.decode(ids) == ours.decode(ids) == text


@pytest.mark.parametrize("pre", PIPELINES)
def test_every_named_pipeline_is_one_that_both_can_read(tmp_path, pre):
    """Digits, letters of many scripts, spaces and line ends are cut alike."""
    native, ours = read(tmp_path, document(byte_level(pre=pre, bos_token_id=258)))
    text = "ab 12345  \n\r\n\u4e2d\u6587 e\u0301\u00e9 it's IT'S \u0661\u0662, {}!! \u0939\u093f"

    seen, found = native.encode(text), ours.encode(text, "template")

    assert (seen.ids, seen.offsets) == (found.ids, found.offsets)


def test_a_file_that_names_no_pipeline_takes_the_one_that_is_given():
    """Old files have no `pre`."""
    given = byte_level()
    del given["tokenizer.ggml.pre"]

    assert document(given, "mpt")["normalizer"] == {"type": "NFC"}
    with pytest.raises(Refused, match="pre is ''; known are gpt-2, mpt"):
        document(given)


def test_a_charsmap_is_carried_over():
    """Its bytes come as a list of numbers."""
    made = document(unigram(precompiled_charsmap=[4, 0, 0, 0, 1, 2, 3, 4]))

    steps = made["normalizer"]["normalizers"]
    assert base64.b64decode(steps[0]["precompiled_charsmap"]) == b"\4\0\0\0\1\2\3\4"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "there is no tokenizer.ggml.model: the file has no tokenizer inside"),
        (metadata("gpt2", []), "tokens is missing or empty"),
        (metadata("gpt2", ["a", "b"], [NORMAL], pre="gpt-2"), "has 1 entries for 2 tokens"),
        (metadata("gpt2", ["a", "b", "a"], pre="gpt-2"), "tokens has 'a' twice"),
        (metadata("gpt2", ["a"], pre="gpt-2"), "merges is missing or empty"),
        (byte_level(merges=["ab"]), r"merges\[0\] is 'ab'; two tokens and a space are wanted"),
        (byte_level(add_bos_token=True, bos_token_id=9999), "bos_token_id is 9999, and there are"),
        (metadata("llama", ["a"]), "scores is missing or empty"),
        (
            metadata("bert", [f"{SPACE}##a", "a"]),
            "words that are one when",
        ),
    ],
)
def test_what_cannot_be_meant_is_said(given, said):
    """The key, what it is, and what was wanted."""
    with pytest.raises(BadSpec, match=said):
        document(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (metadata("rwkv", ["a"]), "model is 'rwkv'; known are gpt2, llama, gemma4, bert, t5"),
        (metadata("gpt2", ["a"], pre="nobody's"), 'pre is "nobody\'s"; known are gpt-2, mpt'),
    ],
)
def test_what_is_not_known_here_is_refused(given, said):
    """The file may be right: it is no user's mistake."""
    with pytest.raises(Refused, match=said):
        document(given)


def test_a_special_token_of_wordpiece_keeps_its_text():
    """Whatever it looks like; only the words of the model are spelt another way."""
    given = wordpiece()
    given["tokenizer.ggml.tokens"] += ["<tool>", "<|end|>"]
    given["tokenizer.ggml.token_type"] += [USER_DEFINED, CONTROL]

    made = document(given)

    assert [each["content"] for each in made["added_tokens"]][-2:] == ["<tool>", "<|end|>"]


@pytest.mark.parametrize("given", [wordpiece(), unigram()], ids=["bert", "t5"])
def test_what_is_added_behind_the_words_of_a_model_is_none_of_them(tmp_path, given):
    """It is found in a text, and not within a word; its id is the one that the file has."""
    given["tokenizer.ggml.tokens"] = [*given["tokenizer.ggml.tokens"], "<t>"]
    given["tokenizer.ggml.token_type"] = [*given["tokenizer.ggml.token_type"], CONTROL]
    given |= {"tokenizer.ggml.scores": [0.0, 0.0, 0.0, 0.0, -2.0, -3.0, -4.0, 0.0]}
    made = document(given)
    native, ours = read(tmp_path, made)

    assert "<t>" not in dict(made["model"]["vocab"])
    assert native.encode("<t>", add_special_tokens=False).ids == ours.encode("<t>").ids == [7]
    assert 7 not in ours.encode("<t>", "plain").ids


def test_wordpiece_is_lowercased_and_stripped_as_the_file_says():
    """Lowercase where it does not say; accents go with the case where it does not say."""
    given = wordpiece()
    cased = {**given, "tokenizer.ggml.normalizer.lowercase": False}
    accents = {**given, "tokenizer.ggml.normalizer.strip_accents": False}
    found = [
        [document(one)["normalizer"][key] for key in ("lowercase", "strip_accents")]
        for one in (given, cased, accents)
    ]

    assert found == [[True, None], [False, None], [True, False]]


def test_unigram_keeps_spaces_where_the_file_says_so(tmp_path):
    """And puts none before the text."""
    given = unigram(remove_extra_whitespaces=False, add_space_prefix=False)
    native, ours = read(tmp_path, document(given))

    assert native.encode("b ab").ids == ours.encode("b ab").ids == [5, 6]


def test_templates_come_with_the_special_tokens_that_they_name():
    """By the names that tokenizer_config.json has for them."""
    given = unigram(padding_token_id=1)
    given |= {"tokenizer.chat_template": "a", "tokenizer.chat_template.rag": "b"}

    named, tokens = templates(given)

    assert named == {"default": "a", "rag": "b"}
    assert tokens == {
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
    }  # fmt: skip
