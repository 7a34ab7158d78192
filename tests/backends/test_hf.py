"""The `hf` backend: what the tokenizers package gives, and nothing else."""

import pytest
import tokenizers

from parity.artefact import resolve
from parity.backends import load
from parity.errors import Unsupported

TINY = "tiny:byte-bpe-600"
BACKEND = load(f"hf:{TINY}")
NATIVE = tokenizers.Tokenizer.from_file(str(resolve(TINY) / "tokenizer.json"))
TEXTS = ["", " a  b", "x<|im_start|>y", "caf\u00e9 \U0001f600", "<think>"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("specials", "template"), [("parse", False), ("template", True)])
def test_ids_and_offsets_are_the_librarys(text, specials, template):
    """`template` adds what the post-processor adds, `parse` does not."""
    native = NATIVE.encode(text, add_special_tokens=template)

    assert BACKEND.encode(text, specials) == (native.ids, native.offsets)


def test_plain_text_holds_no_special_token():
    """And the backend parses again afterwards."""
    plain = BACKEND.encode("<|im_start|>", "plain").ids

    assert len(plain) > 1
    assert len(BACKEND.encode("<|im_start|>").ids) == 1


@pytest.mark.parametrize("specials", ["parse", "plain", "template"])
def test_a_batch_is_the_librarys_own_call(specials):
    """Its ids, in order; offsets are not asked for."""
    batch = BACKEND.encode_batch(TEXTS, specials)

    assert [seen.ids for seen in batch] == [BACKEND.encode(text, specials).ids for text in TEXTS]


@pytest.mark.parametrize("skip", [True, False])
def test_text_is_the_librarys(skip):
    """Special tokens are skipped as asked."""
    ids = BACKEND.encode("a<|im_end|>b").ids
    text = NATIVE.decode(ids, skip_special_tokens=skip)

    assert [BACKEND.decode(ids, skip), *BACKEND.decode_batch([ids], skip)] == [text, text]


@pytest.mark.parametrize(
    "call", [lambda: BACKEND.encode(b"a"), lambda: BACKEND.encode_batch([b"a"])]
)
def test_bytes_are_not_supported(call):
    """The library takes text only; nothing is decoded on its behalf."""
    with pytest.raises(Unsupported, match="encode of bytes"):
        call()


def test_the_vocabulary_has_effective_and_declared_ids():
    """The one as the library uses them, the other as the file says."""
    found = BACKEND.vocabulary()
    id = NATIVE.token_to_id("<|im_start|>")

    assert found.tokens[id] == found.added[id].content == "<|im_start|>"
    assert found.declared["<|im_start|>"] == id
    assert found.added[id].special is True
