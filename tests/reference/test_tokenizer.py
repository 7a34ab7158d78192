"""parity.reference.tokenizer against tokenizers: ids, offsets, decoded text, errors."""

import random

import pytest

from parity.errors import BadSpec

MODES = ("parse", "plain", "template")
BYTE_LEVEL = {
    "type": "ByteLevel",
    "add_prefix_space": True,
    "trim_offsets": True,
    "use_regex": True,
}
TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [
        {"SpecialToken": {"id": "<s>", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "end", "type_id": 0}},
    ],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {
        "<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
        "end": {"id": "end", "ids": [2, 3], "tokens": ["x", "\u0120y"]},
    },
}
VARIANTS = {
    "as trained": {},
    "gpt2": {"normalizer": None, "pre_tokenizer": BYTE_LEVEL, "post_processor": BYTE_LEVEL},
    "ignore merges": {"model": {"ignore_merges": True}},
    "nothing but the model": {"normalizer": None, "pre_tokenizer": None, "decoder": None},
    "template": {"post_processor": TEMPLATE},
    "trimmed, then template": {
        "post_processor": {"type": "Sequence", "processors": [BYTE_LEVEL, TEMPLATE]}
    },
    "template, then trimmed": {
        "post_processor": {"type": "Sequence", "processors": [TEMPLATE, BYTE_LEVEL]}
    },
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("keys", VARIANTS.values(), ids=VARIANTS)
def test_ids_and_offsets_are_those_of_tokenizers(keys, mode, pair, texts):
    """Both make the same ids of the same places, whatever the components and the mode."""
    both = pair(**keys)
    differing = [
        text for text in texts for rust, ours in [both.observe(text, mode)] if rust != ours
    ]

    assert differing == []


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("keys", VARIANTS.values(), ids=VARIANTS)
def test_decoded_text_is_that_of_tokenizers(keys, skip, pair):
    """Any ids, ill-formed UTF-8 and ids without a token included, decode to the same text."""
    both = pair(**keys)
    draw = random.Random(4)  # noqa: S311 - seeded on purpose
    lists = [[draw.randrange(450) for _ in range(draw.randint(0, 9))] for _ in range(1500)]

    assert [both.ours.decode(ids, skip) for ids in lists] == [
        both.rust.decode(ids, skip_special_tokens=skip) for ids in lists
    ]


def test_vocabulary_has_the_effective_ids(pair):
    """Tokens and added tokens stand under the ids that encoding gives, with all their flags."""
    both = pair()
    vocabulary = both.ours.vocabulary()
    rust = both.rust.get_added_tokens_decoder()

    assert vocabulary.tokens == {id: token for token, id in both.rust.get_vocab().items()}
    assert {id: tuple(token) for id, token in vocabulary.added.items()} == {
        id: (t.content, t.special, t.single_word, t.lstrip, t.rstrip, t.normalized)
        for id, t in rust.items()
    }


@pytest.mark.parametrize("ids", [[-1], [2**32], ["a"], [1.0], [None]], ids=repr)
def test_impossible_ids_raise_what_tokenizers_raises(ids, pair):
    """What is no 32-bit id is refused by type, not dropped."""
    both = pair()
    with pytest.raises((OverflowError, TypeError)) as rust:
        both.rust.decode(ids)
    with pytest.raises(rust.type):
        both.ours.decode(ids)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", b"a", None, 1], ids=ascii)
def test_impossible_texts_raise_type_error(text, pair):
    """A lone surrogate has no UTF-8 and bytes are no text; tokenizers raises TypeError too."""
    both = pair()
    with pytest.raises(TypeError):
        both.rust.encode(text)
    with pytest.raises(TypeError):
        both.ours.encode(text)


@pytest.mark.parametrize("key", ["normalizer", "pre_tokenizer", "post_processor", "decoder"])
def test_a_component_that_the_format_does_not_have_is_refused(key, ours):
    """The message has the JSON path, the type, and those that there are."""
    with pytest.raises(BadSpec, match=rf"\$\.{key}\.type: unknown {key} 'Nope'; known: B"):
        ours(**{key: {"type": "Nope"}})


def test_the_stages_are_shown(pair):
    """What each stage made of a text is there as data."""
    stages = pair().ours.stages("e\u0301<s>a b")

    assert [each.text for each in stages.segments] == ["\xe9", "<s>", "a b"]
    assert [each.text for each in stages.pieces] == ["\xc3\xa9", "<s>", "a", "\u0120b"]
    assert [each.id for each in stages.tokens] == stages.encoded.ids
