"""Artefacts: a target leads to one file, or says what is wrong with it, and where."""

import json

import pytest

from parity import artefact, reference
from parity.errors import BadSpec, Unsupported

GOOD = b'{"model": {}}'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "does not exist; a folder with a tokenizer.json is wanted"),
        (b"", r"tokenizer.json:1: not JSON at column 1: .*; is it cut off\?"),
        (b'{\n"model": {', r"tokenizer.json:2: not JSON at column 11: .*; is it cut off\?"),
        (b'{"model": "\xff"}', "tokenizer.json: not UTF-8 at byte 11"),
        (b"[]", "tokenizer.json:1: this is no tokenizer.json"),
        (b'{"model": null}', "tokenizer.json:1: this is no tokenizer.json"),
        (b'{"vocab": {}}', "tokenizer.json:1: this is no tokenizer.json"),
    ],
)
def test_a_bad_tokenizer_file_is_named_with_its_place(tmp_path, content, says):
    """The user learns which file, which line, and what to look for."""
    if content is not None:
        (tmp_path / "tokenizer.json").write_bytes(content)

    with pytest.raises(BadSpec, match=says):
        artefact.tokenizer_json(str(tmp_path))


def test_a_number_that_is_none_is_read_for_whoever_needs_it(tmp_path):
    """The reference says where in the file it stands; a JSON reader could only say the column."""
    model = {"type": "Unigram", "unk_id": 0, "vocab": [["u", float("nan")]]}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"version": "1.0", "model": model}))
    path, content = artefact.tokenizer_json(str(tmp_path))

    assert content["model"]["unk_id"] == 0
    with pytest.raises(BadSpec, match=r"\$\.model\.vocab\[0\]: expected \[token, finite score\]"):
        reference.load(path)


def test_a_mistake_in_the_middle_is_not_called_cut_off(tmp_path):
    """Only what ends too soon is."""
    (tmp_path / "tokenizer.json").write_text('{"model": {,}, "version": "1.0"}')

    with pytest.raises(BadSpec, match="not JSON at column") as refused:
        artefact.tokenizer_json(str(tmp_path))

    assert "cut off" not in str(refused.value)


@pytest.mark.parametrize("target", ["", "no/such", "tiny:", "tiny:no", "tiny:../x", "TINY:unigram"])
def test_a_target_that_leads_nowhere_is_refused(tmp_path, monkeypatch, target):
    """Nothing is guessed or downloaded."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BadSpec, match=r"does not exist|no tiny tokenizer"):
        artefact.resolve(target)


def test_a_folder_and_its_file_are_one_target(tmp_path):
    """Either may be named."""
    file = tmp_path / "tokenizer.json"
    file.write_bytes(GOOD)

    assert artefact.tokenizer_json(str(tmp_path))[0] == artefact.tokenizer_json(str(file))[0]


def test_the_tiny_tokenizers_are_all_there():
    """Each can be named, and each is a tokenizer."""
    for name in artefact.tiny():
        assert artefact.tokenizer_json(f"tiny:{name}")[1]["model"]

    assert {"byte-bpe-600", "byte-bpe-4096", "fallback-bpe"} <= set(artefact.tiny())


@pytest.mark.parametrize(
    ("normalizer", "form"),
    [
        (None, "e\u0301\ufb01"),
        ({"type": "Sequence", "normalizers": []}, "e\u0301\ufb01"),
        ({"type": "NFC"}, "\u00e9\ufb01"),
        ({"type": "NFKC"}, "\u00e9fi"),
        ({"type": "NFD"}, "e\u0301\ufb01"),
        ({"type": "NFKD"}, "e\u0301fi"),
    ],
)
def test_a_declared_normal_form_is_applied(normalizer, form):
    """None declares the text itself."""
    assert artefact.normal_form({"normalizer": normalizer}, "e\u0301\ufb01") == form


def test_any_other_normalizer_declares_no_form():
    """What cannot be said exactly is not said."""
    with pytest.raises(Unsupported, match="'Lowercase'"):
        artefact.normal_form({"normalizer": {"type": "Lowercase"}}, "A")


WRONG = {
    "model": ("unigram/tokenizer.model", "this is a SentencePiece model: try sentencepiece:"),
    "ranks": ("byte-bpe-600/ranks.tiktoken", "this is a rank file of tiktoken: try tiktoken:"),
    "config": ("unigram/tokenizer_config.json", "this is a tokenizer_config.json: settings"),
    "template": ("unigram/chat_template.jinja", "this is a chat template: try jinja:"),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_wrong_kind_of_file_is_named_with_what_loads_it(name):
    """Nothing is loaded in its place: the user says so, or does not."""
    file, says = WRONG[name]

    with pytest.raises(BadSpec, match=r"not JSON|not UTF-8|no tokenizer\.json") as refused:
        artefact.tokenizer_json(str(artefact.shipped() / "tokenizers" / file))

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"GGUF\x03\0\0\0", "this is a GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n",
         "this is a Git LFS pointer, not the file that it stands for: run `git lfs pull`"),
        (b"<html>no</html>", "this is a web page: download the file again"),
        (b"\xef\xbb\xbf" + b'{"model": {"vocab": {}}}', "it starts with a UTF-8 BOM"),
        (b"\xff\xfe{\0}\0", "this is text in UTF-16: make it UTF-8"),
    ],
    ids=["gguf", "lfs", "page", "bom", "utf16"],
)  # fmt: skip
def test_a_common_mistake_is_told_with_its_cure(tmp_path, content, says):
    """In the message that says what is wrong, once."""
    (tmp_path / "tokenizer.json").write_bytes(content)

    with pytest.raises(BadSpec) as refused:
        artefact.tokenizer_json(str(tmp_path))

    assert str(refused.value).count("; this is ") == 1
    assert says in str(refused.value)
