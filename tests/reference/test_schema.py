"""What a component may leave out: read where tokenizers reads it, refused where it refuses."""

import json
import random

import pytest
from drawn import Drawn
from tokenizers import Tokenizer as Rust

from parity import reference
from parity.errors import BadSpec

WORDS = {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1}}
DOCUMENT = {"added_tokens": [], "model": WORDS}
MODELS = (
    WORDS,
    {
        "type": "BPE",
        **dict.fromkeys(("dropout", "unk_token", "continuing_subword_prefix"), None),
        **dict.fromkeys(("fuse_unk", "byte_fallback", "ignore_merges"), False),
        "end_of_word_suffix": None,
        "vocab": {"a": 0, "b": 1, "ab": 2},
        "merges": [["a", "b"]],
    },
    {"type": "Unigram", "unk_id": 0, "vocab": [["?", 0.0], ["a", -1]], "byte_fallback": False},
    {
        **WORDS,
        "type": "WordPiece",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 9,
    },
)
LENGTHS = {"max_length": 3, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
PADS = {
    "strategy": "BatchLongest",
    "direction": "Right",
    "pad_to_multiple_of": None,
    "pad_id": 0,
    "pad_type_id": 0,
    "pad_token": "P",
}
OLD_METASPACE = [
    {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": old, **scheme}
    for old in (True, False)
    for scheme in ({}, {"prepend_scheme": "never"}, {"prepend_scheme": "first", "str_rep": "x"})
]


def components():
    """Each component once, with the key that it stands under."""
    drawn = Drawn(random.Random(3), ["a"])  # noqa: S311 - seeded on purpose
    for key in ("normalizer", "pre_tokenizer", "decoder", "post_processor"):
        for kind, options in getattr(drawn, f"{key}s")().items():
            made = {options: []} if kind == "Sequence" else {k: v() for k, v in options.items()}
            yield key, {"type": kind, **made}
    yield from (("model", model) for model in MODELS)
    yield from (("truncation", LENGTHS), ("padding", PADS))
    yield from (("pre_tokenizer", old) for old in OLD_METASPACE)
    yield from (("decoder", old) for old in OLD_METASPACE)


def variants():
    """Each component with each of its keys removed, null or of another type."""
    for key, whole in components():
        yield key, whole
        for name, value in whole.items():
            yield key, {other: kept for other, kept in whole.items() if other != name}
            if name != "type":
                yield key, {**whole, name: None}
                yield key, {**whole, name: "7" if isinstance(value, list) else [7]}


def is_another_for_tokenizers(component):
    """A RobertaProcessing with a bad option, which tokenizers takes for a BertProcessing."""
    options = (component.get("trim_offsets"), component.get("add_prefix_space"))
    named = component.get("type") == "RobertaProcessing"
    return named and not all(isinstance(option, bool) for option in options)


@pytest.mark.parametrize(("key", "component"), [*variants()], ids=ascii)
def test_what_tokenizers_reads_is_read_and_the_rest_refused(key, component, tmp_path):
    """Both read a file to the same ids and text, or both refuse it."""
    document = json.dumps({**DOCUMENT, key: component})
    (tmp_path / "tokenizer.json").write_text(document)
    try:
        rust = Rust.from_str(document)
    except BaseException as error:  # a panic is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        rust = None
    if rust is None or is_another_for_tokenizers(component):
        with pytest.raises(BadSpec, match=rf"\$\.{key}"):
            reference.load(tmp_path)
        return
    ours = reference.load(tmp_path)

    texts = ["a", "aa"] if component.get("type") == "Unigram" else ["a a", " a", "aa"]
    for text in texts:
        assert ours.encoded(text, None, "template").ids == rust.encode(text).ids
    assert ours.decode([0, 1, 1, 0], skip_special=False) == rust.decode([0, 1, 1, 0], False)
