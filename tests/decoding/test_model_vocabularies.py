"""The size of a model's vocabulary is read off what says it."""

import json

import pytest

from parity import gguf_files
from parity.decoding import weights
from parity.decoding.vocabularies import size
from parity.errors import BadSpec


def test_the_tiny_model_says_its_size():
    """As its configuration does."""
    config = json.loads((weights.tiny() / "config.json").read_text())

    assert size("tiny") == size(str(weights.tiny())) == config["vocab_size"]


@pytest.mark.parametrize("config", [{"vocab_size": 7}, {"text_config": {"vocab_size": 7}}])
def test_a_folder_says_it_in_its_configuration(tmp_path, config):
    """Or in the part of it that is about text."""
    (tmp_path / "config.json").write_text(json.dumps(config))

    assert size(str(tmp_path)) == 7


@pytest.mark.parametrize("config", ["{}", '{"vocab_size": "7"}', '{"vocab_size": 0}', "[]"])
def test_a_folder_that_says_none_is_refused(tmp_path, config):
    """Ids could not be drawn for it."""
    (tmp_path / "config.json").write_text(config)

    with pytest.raises(BadSpec, match=r"config\.json: it has no vocab_size"):
        size(str(tmp_path))


def test_a_gguf_file_lists_its_tokens(tmp_path, monkeypatch):
    """One that lists none is refused."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setattr(gguf_files, "read", lambda _: {"tokenizer.ggml.tokens": ["a", "b"]})

    assert size(str(path)) == 2
    monkeypatch.setattr(gguf_files, "read", lambda _: {})
    with pytest.raises(BadSpec, match="it lists no tokens"):
        size(str(path))


def test_a_model_that_nobody_knows_is_refused():
    """With those that there are."""
    with pytest.raises(BadSpec, match="no model 'nope'"):
        size("nope")
