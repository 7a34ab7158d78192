"""The `transformers` backend: what `from_pretrained` makes of a folder."""

import pytest

from parity.artefact import resolve
from parity.backends import load
from parity.errors import BadSpec, Unsupported

TINY = "tiny:byte-bpe-600"
BACKEND = load(f"transformers:{TINY}")
TEXTS = ["", " a  b", "x<|im_start|>y", "caf\u00e9 \U0001f600"]


@pytest.mark.parametrize("specials", ["parse", "plain", "template"])
def test_a_batch_is_the_single_calls(specials):
    """In this order."""
    batch = BACKEND.encode_batch(TEXTS, specials)

    assert [seen.ids for seen in batch] == [BACKEND.encode(text, specials).ids for text in TEXTS]


def test_an_empty_batch_is_empty():
    """The library itself raises for it, in a way that says nothing about texts."""
    assert BACKEND.encode_batch([]) == []


def test_plain_text_holds_no_special_token():
    """`split_special_tokens` is what transformers calls it."""
    assert len(BACKEND.encode("<|im_start|>", "plain").ids) > 1
    assert len(BACKEND.encode("<|im_start|>").ids) == 1


def test_the_path_that_was_taken_is_in_the_identity():
    """The loader, the class it chose, and every file that it read."""
    identity = BACKEND.identity()

    assert set(identity.facts) == {"loader", "class"}
    assert {path.rpartition("/")[2] for path in identity.artefacts} == {
        "tokenizer.json",
        "tokenizer_config.json",
    }


def test_nothing_is_written_beside_the_artefact():
    """Loading a folder leaves it as it was."""
    assert not list(resolve(TINY).glob("*.lock"))


def test_a_class_that_is_not_there_is_refused():
    """It does not fall back to AutoTokenizer."""
    with pytest.raises(BadSpec, match="no tokenizer class 'NoSuch'"):
        load(f"transformers:{TINY},use=NoSuch")


def test_bytes_are_not_supported():
    """Nothing is decoded on the library's behalf."""
    with pytest.raises(Unsupported, match="encode of bytes"):
        BACKEND.encode(b"a")
