"""What a folder is: all that is in it, and what each loader would take of it."""

import json
import shutil

import pytest

from parity import artefact
from parity.detect import detect
from parity.errors import ParityError

TINY = artefact.shipped() / "tokenizers"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"
TEKKEN = json.dumps({"config": {"pattern": "x"}, "vocab": [{"token_bytes": "IQ=="}]})


def test_all_that_is_in_a_folder_is_listed_and_who_takes_what(tmp_path):
    """A tokenizer in three forms: one file a loader."""
    shutil.copytree(TINY / "byte-bpe-600", tmp_path, dirs_exist_ok=True)
    shutil.copy(TINY / "unigram" / "tokenizer.model", tmp_path)
    (tmp_path / "README.md").write_text("words")
    (tmp_path / ".hidden").write_text("words")
    found = detect(tmp_path)

    assert {one.kind for one in found.files} == {
        "tokenizer_json", "tokenizer_config", "chat_template", "tiktoken_json", "tiktoken_ranks",
        "sentencepiece",
    }  # fmt: skip
    assert found.takes["hf"] == found.takes["transformers"] == "tokenizer.json"
    assert found.takes["tiktoken"] == "tiktoken.json"
    assert found.takes["mistral_common"] == found.takes["sentencepiece"] == "tokenizer.model"
    assert found.takes["templates by the rule of transformers"] == "chat_template.jinja"
    assert f"sentencepiece:{tmp_path}/tokenizer.model" in found.specs
    assert found.specs[0] == f"hf:{tmp_path}"


def test_a_loader_that_would_fail_is_said_to(tmp_path):
    """The name is right and the content is a pointer."""
    (tmp_path / "tokenizer.json").write_bytes(POINTER)
    found = detect(tmp_path)

    assert found.specs == ()
    assert found.takes["hf"].startswith("tokenizer.json, and fails: this is a Git LFS pointer")
    assert "git lfs pull" in found.advice


def test_several_files_for_one_loader_are_told(tmp_path):
    """mistral-common's adapter refuses them; each can be named."""
    for name in ("tekken.json", "tekken_old.json"):
        (tmp_path / name).write_text(TEKKEN)
    found = detect(tmp_path)

    assert found.takes["mistral_common"] == "none: it refuses several: tekken.json, tekken_old.json"
    assert found.specs == tuple(
        f"mistral_common:{tmp_path}/{name}" for name in ("tekken.json", "tekken_old.json")
    )


def test_two_files_of_a_bpe_are_one_thing(tmp_path):
    """And each alone wants the other."""
    (tmp_path / "vocab.json").write_text('{"a": 0, "b": 1}')
    alone = detect(tmp_path)
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b\n")
    both = detect(tmp_path)

    assert (alone.kind, alone.files[0].advice) == ("folder", "its merges.txt belongs beside it")
    assert (both.kind, both.specs) == ("vocab_and_merges", ())
    assert "save_pretrained" in both.advice


def test_a_template_that_is_damaged_does_not_hide_the_rest(tmp_path):
    """The rule that reads it says what is wrong, in its own words."""
    shutil.copy(TINY / "unigram" / "tokenizer.json", tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"chat_template": 7}')
    found = detect(tmp_path)

    assert found.specs == tuple(
        f"{kind}:{tmp_path}" for kind in ("hf", "reference", "transformers")
    )
    assert "chat_template is a text" in found.takes["templates by the rule of transformers"]


def test_an_empty_folder_and_one_of_other_things_have_nothing(tmp_path):
    """No spec, and a word about it."""
    empty = detect(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
    (tmp_path / "sub").mkdir()
    other = detect(tmp_path)

    assert (empty.specs, other.specs) == ((), ())
    assert empty.evidence == "0 entries, 0 of them files that belong to tokenizers"
    assert [one.kind for one in other.files] == ["model_config"]
    assert other.advice == "no file in it is one that a backend loads"


def test_a_folder_with_many_files_says_that_not_all_were_looked_at(tmp_path, monkeypatch):
    """What is left out is counted."""
    monkeypatch.setattr("parity.detect.folders.MOST", 3)
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("words")

    assert detect(tmp_path).warnings == ("it has 5 files; the first 3 were looked at",)


@pytest.mark.parametrize("rule", ["transformers", "smg"])
def test_what_a_rule_takes_is_what_its_reader_reads(rule):
    """The words come from `chat_template.read` itself."""
    from parity import chat_template

    for folder in sorted((TINY.parent / "styles").iterdir())[:4]:
        try:
            read = chat_template.read(str(folder), rule).files[0].name
        except ParityError:
            continue
        assert detect(folder).takes[f"templates by the rule of {rule}"] == read
