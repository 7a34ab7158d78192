"""The `tiktoken` backend: a rank file, its pattern and its special tokens."""

import json
import shutil

import pytest

from parity.artefact import resolve
from parity.backends import load
from parity.errors import BadSpec, Unsupported

TINY = "tiny:byte-bpe-600"
TEXTS = ["", " a  b", "x<|im_start|>y", "caf\u00e9 \U0001f600", "e\u0301"]


@pytest.fixture(scope="module")
def backend():
    """The tiny tokenizer."""
    return load(f"tiktoken:{TINY}")


@pytest.fixture(scope="module")
def hf():
    """The same, in the eyes of the tokenizers package."""
    return load(f"hf:{TINY}")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("specials", ["parse", "template"])
def test_ids_are_those_of_the_same_tokenizer(backend, hf, text, specials):
    """The folder's two files are one tokenizer, BOS and EOS too."""
    assert backend.encode(text, specials).ids == hf.encode(text, specials).ids


def test_ranks_are_those_of_the_file_now(tmp_path, monkeypatch):
    """The library keeps a copy by path: another folder's, or yesterday's, must not be taken."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "kept"))
    found = []
    for name in ("byte-bpe-600", "byte-bpe-4096"):
        (tmp_path / name).mkdir()
        shutil.copytree(resolve(f"tiny:{name}"), tmp_path / name / "mine")
        monkeypatch.chdir(tmp_path / name)
        found.append(load("tiktoken:mine").encode("abc def").ids)

    assert found == [load(f"hf:tiny:{name}").encode("abc def").ids for name in
                     ("byte-bpe-600", "byte-bpe-4096")]  # fmt: skip
    assert found[0] != found[1]


def test_plain_text_holds_no_special_token(backend):
    """`encode_ordinary` is what tiktoken calls it."""
    assert len(backend.encode("<|im_start|>", "plain").ids) > 1
    assert len(backend.encode("<|im_start|>").ids) == 1


def test_there_are_no_offsets(backend):
    """The library knows only where a token starts."""
    assert backend.encode("a").offsets is None


def test_bytes_need_not_be_utf8(backend):
    """What no text can hold is encoded all the same."""
    ids = backend.encode(b"\xff\xfe").ids

    assert load(f"tiktoken:{TINY},text=bytes").decode(ids) == b"\xff\xfe"


@pytest.mark.parametrize(("skip", "text"), [(True, "ab"), (False, "a<|im_end|>b")])
def test_special_tokens_are_skipped_as_asked(backend, skip, text):
    """The library itself has no such setting."""
    ids = backend.encode("a<|im_end|>b").ids

    assert [backend.decode(ids, skip), *backend.decode_batch([ids], skip)] == [text, text]


def test_without_bos_and_eos_there_is_no_template(tmp_path):
    """A rank file says nothing about them; nothing is made up."""
    folder = shutil.copytree(resolve(TINY), tmp_path / "a")
    config = json.loads((folder / "tiktoken.json").read_bytes())
    del config["bos"]
    (folder / "tiktoken.json").write_text(json.dumps(config))

    with pytest.raises(Unsupported, match="has no bos and eos"):
        load(f"tiktoken:{folder}").encode("a", "template")


@pytest.mark.parametrize("key", ["ranks", "pattern", "special_tokens"])
def test_a_missing_key_is_named(tmp_path, key):
    """No default stands in for what decides the ids."""
    config = json.loads((resolve(TINY) / "tiktoken.json").read_bytes())
    del config[key]
    (tmp_path / "tiktoken.json").write_text(json.dumps(config))

    with pytest.raises(BadSpec, match=f"the key '{key}' is wanted"):
        load(f"tiktoken:{tmp_path}")


def test_a_rank_file_needs_a_pattern():
    """Without it another tokenizer would answer."""
    with pytest.raises(BadSpec, match="needs pattern="):
        load(f"tiktoken:{resolve(TINY)}/ranks.tiktoken")


def test_the_effective_ids_are_the_declared_ones(backend):
    """Every special token is in the vocabulary."""
    found = backend.vocabulary()

    assert {token.content: id for id, token in found.added.items()} == found.declared
