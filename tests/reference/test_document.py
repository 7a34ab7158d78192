"""parity.reference.document: a bad file is refused with the place of the fault."""

import pytest

from parity import reference
from parity.errors import BadSpec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n  oops", r":2:3: this is not JSON"),
        ("{}", r"\$: the key 'model' is missing"),
        ('{"model": {"type": "BPE", "vocab": {}}}', r"\$\.model: the key 'merges' is missing"),
        (
            '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}',
            r"\$\.model\.merges\[0\]: the merge 'a b' needs 'b', not in model.vocab",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_place(text, message, tmp_path):
    """An error says where in the file it is."""
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(BadSpec, match=message):
        reference.load(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    """An error says what was looked for and what to name instead."""
    with pytest.raises(BadSpec, match=r"name a tokenizer\.json or its folder"):
        reference.load(tmp_path / "nowhere")


PLAIN = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a", "merges": None}
SCORES = {"type": "Unigram", "unk_id": 0}
FAULTS = {
    "an id that comes twice": (
        {"model": PLAIN | {"vocab": {"a": 1, "b": 1}}},
        r"\$\.model\.vocab\.b: the id 1 is that of 'a' too",
    ),
    "an id that is none": (
        {"model": PLAIN | {"vocab": {"a": -1}}},
        r"\$\.model\.vocab\.a: expected an id from 0",
    ),
    "an unknown model": ({"model": {"type": "Nope"}}, r"\$\.model: unknown model type 'Nope'"),
    "a key that is missing": (
        {"model": PLAIN | {"type": "WordPiece", "continuing_subword_prefix": "##"}},
        r"\$\.model: the key 'max_input_chars_per_word' is missing",
    ),
    "a score that is no number": (
        {"model": SCORES | {"vocab": [["a", 0.0], ["b", float("nan")]]}},
        r"\$\.model\.vocab\[1\]: expected \[token, finite score\], found \"\['b', nan",
    ),
    "a score without end": (
        {"model": SCORES | {"vocab": [["a", float("inf")]]}},
        r"\$\.model\.vocab\[0\]: expected",
    ),
    "an unknown id beyond the vocabulary": (
        {"model": SCORES | {"vocab": [["a", 0.0]], "unk_id": 1}},
        r"\$\.model\.unk_id: 1 is no id of the 1 tokens",
    ),
    "a charsmap that is cut": (
        {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "ALwCAACEAAAAAACA"}},
        r"\$\.normalizer\.precompiled_charsmap: the charsmap is cut: 8 bytes, and 179200 are",
    ),
    "a charsmap that is not base64": (
        {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "!"}},
        r"precompiled_charsmap: this is not base64",
    ),
    "a component in a sequence": (
        {"decoder": {"type": "Sequence", "decoders": [{"type": "Fuse"}, {}]}},
        r"\$\.decoder\.decoders\[1\]: the key 'type' is missing",
    ),
    "a behaviour": (
        {"pre_tokenizer": {"type": "Punctuation", "behavior": "Nope"}},
        r"\$\.pre_tokenizer\.behavior: 'Nope' is none of Removed",
    ),
    "two characters for one": (
        {"pre_tokenizer": {"type": "CharDelimiterSplit", "delimiter": "ab"}},
        r"\$\.pre_tokenizer\.delimiter: expected one character, found 'ab'",
    ),
    "two ways to say where a space is put": (
        {
            "pre_tokenizer": {
                "type": "Metaspace",
                "replacement": "_",
                "add_prefix_space": False,
                "prepend_scheme": "always",
            }
        },
        r"\$\.pre_tokenizer\.add_prefix_space: false, and prepend_scheme is 'always'",
    ),
    "a strategy": (
        {"truncation": {"max_length": 1, "stride": 0, "strategy": "Nope"}},
        r"\$\.truncation\.strategy: 'Nope' is none of LongestFirst",
    ),
    "a length": (
        {"padding": {"strategy": {"Fixed": -1}}},
        r"\$\.padding\.strategy\.Fixed: -1 is outside of 0 to 18446744073709551615",
    ),
}


@pytest.mark.parametrize(("keys", "message"), FAULTS.values(), ids=FAULTS)
def test_a_bad_value_is_refused_with_its_path(keys, message, ours):
    """An error names the JSON path of what is wrong, and what is wrong with it."""
    with pytest.raises(BadSpec, match=message):
        ours(**keys)
