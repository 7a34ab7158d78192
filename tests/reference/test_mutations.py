"""Every field of every component, spoiled in many ways: what tokenizers refuses is refused here.

Not the other way round: a type that nobody knows tokenizers takes for another component that has
the same keys, and two tokens of one id by chance for either. Such files are refused here.
"""

import copy
import json

import pytest
from tokenizers import Tokenizer

from parity import reference
from parity.errors import BadSpec, Unsupported

VOCAB = {"a": 0, "b": 1, "ab": 2, "[CLS]": 3, "[SEP]": 4}
BPE = {"type": "BPE", "dropout": None, "unk_token": None, "vocab": VOCAB, "merges": [["a", "b"]]}
BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
SPACE = {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always", "split": True}
FIRST = {"Sequence": {"id": "A", "type_id": 0}}
SECOND = {"Sequence": {"id": "B", "type_id": 1}}
START = {"SpecialToken": {"id": "[CLS]", "type_id": 0}}
PARTS = {
    "truncation": {
        "truncation": {
            "direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0,
        }
    },
    "padding": {
        "padding": {
            "strategy": {"Fixed": 4}, "direction": "Right", "pad_to_multiple_of": None,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "a",
        }
    },
    "added": {
        "added_tokens": [
            {
                "id": 5, "content": "<x>", "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True,
            }
        ]
    },
    "normalizers": {
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "NFC"},
                {"type": "Strip", "strip_left": True, "strip_right": True},
                {"type": "Replace", "pattern": {"String": "x"}, "content": "y"},
                {"type": "Prepend", "prepend": "_"},
                {
                    "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                    "strip_accents": None, "lowercase": True,
                },
            ],
        }
    },
    "pre-tokenizers": {
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                SPACE,
                {
                    "type": "Split", "pattern": {"Regex": "a+"}, "behavior": "Isolated",
                    "invert": False,
                },
                {"type": "Punctuation", "behavior": "Isolated"},
                {"type": "Digits", "individual_digits": True},
                {"type": "CharDelimiterSplit", "delimiter": "-"},
                {"type": "FixedLength", "length": 3},
                BYTES,
            ],
        }
    },
    "template": {
        "post_processor": {
            "type": "TemplateProcessing", "single": [START, FIRST], "pair": [FIRST, SECOND],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [3], "tokens": ["[CLS]"]}},
        }
    },
    "bert": {
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 4], "cls": ["[CLS]", 3]}
    },
    "roberta": {
        "post_processor": {
            "type": "RobertaProcessing", "sep": ["[SEP]", 4], "cls": ["[CLS]", 3],
            "trim_offsets": True, "add_prefix_space": True,
        }
    },
    "decoders": {
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "x"}, "content": " "},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
                SPACE,
                {"type": "WordPiece", "prefix": "##", "cleanup": True},
                {"type": "BPEDecoder", "suffix": "</w>"},
                {
                    "type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|",
                    "cleanup": True,
                },
                BYTES,
            ],
        }
    },
    "word piece": {
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1, "##b": 2},
        }
    },
    "unigram": {
        "model": {
            "type": "Unigram", "unk_id": 0, "byte_fallback": False,
            "vocab": [["<unk>", 0.0], ["a", -1.5], ["b", -2.0]],
        }
    },
    "bpe": {
        "model": {
            "type": "BPE", "dropout": None, "unk_token": "a", "continuing_subword_prefix": "##",
            "end_of_word_suffix": "</w>", "fuse_unk": False, "byte_fallback": False,
            "ignore_merges": False, "vocab": {"a": 0, "##b": 1, "ab": 2}, "merges": [["a", "##b"]],
        }
    },
}  # fmt: skip
WRONG = (None, True, -1, 2**32, 2**70, 1.5, "", "ab", [], {}, ["a", 1], {"a": 1})
MISSING = object()


def places(value, path=()):
    """Where anything can be spoiled."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def spoiled(part):
    """Each file with one field spoiled, and what was done."""
    nothing = dict.fromkeys(("normalizer", "pre_tokenizer", "post_processor", "decoder"))
    whole = {"version": "1.0", "added_tokens": [], **nothing, "model": BPE, **PARTS[part]}
    for path in places(PARTS[part]):
        for wrong in (MISSING, *WRONG):
            document = copy.deepcopy(whole)
            inner = document
            for key in path[:-1]:
                inner = inner[key]
            if wrong is MISSING:
                del inner[path[-1]]
            else:
                inner[path[-1]] = wrong
            yield f"{path} {'missing' if wrong is MISSING else wrong!r}", document


def refused_by_tokenizers(document):
    """Say whether tokenizers refuses a file; it panics at some."""
    try:
        Tokenizer.from_str(json.dumps(document))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return True
    return False


@pytest.mark.parametrize("part", PARTS)
def test_what_tokenizers_refuses_is_refused_with_its_path(part, tmp_path):
    """A named error with the JSON path, whatever the field and the value."""
    path, wrong, refused = tmp_path / "tokenizer.json", [], 0
    for about, document in spoiled(part):
        path.write_text(json.dumps(document))
        try:
            reference.load(path)
            reason = ""
        except (BadSpec, Unsupported) as error:
            reason = str(error)
        theirs = refused_by_tokenizers(document)
        refused += theirs
        if theirs and not reason:
            wrong.append(f"accepted: {about}")
        if reason and "$" not in reason and "pattern" not in reason:
            wrong.append(f"no path: {about}: {reason}")

    assert refused
    assert not wrong
