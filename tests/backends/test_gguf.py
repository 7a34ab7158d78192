"""The `gguf` backend: a GGUF file's tokenizer is the tokenizer.json that it was made of."""

import json

import pytest

from parity import fingerprint, gguf_files
from parity.artefact import tokenizer_json
from parity.backends import load
from parity.errors import BadSpec, Refused
from parity.gguf_writing import written
from parity.renderers.worker import NoTemplate
from tests.helpers import TINY_KINDS, corpus_texts, without_flags

pytest.importorskip("gguf", reason="the package gguf is not installed")
ROLES = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>"}
TEMPLATE = "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tokenizer.json and a GGUF file of each tiny tokenizer, without flags of added tokens."""
    folder = tmp_path_factory.mktemp("gguf")
    for name in TINY_KINDS:
        content = without_flags(tokenizer_json(f"tiny:{name}")[1])
        (folder / name).mkdir()
        (folder / name / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
        said = written(content, ROLES, {"default": TEMPLATE, "tool_use": "tools"})
        gguf_files.write(folder / f"{name}.gguf", said.metadata)
    return folder


def altered(folder, path, **others):
    """The file of the tiny byte-level tokenizer with other entries; None takes one out."""
    metadata = gguf_files.read(folder / "byte-bpe-4096.gguf")
    changes = {key.replace("__", "."): value for key, value in others.items()}
    kept = {**metadata, **changes}
    gguf_files.write(path, {key: value for key, value in kept.items() if value is not None})
    return f"gguf:{path}"


@pytest.mark.parametrize("name", TINY_KINDS)
def test_the_ids_are_those_of_the_tokenizer_json(folder, name):
    """By the tokenizers package, of every sixth text of the corpora, as a prompt."""
    texts = corpus_texts()[::6]
    native = load(f"hf:{folder / name}").encode_batch(texts, "template")
    ours = load(f"gguf:{folder / name}.gguf").encode_batch(texts, "template")

    assert len(texts) > 300
    assert [seen.ids for seen in ours] == [seen.ids for seen in native]


@pytest.mark.parametrize("name", TINY_KINDS)
def test_the_vocabulary_and_the_decoded_text_are_those_of_the_tokenizer_json(folder, name):
    """Effective ids, added tokens, and each id alone and with its neighbour."""
    native, ours = load(f"hf:{folder / name}"), load(f"gguf:{folder / name}.gguf")
    ids = [[id, id + 1] for id in range(0, len(native.vocabulary().tokens) - 1, 11)]

    assert ours.vocabulary() == native.vocabulary()
    assert ours.decode_batch(ids, True) == native.decode_batch(ids, True)
    assert ours.decode_batch(ids, False) == native.decode_batch(ids, False)


def test_a_file_that_names_other_regexes_is_not_the_same(folder, tmp_path):
    """Or this comparison could not fail."""
    spec = altered(folder, tmp_path / "other.gguf", tokenizer__ggml__pre="gpt-2")
    ours, native = load(spec), load(f"hf:{folder / 'byte-bpe-4096'}")
    texts = corpus_texts()[::6]

    assert [ours.encode(text).ids == native.encode(text).ids for text in texts].count(False) > 9


def test_its_stages_are_open(folder):
    """As the reference's are."""
    stages = load(f"gguf:{folder / 'byte-bpe-4096.gguf'}").stages("ab <think>")

    assert [token.text for token in stages.added] == ["<think>"]


def test_eos_is_what_the_file_says(folder):
    """No tokenizer_config.json lies beside it."""
    assert load(f"gguf:{folder / 'byte-bpe-4096.gguf'}").eos() == 4098


def test_the_template_in_the_file_is_rendered_by_jinja(folder):
    """With the file's special tokens, and with tools the template that is for tools."""
    path = folder / "byte-bpe-4096.gguf"
    backend, jinja = load(f"gguf:{path}"), load(f"jinja:{path}")
    messages = [{"role": "user", "content": "hi"}]

    assert backend.chat_template() == jinja.chat_template() == TEMPLATE
    assert backend.chat_template(tools=True) == jinja.chat_template(tools=True) == "tools"
    assert jinja.render(messages, {}) == "<|endoftext|>hi"
    jinja.close()


def test_a_file_without_a_template_has_none(folder, tmp_path):
    """No default takes its place."""
    others = {"tokenizer__chat_template": None, "tokenizer__chat_template__tool_use": None}
    backend = load(altered(folder, tmp_path / "none.gguf", **others))

    with pytest.raises(NoTemplate, match="there is no chat template"):
        backend.chat_template()


def test_it_says_what_it_is(folder):
    """The file's digest decides, and what it names; the tokenizer.json is another side."""
    spec = f"gguf:{folder / 'byte-bpe-4096.gguf'}"
    seen = fingerprint.take(spec, load(spec))

    assert list(seen.artefacts) == ["byte-bpe-4096.gguf"]
    assert seen.facts["gguf.pre"] == "qwen2"
    assert {"gguf", "regex", "tokparity"} == set(seen.packages)


def test_a_file_of_before_pre_is_read_with_the_one_that_is_given(folder, tmp_path):
    """And refused without."""
    spec = altered(folder, tmp_path / "old.gguf", tokenizer__ggml__pre=None)

    assert load(f"{spec},pre=qwen2").encode("it's 12").ids == (
        load(f"hf:{folder / 'byte-bpe-4096'}").encode("it's 12").ids
    )
    with pytest.raises(Refused, match=r"old\.gguf: tokenizer\.ggml\.pre is ''; known"):
        load(spec)


@pytest.mark.parametrize(
    ("others", "error", "said"),
    [
        ({"tokenizer__ggml__pre": "nobody"}, Refused, "pre is 'nobody'; known are gpt-2"),
        ({"tokenizer__ggml__model": "rwkv"}, Refused, "model is 'rwkv'; known are gpt2"),
        ({"tokenizer__ggml__model": None}, BadSpec, "has no tokenizer inside"),
        ({"tokenizer__ggml__merges": None}, BadSpec, "merges is missing or empty"),
        ({"tokenizer__ggml__token_type": [1]}, BadSpec, "has 1 entries for 4116 tokens"),
    ],
)
def test_a_file_that_cannot_be_meant_says_why(folder, tmp_path, others, error, said):
    """With the file's name. What is not known here is refused; what does not fit is damage."""
    spec = altered(folder, tmp_path / "odd.gguf", **others)

    with pytest.raises(error, match=f"odd.gguf: .*{said}"):
        load(spec)


def test_a_tokenizer_json_is_no_gguf_file(folder):
    """It says so, and not that it is cut off."""
    with pytest.raises(BadSpec, match="is no GGUF file"):
        load(f"gguf:{folder / 'unigram' / 'tokenizer.json'}")
